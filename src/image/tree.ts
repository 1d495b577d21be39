import { posix } from "node:path";
import { collectFiles, type FileCollector } from "./collector.ts";
import type { DirectoryFacts, ProgramFacts } from "./facts.ts";
import type { ImageRead } from "./image.ts";

export interface Entry {
  readonly type: "file" | "folder" | "link" | "other";
  readonly mode: number;
  readonly owner: number;
  readonly group: number;
  /** Target of a symbolic link. */
  readonly target: string;
  /** First bytes of a script, enough for its `#!` line. */
  readonly head: Buffer | undefined;
}

/** The finished image's files as the questions below need them. */
export interface ImageTree {
  entry(path: string): Entry | undefined;
  /** The content of one of the few files that are kept whole. */
  text(path: string): string | undefined;
  below(path: string): Iterable<string>;
}

const HEAD_BYTES = 256;
/** Files that are kept whole, unless they are longer than any real one. */
const KEPT: ReadonlySet<string> = new Set(["/etc/passwd", "/etc/group"]);
const KEPT_BYTES = 256 * 1024;

/** Keeps the first line of scripts, and the lists of users and groups; compiled programs say nothing that is asked for. */
export function collectScripts(): FileCollector {
  return collectFiles(
    (entry) => {
      if (isKept(entry)) return entry.size <= KEPT_BYTES ? KEPT_BYTES : undefined;
      return (entry.mode & 0o111) === 0 ? undefined : HEAD_BYTES;
    },
    16 * 1024 * 1024,
    (bytes, entry) => isKept(entry) || (bytes[0] === 0x23 && bytes[1] === 0x21),
  );
}

/** Most files are told by their name alone, whose path need not be put together. */
const isKept = (entry: { readonly name: string; readonly path: string }): boolean =>
  (entry.name === "passwd" || entry.name === "group") && KEPT.has(entry.path);

export function treeOf(image: Pick<ImageRead, "tree" | "layers">, scripts: FileCollector): ImageTree {
  return {
    entry(path) {
      const entry = image.tree.entry(path);
      if (entry === undefined) return undefined;
      const { kind, mode, uid, gid, target } = entry;
      return {
        type:
          kind === "file" || kind === "folder"
            ? kind
            : kind === "symlink" || kind === "hardlink"
              ? "link"
              : "other",
        mode,
        owner: uid,
        group: gid,
        target,
        head: scripts.final(image, path)?.bytes.subarray(0, HEAD_BYTES),
      };
    },
    text: (path) => (KEPT.has(path) ? scripts.final(image, path)?.bytes.toString("utf8") : undefined),
    *below(path) {
      for (const entry of image.tree.below(path)) yield entry.path;
    },
  };
}

const absolute = (name: string): string => {
  const path = posix.normalize(`/${name}`);
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
};

/** What lies in a folder of the image. */
export function directoryFacts(tree: ImageTree, path: string): DirectoryFacts {
  const entry = tree.entry(path);
  let entries = 0;
  const sample: string[] = [];
  for (const name of tree.below(path)) {
    entries++;
    if (sample.length < 5) sample.push(name);
  }
  return {
    exists: entry !== undefined,
    isDirectory:
      entry?.type === "folder" ||
      (entry?.type === "link" && resolvePath(tree, path)?.entry.type === "folder"),
    entries,
    sample,
  };
}

/**
 * Follows the links of every part of a path, as the kernel does; undefined when it leads nowhere. `passing` is told of
 * each folder that is gone through.
 */
export function resolvePath(
  tree: ImageTree,
  path: string,
  passing?: (folder: Entry, path: string) => void,
): { path: string; entry: Entry } | undefined {
  let parts = absolute(path).split("/").filter(Boolean);
  let at = "";
  for (let links = 0; parts.length > 0; ) {
    const [part = "", ...rest] = parts;
    // The parent of where the links led, not of what was written.
    const next = part === ".." ? at.slice(0, Math.max(0, at.lastIndexOf("/"))) : `${at}/${part}`;
    const entry = entryAt(tree, next);
    if (entry === undefined) return undefined;
    if (entry.type === "link") {
      if (++links > 40) return undefined;
      parts = [...entry.target.split("/").filter((name) => name !== "" && name !== "."), ...rest];
      if (entry.target.startsWith("/")) at = "";
    } else {
      if (rest.length > 0 && entry.type !== "folder") return undefined;
      if (rest.length > 0) passing?.(entry, next);
      at = next;
      parts = rest;
    }
  }
  const entry = entryAt(tree, at);
  return entry === undefined ? undefined : { path: at === "" ? "/" : at, entry };
}

/** A layer need not name the root itself. */
const ROOT: Entry = { type: "folder", mode: 0o755, owner: 0, group: 0, target: "", head: undefined };
const entryAt = (tree: ImageTree, path: string): Entry | undefined => (path === "" ? ROOT : tree.entry(path));

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Finds the program that starts the job as a user who owns nothing would, by PATH and through links. */
export function findProgram(
  tree: ImageTree,
  argv: readonly string[],
  environment: ReadonlyMap<string, string>,
  workingDirectory: string,
): ProgramFacts {
  const [name] = argv;
  const none = { path: undefined, interpreter: undefined, mode: undefined, owner: undefined };
  if (name === undefined || name === "") return { name: "", status: "none", ...none };
  const candidates = name.includes("/")
    ? [posix.resolve(workingDirectory || "/", name)]
    : (environment.get("PATH") ?? DEFAULT_PATH)
        .split(":")
        .map((folder) => posix.resolve(workingDirectory || "/", folder, name));
  let refused: ProgramFacts | undefined;
  for (const candidate of candidates) {
    const found = resolvePath(tree, candidate);
    if (found === undefined || found.entry.type !== "file") continue;
    const { mode, owner, head } = found.entry;
    const facts = { name, path: found.path, mode, owner, interpreter: interpreterOf(tree, head) };
    if (!isReachable(tree, candidate) || !isReachable(tree, found.path))
      refused ??= { ...facts, status: "unreachable" };
    else if ((mode & 0o001) === 0) refused ??= { ...facts, status: "not-executable" };
    else return { ...facts, status: "found" };
  }
  return refused ?? { name, status: "missing", ...none };
}

/** Every folder on the way must let others pass. */
function isReachable(tree: ImageTree, path: string): boolean {
  for (let folder = posix.dirname(path); folder !== "/"; folder = posix.dirname(folder)) {
    const entry = tree.entry(folder);
    if (entry?.type === "folder" && (entry.mode & 0o001) === 0) return false;
  }
  return true;
}

function interpreterOf(tree: ImageTree, head: Buffer | undefined): ProgramFacts["interpreter"] {
  if (head === undefined || head.subarray(0, 2).toString("latin1") !== "#!") return undefined;
  const path = /^#!\s*(\S+)/.exec(head.toString("utf8"))?.[1];
  if (path === undefined) return undefined;
  return { path, found: resolvePath(tree, path)?.entry.type === "file" };
}
