import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notWritable } from "./files.ts";
import { removeTree } from "./workspace.ts";

/** Writes files to a folder that only we can read, lets `use` work on it, and takes it away whatever happens. */
export async function withScratchFiles<T>(
  files: ReadonlyMap<string, string>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  let folder: string;
  try {
    folder = await mkdtemp(join(tmpdir(), "pratique-"));
  } catch (error) {
    throw notWritable(tmpdir(), error);
  }
  try {
    for (const [name, text] of files) await writeFile(join(folder, name), text, { mode: 0o600 });
    return await use(folder);
  } finally {
    await removeTree(folder);
  }
}
