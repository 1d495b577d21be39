import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import { compareText } from "../findings/finding.ts";
import { type IgnoreRules, parseIgnore } from "./ignore.ts";

/** A file that the build context hands to the builder. */
export interface ContextFile {
  /** Relative to the context, with forward slashes. */
  readonly path: string;
  /** Bytes; 0 for links. */
  readonly size: number;
  readonly kind: "file" | "link";
}

export interface BuildContext {
  /** Absolute path of the project folder. */
  readonly root: string;
  readonly files: readonly ContextFile[];
  /** Folders that are part of the context, empty ones too. */
  readonly folders: readonly string[];
  /** The ignore file in use, relative to the root, if there is one. */
  readonly ignoreFile: string | undefined;
  /** What the ignore file leaves out. */
  readonly ignore: IgnoreRules;
  /** Set when the listing stopped at `MAX_FILES`: the rest was not looked at. */
  readonly truncated: boolean;
  /** Folders that belong to the context and could not be read. */
  readonly unreadable: readonly string[];
}

/** A context with more files than this is listed up to here and said to be cut. */
const MAX_FILES = 200_000;

/**
 * Lists what a build of `root` would send to the engine. The folders in `leaveOut` (our own output) and `.git` are
 * never part of it: they change from run to run and hold what no image needs.
 */
export async function readContext(root: string, leaveOut: readonly string[] = []): Promise<BuildContext> {
  const { rules, name } = await readIgnoreFile(root);
  const skipped = new Set([".git", ...leaveOut]);
  const files: ContextFile[] = [];
  const folders: string[] = [];
  const unreadable: string[] = [];
  let truncated = false;

  const pending = [""];
  while (pending.length > 0 && !truncated) {
    const folder = pending.pop() ?? "";
    let entries: import("node:fs").Dirent[];
    try {
      entries = await readdir(join(root, folder), { withFileTypes: true });
    } catch (error) {
      if (folder === "") throw unreadableRoot(root, error);
      if (!rules.ignores(folder)) unreadable.push(folder);
      continue;
    }
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (skipped.has(path)) continue;
      if (entry.isDirectory()) {
        if (!rules.ignores(path)) folders.push(path);
        if (!rules.prunes(path)) pending.push(path);
      } else if (!rules.ignores(path) && (entry.isFile() || entry.isSymbolicLink())) {
        if (files.length >= MAX_FILES) {
          truncated = true;
          break;
        }
        files.push({ path, size: 0, kind: entry.isFile() ? "file" : "link" });
      }
    }
  }
  const sized = await Promise.all(files.map((file) => withSize(root, file)));
  sized.sort((a, b) => compareText(a.path, b.path));
  folders.sort(compareText);
  return { root, files: sized, folders, ignoreFile: name, ignore: rules, truncated, unreadable };
}

/** `.dockerignore` first, which both engines know, so that both build the same; Podman alone reads `.containerignore`. */
async function readIgnoreFile(root: string): Promise<{ rules: IgnoreRules; name: string | undefined }> {
  for (const name of [".dockerignore", ".containerignore"]) {
    try {
      return { rules: parseIgnore(await readFile(join(root, name), "utf8")), name };
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") throw unreadableRoot(join(root, name), error);
    }
  }
  return { rules: parseIgnore(""), name: undefined };
}

async function withSize(root: string, file: ContextFile): Promise<ContextFile> {
  if (file.kind === "link") return file;
  try {
    return { ...file, size: (await stat(join(root, file.path))).size };
  } catch {
    // Gone between the listing and now: it is listed with no size, and the build will say more.
    return file;
  }
}

function unreadableRoot(path: string, cause: unknown): PratiqueError {
  return new PratiqueError(
    "project.unreadable",
    `${path} cannot be read: ${systemErrorCode(cause) ?? "unknown"}.`,
    {
      hint: "Check that the folder exists and that you may read it.",
      cause,
    },
  );
}
