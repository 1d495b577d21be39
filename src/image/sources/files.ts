import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { PratiqueError, systemErrorCode } from "../../errors.ts";
import { type Bytes, FilePart, StreamBytes } from "../bytes.ts";
import { compressionOf } from "../compression.ts";
import type { FoundImage, ImageReading, ImageSource } from "../image.ts";
import type { LayerContent } from "../layer.ts";
import { invalidImage, MAX_JSON } from "../manifest.ts";
import { openArchive, readArchiveFile, readArchiveStream } from "./archive.ts";
import { isSif, listSif, sifNotRead } from "./sif.ts";
import { missingLayer, type OpenStore, readStore } from "./store.ts";

/** An archive or an OCI layout, by what is in it. `name` says which of several images. */
export function pathSource(path: string, name: string | undefined): ImageSource {
  return {
    description: basename(path),
    async read(reading) {
      const info = await stat(path).catch((error: unknown) => {
        throw unreadable(path, error);
      });
      if (info.isDirectory()) return readStore(new LayoutFolder(path), reading, name);
      const file = await openFile(path);
      try {
        return await readFileHandle(file, info, name, reading);
      } finally {
        await file.close();
      }
    },
  };
}

/** A place on disk whose blobs can be had one by one; `use` may have them until it is done. */
export async function withStore<T>(
  path: string,
  signal: AbortSignal | undefined,
  use: (store: OpenStore) => Promise<T>,
): Promise<T> {
  const info = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (info.isDirectory()) return use(new LayoutFolder(path));
  const file = await openFile(path);
  try {
    const start = Buffer.alloc(512);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    if (isSif(start)) throw sifNotRead(await listSif(file, info.size));
    if (!info.isFile() || compressionOf(start.subarray(0, bytesRead)) !== "none")
      throw invalidImage(
        `${basename(path)} is packed as a whole, or no plain file: unpack it first (gunzip).`,
      );
    return await use(await openArchive(file.fd, info.size, () => signal?.throwIfAborted()));
  } finally {
    await file.close();
  }
}

/** What comes on standard input; a file that is put there is read as a file. */
export function standardInput(name: string | undefined): ImageSource {
  return {
    description: "standard input",
    once: true,
    async read(reading) {
      if (process.stdin.isTTY)
        throw new PratiqueError("usage.bad-argument", "Nothing comes on standard input.", {
          hint: "Pipe an image into it: docker save my-image | pratique inspect -",
        });
      return readStream(process.stdin, name, reading);
    },
  };
}

async function readFileHandle(
  file: FileHandle,
  info: Stats,
  name: string | undefined,
  reading: ImageReading,
): Promise<FoundImage> {
  // A pipe with a name can only be read once.
  if (!info.isFile()) return readStream(file.createReadStream({ autoClose: false }), name, reading);
  const start = Buffer.alloc(512);
  const { bytesRead } = await file.read(start, 0, start.length, 0);
  if (isSif(start)) throw sifNotRead(await listSif(file, info.size));
  const compression = compressionOf(start.subarray(0, bytesRead));
  if (compression === "none") return readArchiveFile(file.fd, info.size, name, reading);
  return readStream(file.createReadStream({ autoClose: false, start: 0 }), name, reading);
}

/** An archive may be packed as a whole, as in `docker save my-image | gzip`. */
async function readStream(
  stream: Readable,
  name: string | undefined,
  reading: ImageReading,
): Promise<FoundImage> {
  const stop = (): void => void stream.destroy();
  reading.signal?.addEventListener("abort", stop, { once: true });
  try {
    const bytes = new StreamBytes(stream);
    const first = await bytes.next();
    const compression = first === undefined ? "none" : compressionOf(first);
    if (compression === "zstd")
      throw invalidImage("The archive as a whole is packed with zstd: unpack it first (zstd -d).");
    let given = false;
    const chunks = {
      async next(): Promise<Buffer | undefined> {
        if (given) return bytes.next();
        given = true;
        return first;
      },
      close: () => bytes.close(),
    };
    if (compression === "none") return await readArchiveStream(chunks, name, reading);
    return await readArchiveStream(unpacked(chunks), name, reading);
  } catch (error) {
    reading.throwIfStopped();
    throw error;
  } finally {
    reading.signal?.removeEventListener("abort", stop);
  }
}

function unpacked(chunks: { next(): Promise<Buffer | undefined>; close(): Promise<void> }): StreamBytes {
  const gunzip = createGunzip({ chunkSize: 1024 * 1024 });
  const feed = async (): Promise<void> => {
    for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next())
      await new Promise<void>((resolve) => gunzip.write(chunk, () => resolve()));
    gunzip.end();
  };
  feed().catch((error: Error) => gunzip.destroy(error));
  return new StreamBytes(gunzip);
}

/** Opens a file for reading without waiting for a pipe's writer. */
async function openFile(path: string, flags = 0): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | flags);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): PratiqueError {
  const code = systemErrorCode(cause);
  if (code === "ENOENT" || code === "ENOTDIR")
    return new PratiqueError("image.not-found", `There is no ${path}.`, { cause });
  return new PratiqueError("image.unreadable", `${path} cannot be read: ${code ?? String(cause)}.`, {
    hint: "Look whose it is and who may read it (ls -l).",
    cause,
  });
}

/** An OCI layout: `index.json`, and `blobs/sha256/` with a file for each part. */
class LayoutFolder implements OpenStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async document(name: string): Promise<Buffer | undefined> {
    const opened = await this.#open(name);
    if (opened === undefined) return undefined;
    const { file, size } = opened;
    try {
      if (size > MAX_JSON) throw invalidImage(`${name} has ${size} bytes, which no real one has.`);
      const bytes = Buffer.alloc(size);
      const { bytesRead } = await file.read(bytes, 0, size, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  layers(names: readonly string[], reading: ImageReading): Promise<ReadonlyMap<string, LayerContent>> {
    return reading.readLayers(names, (name) => this.openBlob(name));
  }

  async openBlob(name: string): Promise<Bytes> {
    const opened = await this.#open(name);
    if (opened === undefined) throw missingLayer(name);
    const { file, size } = opened;
    const bytes = new FilePart(file.fd, 0, size);
    return {
      next: (count) => bytes.next(count),
      skip: (count) => bytes.skip(count),
      close: () => file.close(),
    };
  }

  /** Nothing but a plain file: a link could lead anywhere, and a pipe would keep us waiting. */
  async #open(name: string): Promise<{ file: FileHandle; size: number } | undefined> {
    const path = join(this.#folder, name);
    const info = await lstat(path).catch((error: unknown) => {
      if (systemErrorCode(error) === "ENOENT" || systemErrorCode(error) === "ENOTDIR") return undefined;
      throw unreadable(path, error);
    });
    if (info === undefined) return undefined;
    if (!info.isFile()) throw invalidImage(`${name} is no plain file.`);
    const file = await openFile(path, constants.O_NOFOLLOW | constants.O_NONBLOCK);
    return { file, size: (await file.stat()).size };
  }
}
