import { createHash } from "node:crypto";
import { constants, type Dirent } from "node:fs";
import { type FileHandle, lstat, open, readdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { compareText } from "../findings/finding.ts";
import type { OutputFile } from "./recording.ts";

/**
 * Digests of files that a job read or wrote, taken on the host when the job has ended. The job chose the names and what
 * they stand for: no link is followed, no pipe is waited for, and there is an end to what is read.
 */

/** Files that are listed; and bytes that are read for digests, and for how long, of all files together. */
const MAX_FILES = 2000;
const MAX_BYTES = 64 * 1024 ** 3;
const MAX_MILLISECONDS = 300_000;
/** Entries of folders that are looked at, and how deep. */
const MAX_ENTRIES = 100_000;
const MAX_DEPTH = 64;
const PIECE = 1024 * 1024;

export class Digests {
  #left: number;
  readonly #until: number;

  constructor(maxBytes: number = MAX_BYTES, maxMilliseconds: number = MAX_MILLISECONDS) {
    this.#left = maxBytes;
    this.#until = performance.now() + maxMilliseconds;
  }

  /**
   * Size and digest of a regular file; undefined when it is none, or cannot be read. Without a digest where there is too much
   * to read, or a slow disk takes too long over it.
   */
  async of(path: string, signal: AbortSignal): Promise<{ bytes: number; sha256: string | null } | undefined> {
    let file: FileHandle;
    try {
      file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch {
      return undefined;
    }
    try {
      const info = await file.stat();
      if (!info.isFile()) return undefined;
      if (info.size > this.#left) return { bytes: info.size, sha256: null };
      this.#left -= info.size;
      const hash = createHash("sha256");
      const piece = Buffer.alloc(Math.min(PIECE, Math.max(info.size, 1)));
      for (let at = 0; at < info.size; ) {
        signal.throwIfAborted();
        if (performance.now() > this.#until) return { bytes: info.size, sha256: null };
        const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, info.size - at), at);
        if (bytesRead === 0) return { bytes: info.size, sha256: null };
        hash.update(piece.subarray(0, bytesRead));
        at += bytesRead;
      }
      return { bytes: info.size, sha256: hash.digest("hex") };
    } finally {
      await file.close();
    }
  }
}

/**
 * The regular files below a folder that came or changed since a time (milliseconds), by name: the first ones with their
 * digests, and how many there are beyond. The time is that of the last change of anything about a file, which no program
 * can set.
 */
export async function outputFiles(
  folder: string,
  since: number,
  signal: AbortSignal,
  most: number = MAX_FILES,
): Promise<{ list: OutputFile[]; more: number }> {
  const paths = (await regularFiles(folder, since)).sort(compareText);
  const digests = new Digests();
  const list: OutputFile[] = [];
  for (const path of paths.slice(0, most)) {
    const digest = await digests.of(join(folder, path), signal);
    if (digest !== undefined) list.push({ path, ...digest });
  }
  return { list, more: Math.max(0, paths.length - most) };
}

async function regularFiles(root: string, since: number): Promise<string[]> {
  const found: string[] = [];
  const folders = [{ path: "", depth: 0 }];
  for (let entries = 0; folders.length > 0 && entries < MAX_ENTRIES; ) {
    const { path, depth } = folders.pop() ?? { path: "", depth: 0 };
    let content: Dirent[];
    try {
      content = await readdir(join(root, path), { withFileTypes: true });
    } catch {
      continue;
    }
    entries += content.length;
    for (const entry of content) {
      const name = posix.join(path, entry.name);
      if (entry.isFile()) {
        if (await changedSince(join(root, name), since)) found.push(name);
      } else if (entry.isDirectory() && depth < MAX_DEPTH) folders.push({ path: name, depth: depth + 1 });
    }
  }
  return found;
}

/** File systems keep coarse times: half a second of tolerance takes in a file too many rather than one too few. */
const changedSince = (path: string, since: number): Promise<boolean> =>
  lstat(path).then(
    (info) => info.ctimeMs >= since - 500,
    () => false,
  );

/** Where a path of the container lies on the host, when it is below a mount and cannot lead out of it. */
export function onHost(path: string, target: string, source: string): string | undefined {
  if (!path.startsWith(`${target}/`)) return undefined;
  const rest = path.slice(target.length + 1);
  return rest.split("/").some((part) => part === ".." || part === "" || part === ".")
    ? undefined
    : join(source, rest);
}
