import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { PratiqueError, systemErrorCode } from "../errors.ts";

/** Whether a path leads to an ordinary file. */
export const isFile = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFile() === true;

/**
 * Makes a folder, and those above it that are missing. Node's own `recursive` goes round for ever where a file system
 * takes no folders and says that the one above is missing, as /proc does (seen with Node 20).
 */
export async function makeFolder(path: string): Promise<void> {
  const make = (): Promise<void> =>
    mkdir(path).catch(async (error: unknown) => {
      // What was in the way may have gone since: then this ends as the first look would have.
      if (systemErrorCode(error) !== "EEXIST" || !(await stat(path)).isDirectory()) throw error;
    });
  try {
    await make();
  } catch (error) {
    const above = dirname(path);
    if (systemErrorCode(error) !== "ENOENT" || above === path) throw error;
    await makeFolder(above);
    await make();
  }
}

/**
 * Writes a file whole or not at all: a reader never sees half of it, and an old one stays if writing fails. Content that
 * is made piece by piece is written so. `mode` is what the file may be used for, where that is not for the user's own
 * settings to say.
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array | Iterable<string> | AsyncIterable<string>,
  mode?: number,
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.part`;
  try {
    await makeFolder(dirname(path));
    const file = await open(temporary, "wx");
    try {
      await writeFile(file, content);
      if (mode !== undefined) await file.chmod(mode);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // Where a file is in the way of a folder, this fails too; the first error is the one that says something.
    await rm(temporary, { force: true }).catch(() => {});
    throw notWritable(path, error);
  }
}

/** The error for a place that cannot be written, whatever the reason the system gave. */
export function notWritable(path: string, cause: unknown): PratiqueError {
  const code = systemErrorCode(cause);
  const reason =
    code === "ENOSPC" || code === "EDQUOT"
      ? "there is no space left"
      : code === "EROFS"
        ? "the file system is read-only"
        : code === "EACCES" || code === "EPERM"
          ? "you may not write there"
          : code === "ENOTDIR" || code === "EEXIST"
            ? "a file is in the way"
            : code === "ENOENT"
              ? "no folder can be made there"
              : (code ?? String(cause));
  return new PratiqueError("output.not-writable", `${path} cannot be written: ${reason}.`, {
    hint: "Choose another folder with --output <folder>, or make room or permission there.",
    cause,
  });
}
