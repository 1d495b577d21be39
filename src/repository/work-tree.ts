import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { type GitSetting, parseGitConfig } from "./git-config.ts";

/** A folder with git's own files for it. */
export interface GitPlace {
  /** The work tree's top, without links. */
  readonly root: string;
  /** Where its index lies. */
  readonly own: string;
  /** Where its settings lie: for a second work tree of one repository that is another place. */
  readonly common: string;
}

/** Paths are no deeper. */
const MOST_LEVELS = 128;
const MAX_CONFIG = 1024 * 1024;
/** An index of some 150,000 files. */
const MAX_INDEX = 16 * 1024 * 1024;

/** Finds the work tree around folders; a folder that was looked at once is not looked at again. */
export function workTreeFinder(): (folder: string) => GitPlace | undefined {
  const known = new Map<string, GitPlace | undefined>();
  return (folder) => {
    const passed: string[] = [];
    let found: GitPlace | undefined;
    for (let at = realPath(folder); at !== undefined && passed.length < MOST_LEVELS; ) {
      found = known.get(at);
      if (known.has(at)) break;
      passed.push(at);
      found = placeAt(at);
      const above = dirname(at);
      if (found !== undefined || above === at) break;
      at = above;
    }
    for (const one of passed) known.set(one, found);
    return found;
  };
}

/** The settings of the repository alone, not those of its user. */
export const settingsIn = ({ common }: GitPlace): GitSetting[] =>
  parseGitConfig(readIn(common, "config", MAX_CONFIG)?.toString("utf8") ?? "");

/** The list of files that git tracks; empty where nothing was added yet, undefined where it cannot be read. */
export function indexOf({ own }: GitPlace): Buffer | undefined | "none" {
  const path = join(own, "index");
  return sizeOf(path) === undefined ? "none" : readIn(own, "index", MAX_INDEX);
}

/** What a `.git` in this folder means: a folder, or a file that names one. */
function placeAt(root: string): GitPlace | undefined {
  const entry = join(root, ".git");
  const isFolder = isFolderAt(entry);
  if (isFolder === undefined) return undefined;
  const named = isFolder ? entry : pathIn(root, ".git", /^gitdir:[ \t]*(.+)/);
  if (named === undefined) return undefined;
  // As git does: a folder that only bears the name does not count.
  if (!/^(?:ref: |[0-9a-f]{40})/.test(readIn(named, "HEAD", 4096)?.toString("latin1") ?? ""))
    return undefined;
  return { root, own: named, common: pathIn(named, "commondir", /^(.+)/) ?? named };
}

/** A path that a small file of git's holds, from the folder that the file lies in. */
function pathIn(folder: string, name: string, pattern: RegExp): string | undefined {
  const text = readIn(folder, name, 8192)?.toString("utf8");
  const path = pattern.exec(text ?? "")?.[1]?.trimEnd();
  return path === undefined || path.includes("\0") ? undefined : resolve(folder, path);
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    // What cannot be reached says nothing.
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

function isFolderAt(path: string): boolean | undefined {
  const info = statOf(path);
  return info?.isDirectory() === true ? true : info?.isFile() === true ? false : undefined;
}

const sizeOf = (path: string): number | undefined => {
  const info = statOf(path);
  return info?.isFile() === true ? info.size : undefined;
};

const statOf = (path: string): import("node:fs").Stats | undefined => {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
};

/** The bytes of a file; undefined where it is none, is larger, or cannot be read. */
function readIn(folder: string, name: string, limit: number): Buffer | undefined {
  const path = join(folder, name);
  const size = sizeOf(path);
  if (size === undefined || size > limit) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** The text of a file of the work tree; undefined where there is none, or it leads out of the work tree. */
export function readInside(root: string, path: string, limit: number): string | undefined {
  const real = realPath(join(root, path));
  if (real === undefined || !real.startsWith(root === sep ? sep : root + sep)) return undefined;
  return readIn("", real, limit)?.toString("utf8");
}
