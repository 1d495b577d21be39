import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, lstat, mkdir, readlink, symlink } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { BuildContext } from "../context/walk.ts";
import { PratiqueError, systemErrorCode } from "../errors.ts";

export interface StagedContext {
  readonly folder: string;
  /** SHA-256 over each path, kind, executable bit and content, in path order. */
  readonly sha256: string;
  readonly files: number;
  readonly bytes: number;
}

/**
 * Copies the context into an empty folder: what the ignore file leaves out, our own output and `.git` cannot reach
 * the image or the cache, on either engine, and what was built is known by its hash.
 */
export async function stageContext(
  context: BuildContext,
  folder: string,
  signal?: AbortSignal,
): Promise<StagedContext> {
  const [closed] = context.unreadable;
  if (closed !== undefined)
    throw new PratiqueError(
      "project.unreadable",
      `The folder ${closed} cannot be read, so the image would lack it.`,
      {
        hint: "Make it readable, or leave it out with a line in .dockerignore.",
      },
    );
  await mkdir(folder, { recursive: true });
  for (const path of context.folders) await mkdir(join(folder, path), { recursive: true });
  const overall = createHash("sha256");
  let bytes = 0;
  for (const file of context.files) {
    signal?.throwIfAborted();
    const from = join(context.root, file.path);
    const to = join(folder, file.path);
    try {
      // A folder that an ignore file leaves out may still hold a file that it takes back.
      await mkdir(join(to, ".."), { recursive: true });
      const entry = await copyEntry(from, to);
      overall.update(`${file.path}\0${entry.kind}\0${entry.executable ? "x" : "-"}\0${entry.sha256}\n`);
      bytes += entry.bytes;
    } catch (error) {
      const code = systemErrorCode(error);
      throw new PratiqueError(
        "project.unreadable",
        `${file.path} cannot be copied into the build context: ${code ?? String(error)}.`,
        {
          hint:
            code === "ENOSPC"
              ? "Make room, or leave large files out with a .dockerignore."
              : "Make it readable, or leave it out with a line in .dockerignore.",
          cause: error,
        },
      );
    }
  }
  return { folder, sha256: overall.digest("hex"), files: context.files.length, bytes };
}

async function copyEntry(
  from: string,
  to: string,
): Promise<{ kind: string; executable: boolean; sha256: string; bytes: number }> {
  const info = await lstat(from);
  if (info.isSymbolicLink()) {
    const target = await readlink(from);
    await symlink(target, to);
    return {
      kind: "link",
      executable: false,
      sha256: createHash("sha256").update(target).digest("hex"),
      bytes: 0,
    };
  }
  const hash = createHash("sha256");
  let bytes = 0;
  const tap = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(createReadStream(from), tap, createWriteStream(to, { flags: "wx" }));
  await chmod(to, info.mode & 0o777);
  return { kind: "file", executable: (info.mode & 0o111) !== 0, sha256: hash.digest("hex"), bytes };
}
