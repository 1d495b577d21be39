import { posix } from "node:path";
import type { Readable } from "node:stream";
import { extract } from "tar-stream";
import type { DirectoryFacts, ProgramFacts } from "./facts.ts";

interface Entry {
  readonly type: "file" | "folder" | "link" | "other";
  readonly mode: number;
  readonly owner: number;
  /** Target of a symbolic link. */
  readonly target: string;
  /** First bytes of an executable file, enough for `#!` and ELF. */
  readonly head: Buffer | undefined;
}

/** The merged file tree of an image: what is needed of it to follow links and look at folders. */
export interface ImageTree {
  readonly files: number;
  readonly bytes: number;
  /** Set when there were more entries than are kept: the answers below may then be wrong. */
  readonly truncated: boolean;
  entry(path: string): Entry | undefined;
  /** The content of one of the few files that are kept whole. */
  text(path: string): string | undefined;
  below(path: string): readonly string[];
}

/** Two million names take about 300 MB; no image seen so far comes near. */
const MAX_ENTRIES = 2_000_000;
const HEAD_BYTES = 256;
/** Files that are kept whole, unless they are longer than any real one. */
const KEPT: ReadonlySet<string> = new Set(["/etc/passwd", "/etc/group"]);
const KEPT_BYTES = 256 * 1024;

/** Reads a tar stream of a file tree once, keeping names and modes, and contents only of the first bytes of programs. */
export async function readTree(tar: Readable, watched: readonly string[]): Promise<ImageTree> {
  const entries = new Map<string, Entry>();
  const below = new Map<string, string[]>(watched.map((folder) => [folder, []]));
  const texts = new Map<string, string>();
  let files = 0;
  let bytes = 0;
  let truncated = false;
  const parser = extract();
  parser.on("entry", (header, stream, next) => {
    const path = absolute(header.name);
    const type =
      header.type === "directory"
        ? "folder"
        : header.type === "symlink"
          ? "link"
          : header.type === "file" || header.type === "contiguous-file"
            ? "file"
            : header.type === "link"
              ? "link"
              : "other";
    if (header.type === "file") {
      files++;
      bytes += header.size ?? 0;
    }
    const mode = (header.mode ?? 0) & 0o7777;
    const store = (head: Buffer | undefined): void => {
      if (entries.size >= MAX_ENTRIES) {
        truncated = true;
        return;
      }
      const target = header.type === "link" ? absolute(header.linkname ?? "") : (header.linkname ?? "");
      // A hard link is a second name for a file that came before it.
      const same = header.type === "link" ? entries.get(target) : undefined;
      entries.set(path, same ?? { type, mode, owner: header.uid ?? 0, target, head });
      for (const [folder, names] of below) {
        if (path.startsWith(`${folder}/`)) names.push(path);
      }
    };
    const whole = type === "file" && KEPT.has(path);
    const wanted = whole || (type === "file" && (mode & 0o111) !== 0);
    const most = whole ? KEPT_BYTES : HEAD_BYTES;
    const head: Buffer[] = [];
    let kept = 0;
    stream.on("data", (data: unknown) => {
      const chunk = data as Buffer;
      if (!wanted || kept >= most) return;
      head.push(Buffer.from(chunk.subarray(0, most - kept)));
      kept += Math.min(chunk.length, most - kept);
    });
    stream.on("end", () => {
      const read = wanted ? Buffer.concat(head) : undefined;
      if (whole && read !== undefined && (header.size ?? 0) <= KEPT_BYTES)
        texts.set(path, read.toString("utf8"));
      store(read?.subarray(0, HEAD_BYTES));
      next();
    });
    // The parser itself fails too, and says why; here the error only must not go unheard.
    stream.on("error", () => {});
    stream.resume();
  });
  await new Promise<void>((resolve, reject) => {
    parser.on("finish", resolve);
    parser.on("error", reject);
    tar.on("error", reject);
    tar.pipe(parser);
  });
  return {
    files,
    bytes,
    truncated,
    entry: (path) => entries.get(path),
    text: (path) => texts.get(path),
    below: (path) => below.get(path) ?? [],
  };
}

const absolute = (name: string): string => {
  const path = posix.normalize(`/${name}`);
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
};

/** What lies in a folder of the image. */
export function directoryFacts(tree: ImageTree, path: string): DirectoryFacts {
  const entry = tree.entry(path);
  const names = tree.below(path);
  return {
    exists: entry !== undefined,
    isDirectory:
      entry?.type === "folder" ||
      (entry?.type === "link" && resolvePath(tree, path)?.entry.type === "folder"),
    entries: names.length,
    sample: names.slice(0, 5),
  };
}

/** Follows the links of every part of a path, as the kernel does; undefined when it leads nowhere. */
export function resolvePath(tree: ImageTree, path: string): { path: string; entry: Entry } | undefined {
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
      at = next;
      parts = rest;
    }
  }
  const entry = entryAt(tree, at);
  return entry === undefined ? undefined : { path: at === "" ? "/" : at, entry };
}

/** An export need not name the root itself. */
const ROOT: Entry = { type: "folder", mode: 0o755, owner: 0, target: "", head: undefined };
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
