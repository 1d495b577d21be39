import { constants } from "node:fs";
import { chmod, copyFile, mkdir, opendir, readlink, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import { type Runtime, resultsDirectory } from "../profiles/profile.ts";
import { notWritable } from "../system/files.ts";
import type { RunFolders } from "./plan.ts";

/** Test data are samples: more would fill the disk without a word. */
const MOST_COPIED = 2 * 1024 ** 3;
const NOTHING = { files: 0, bytes: 0 };

/**
 * Makes the folders that the container is given; everyone may write where the job may. Where the runtime lets the job
 * write to the data it gets a copy of them. Fails with `data.too-large` when that would be more than a sample.
 */
export async function prepareFolders(
  temporary: string,
  outputs: string,
  data: string | undefined,
  runtime: Runtime,
): Promise<RunFolders> {
  const writesData = runtime.mounts.some(
    ({ value }) => value.directory === "data" && value.access === "read-write",
  );
  const folders = {
    data: data === undefined || writesData ? join(temporary, "data") : data,
    outputs,
    scratch: join(temporary, "scratch"),
    home: join(temporary, "home"),
    record: join(temporary, "record"),
    network: join(temporary, "network"),
    secret: join(temporary, "secret"),
  };
  try {
    for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
    // The job's user is nobody the host knows; on the cluster the project group gives it write access.
    for (const folder of [folders.outputs, folders.scratch, folders.home, folders.record])
      await chmod(folder, 0o777);
    await chmod(folders.secret, 0o700);
    if (!writesData) return { ...folders, before: NOTHING };
    const copied = data === undefined ? NOTHING : await copyData(data, folders.data);
    await chmod(folders.data, 0o777);
    return { ...folders, before: resultsDirectory(runtime) === "data" ? copied : NOTHING };
  } catch (error) {
    throw error instanceof PratiqueError ? error : notWritable(temporary, error);
  }
}

async function copyData(from: string, to: string): Promise<{ files: number; bytes: number }> {
  try {
    return await copyTree(from, to);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== "EACCES" && code !== "EPERM" && code !== "EIO") throw error;
    throw new PratiqueError("data.unreadable", `The test data in ${from} cannot be read: ${code}.`, {
      hint: "Correct the permissions, or name other data: test.data in pratique.yaml.",
      cause: error,
    });
  }
}

/** Copies files, folders and links, for everybody to write. What is none of these cannot be data. */
async function copyTree(from: string, to: string): Promise<{ files: number; bytes: number }> {
  const sum = { files: 0, bytes: 0 };
  for (const pending = [""]; pending.length > 0; ) {
    const at = pending.pop() ?? "";
    for await (const entry of await opendir(join(from, at))) {
      const name = join(at, entry.name);
      const target = join(to, name);
      if (entry.isDirectory()) {
        await mkdir(target);
        await chmod(target, 0o777);
        pending.push(name);
      } else if (entry.isSymbolicLink()) {
        await symlink(await readlink(join(from, name)), target);
      } else if (entry.isFile()) {
        const { size, mode } = await stat(join(from, name));
        sum.files++;
        sum.bytes += size;
        if (sum.bytes > MOST_COPIED) throw tooLarge(from);
        await copyFile(join(from, name), target, constants.COPYFILE_FICLONE);
        await chmod(target, (mode & 0o777) | 0o666);
      }
    }
  }
  return sum;
}

const tooLarge = (folder: string): PratiqueError =>
  new PratiqueError(
    "data.too-large",
    `The test data in ${folder} are more than 2 GB, and a job that may write to them needs a copy.`,
    { hint: "Test with a small sample of the data, or in a runtime that mounts them read-only." },
  );
