import { randomBytes } from "node:crypto";
import { chmodSync, createReadStream } from "node:fs";
import { lstat, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import { collectFiles } from "../image/collector.ts";
import { extractFile } from "../image/extract.ts";
import { type ImageRead, type ImageSource, type ReadOptions, readImage } from "../image/image.ts";
import type { TreeEntry } from "../image/merged.ts";
import { resolvePath, treeOf } from "../image/tree.ts";
import { notWritable } from "../system/files.ts";

export interface Extracted {
  /** The path whose bytes these are, after links. */
  readonly path: string;
  readonly size: number;
}

/**
 * Takes one file out of an image. Links are followed inside the image as a container would; what is no plain file is
 * refused. The file is there whole, once the image's digests were compared, or not at all; owner and rights are not taken over.
 */
export async function extractTo(
  source: ImageSource,
  path: string,
  to: string,
  options: Omit<ReadOptions, "collectors">,
): Promise<Extracted> {
  const target = resolve(to);
  const info = await lstat(target).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw notWritable(to, error);
  });
  if (info !== undefined && !info.isFile())
    throw new PratiqueError(
      "output.not-writable",
      `${to} is no plain file, so nothing is put in its place.`,
      {
        hint: "Name a file that is not there yet, as in --to found.txt",
      },
    );
  return extract(source, path, `${target}.${randomBytes(6).toString("hex")}`, options, async (file) => {
    // As the user's other files are.
    chmodSync(file, 0o666 & ~process.umask());
    await rename(file, target).catch((error: unknown) => {
      throw notWritable(to, error);
    });
  });
}

/** The same for who wants the bytes: `use` gets them as a stream. */
export async function extractStream(
  source: ImageSource,
  path: string,
  options: Omit<ReadOptions, "collectors">,
  use: (bytes: Readable, size: number) => Promise<void>,
): Promise<Extracted> {
  const folder = await mkdtemp(join(tmpdir(), "pratique-file-"));
  try {
    return await extract(source, path, join(folder, "file"), options, async (file) =>
      use(createReadStream(file), (await stat(file)).size),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function extract(
  source: ImageSource,
  path: string,
  place: string,
  options: Omit<ReadOptions, "collectors">,
  use: (file: string) => Promise<void>,
): Promise<Extracted> {
  // A link or another name is known for one only when all was read: then it is read again for what that means.
  for (let wanted = absolute(path), again = false; ; again = true) {
    const extraction = extractFile(wanted, place);
    try {
      const image = await readImage(source, { ...options, collectors: [extraction] });
      const { path: found, entry } = resolved(image, path);
      const file = extraction.at(entry.content);
      if (entry.source === wanted && file !== undefined) {
        await use(file);
        return { path: found, size: entry.size };
      }
      if (entry.source === wanted || again)
        throw noFile(`The content of ${path} cannot be taken out: it has holes beyond what is read.`);
      if (source.once === true)
        throw noFile(
          `${path} is another name of ${entry.source}, and standard input is read only once.`,
          `Ask for that: --extract '${entry.source}'`,
        );
      wanted = entry.source;
    } finally {
      extraction.clear();
    }
  }
}

function resolved(image: ImageRead, path: string): { path: string; entry: TreeEntry } {
  const nothing = collectFiles(() => undefined);
  const found = resolvePath(treeOf(image, nothing), path);
  const entry = found === undefined ? undefined : image.tree.entry(found.path);
  if (found === undefined || entry === undefined) {
    const there = image.tree.entry(absolute(path));
    throw there === undefined
      ? noFile(`The image has no ${path}.`, "“pratique tree <image> --glob <name>” finds files by name.")
      : noFile(`${path} is a link that leads nowhere in the image.`);
  }
  if (entry.kind !== "file")
    throw noFile(
      entry.kind === "folder"
        ? `${path} is a folder; only single files are taken out.`
        : `${path} is no plain file (${entry.kind}), so it is not taken out.`,
    );
  return { path: found.path, entry };
}

const absolute = (path: string): string => {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
};

const noFile = (message: string, hint?: string): PratiqueError =>
  new PratiqueError("image.no-file", message, hint === undefined ? {} : { hint });
