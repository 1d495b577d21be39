import { posix } from "node:path";
import { type Bytes, FilePart } from "../bytes.ts";
import type { FoundImage, ImageReading } from "../image.ts";
import type { LayerContent, LayerReader } from "../layer.ts";
import { invalidImage, MAX_JSON } from "../manifest.ts";
import { nameOf, type TarHandler, type TarHeader, TarWalker } from "../tar.ts";
import { type BlobStore, inside, missingLayer, type OpenStore, readStore } from "./store.ts";

/** A saved image has two or three members for each layer. */
const MAX_MEMBERS = 20_000;
/** All documents of an archive together; a real one has some kilobytes. */
const MAX_DOCUMENTS = 4 * MAX_JSON;

/** Reads an image from an archive on disk, going straight to the parts that are wanted. */
export async function readArchiveFile(
  fd: number,
  size: number,
  name: string | undefined,
  reading: ImageReading,
): Promise<FoundImage> {
  return readStore(await openArchive(fd, size, () => reading.throwIfStopped()), reading, name);
}

/** Looks through an archive on disk for what it holds. `turn` is called now and then, and may throw to stop it. */
export const openArchive = (fd: number, size: number, turn: () => void): Promise<ArchiveFile> =>
  ArchiveFile.open(fd, size, turn);

/** Reads an image from an archive that comes as a stream, keeping nothing but what its layers hold. */
export async function readArchiveStream(
  bytes: Bytes,
  name: string | undefined,
  reading: ImageReading,
): Promise<FoundImage> {
  const archive = new ArchiveStream(reading);
  try {
    for (let chunk = await bytes.next(); chunk !== undefined; chunk = await bytes.next()) {
      reading.throwIfStopped();
      await archive.write(chunk);
    }
    await archive.end();
  } finally {
    await bytes.close?.();
  }
  return readStore(archive, reading, name);
}

interface Place {
  readonly start: number;
  readonly size: number;
}

export class ArchiveFile implements OpenStore {
  readonly #fd: number;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #links: ReadonlyMap<string, string>;

  private constructor(fd: number, places: ReadonlyMap<string, Place>, links: ReadonlyMap<string, string>) {
    this.#fd = fd;
    this.#places = places;
    this.#links = links;
  }

  static async open(fd: number, size: number, turn: () => void): Promise<ArchiveFile> {
    const places = new Map<string, Place>();
    const links = new Map<string, string>();
    const walker: TarWalker = new TarWalker({
      entry: (header) => {
        const name = inside(nameOf(header));
        if (header.kind === "file") places.set(name, { start: walker.position, size: header.size });
        addLink(links, name, header);
        if (places.size + links.size > MAX_MEMBERS) throw tooMany();
        return false;
      },
      data: () => false,
      done: () => {},
    });
    const file = new FilePart(fd, 0, size);
    for (;;) {
      turn();
      if (walker.idle > 0) walker.pass(file.skip(walker.idle));
      const chunk = file.next();
      if (chunk === undefined) break;
      walker.write(chunk);
    }
    walker.end();
    return new ArchiveFile(fd, places, links);
  }

  #place(name: string): Place | undefined {
    return this.#places.get(follow(name, this.#links));
  }

  document(name: string): Promise<Buffer | undefined> {
    const place = this.#place(name);
    if (place === undefined) return Promise.resolve(undefined);
    if (place.size > MAX_JSON) throw invalidImage(`${name} has ${place.size} bytes, which no real one has.`);
    return collect(new FilePart(this.#fd, place.start, place.size));
  }

  async layers(names: readonly string[], reading: ImageReading): Promise<ReadonlyMap<string, LayerContent>> {
    // The same layer may stand under several names.
    const keys = new Map(names.map((name) => [name, follow(name, this.#links)]));
    return byName(keys, await reading.readLayers([...keys.values()], (key) => this.openBlob(key)));
  }

  openBlob(name: string): Promise<FilePart> {
    const place = this.#place(name);
    if (place === undefined) return Promise.reject(missingLayer(name));
    return Promise.resolve(new FilePart(this.#fd, place.start, place.size));
  }
}

type Part =
  | { readonly name: string }
  | { readonly data: Buffer }
  /** The end of a member. */
  | undefined;

/** What is known of a blob once its first block is there. */
interface Blob {
  readonly name: string;
  start: Buffer;
  kind: "unknown" | "document" | "layer" | "other";
  parts: Buffer[];
  size: number;
  reader: LayerReader | undefined;
  failure: unknown;
}

/**
 * An archive whose parts come before it says what they are: what looks like a document is kept, what looks like a layer
 * is read. A layer that fails is an error only if the image turns out to have it.
 */
class ArchiveStream implements BlobStore {
  readonly #reading: ImageReading;
  readonly #walker: TarWalker;
  readonly #documents = new Map<string, Buffer>();
  readonly #contents = new Map<string, LayerContent>();
  readonly #failures = new Map<string, unknown>();
  readonly #links = new Map<string, string>();
  #members = 0;
  #kept = 0;
  #blob: Blob | undefined;
  /** What the present chunk holds, in order. */
  #parts: Part[] = [];

  constructor(reading: ImageReading) {
    this.#reading = reading;
    const handler: TarHandler = {
      entry: (header) => {
        const name = inside(nameOf(header));
        addLink(this.#links, name, header);
        if (++this.#members > MAX_MEMBERS) throw tooMany();
        if (header.kind !== "file") return false;
        this.#parts.push({ name });
        return true;
      },
      data: (data) => {
        this.#parts.push({ data });
        return true;
      },
      done: () => {
        this.#parts.push(undefined);
      },
    };
    this.#walker = new TarWalker(handler);
  }

  async write(chunk: Buffer): Promise<void> {
    this.#walker.write(chunk);
    const parts = this.#parts;
    this.#parts = [];
    for (const part of parts) {
      if (part === undefined) await this.#finish();
      else if ("name" in part) this.#blob = newBlob(part.name);
      else await this.#take(part.data);
    }
  }

  async end(): Promise<void> {
    this.#walker.end();
  }

  async #take(data: Buffer): Promise<void> {
    const blob = this.#blob;
    if (blob === undefined) return;
    let rest = data;
    if (blob.kind === "unknown") {
      blob.start = Buffer.concat([blob.start, data]);
      if (blob.start.length < 512) return;
      this.#decide(blob);
      rest = blob.start;
    }
    await this.#pass(blob, rest);
  }

  #decide(blob: Blob): void {
    blob.kind = kindOf(blob.start);
    if (blob.kind === "layer") blob.reader = this.#reading.layer();
  }

  async #pass(blob: Blob, data: Buffer): Promise<void> {
    if (blob.kind === "document") {
      blob.size += data.length;
      this.#kept += data.length;
      if (blob.size > MAX_JSON || this.#kept > MAX_DOCUMENTS) {
        blob.kind = "other";
        blob.failure = invalidImage(`${blob.name} has more bytes than any real one.`);
        this.#kept -= blob.size;
        blob.parts = [];
      } else blob.parts.push(Buffer.from(data));
    } else if (blob.reader !== undefined && blob.failure === undefined) {
      try {
        await blob.reader.write(data);
      } catch (error) {
        blob.failure = error;
        blob.reader.destroy();
      }
    }
  }

  async #finish(): Promise<void> {
    const blob = this.#blob;
    this.#blob = undefined;
    if (blob === undefined) return;
    if (blob.kind === "unknown") {
      this.#decide(blob);
      await this.#pass(blob, blob.start);
    }
    if (blob.failure === undefined && blob.kind === "document")
      this.#documents.set(blob.name, Buffer.concat(blob.parts));
    if (blob.failure === undefined && blob.reader !== undefined) {
      try {
        this.#contents.set(blob.name, await blob.reader.end());
      } catch (error) {
        blob.failure = error;
      }
    }
    if (blob.failure !== undefined) this.#failures.set(blob.name, blob.failure);
  }

  document(name: string): Promise<Buffer | undefined> {
    const key = follow(name, this.#links);
    const failure = this.#failures.get(key);
    return failure === undefined ? Promise.resolve(this.#documents.get(key)) : Promise.reject(failure);
  }

  layers(names: readonly string[]): Promise<ReadonlyMap<string, LayerContent>> {
    const keys = new Map(names.map((name) => [name, follow(name, this.#links)]));
    for (const key of keys.values()) {
      const failure = this.#failures.get(key);
      if (failure !== undefined) return Promise.reject(failure);
    }
    return Promise.resolve(byName(keys, this.#contents));
  }
}

const newBlob = (name: string): Blob => ({
  name,
  start: Buffer.alloc(0),
  kind: "unknown",
  parts: [],
  size: 0,
  reader: undefined,
  failure: undefined,
});

/** By its first 512 bytes. A file in a layer may have any name: the tar comes before the look at the first character. */
function kindOf(start: Buffer): Blob["kind"] {
  const tar = start.length >= 262 && start.toString("latin1", 257, 262) === "ustar";
  const packed =
    (start[0] === 0x1f && start[1] === 0x8b) || (start.length >= 4 && start.readUInt32LE(0) === 0xfd2fb528);
  const skippable = start.length >= 4 && (start.readUInt32LE(0) & 0xfffffff0) >>> 0 === 0x184d2a50;
  if (tar || packed || skippable) return "layer";
  const first = start.find((byte) => byte > 32);
  if (first === 0x7b || first === 0x5b) return "document";
  // An empty layer is nothing but zeros; very old tars have no mark.
  return start.length >= 512 ? "layer" : "other";
}

/** Whole content of a small part. */
async function collect(bytes: FilePart): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let chunk = bytes.next(); chunk !== undefined; chunk = bytes.next()) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

function addLink(links: Map<string, string>, name: string, header: TarHeader): void {
  const target = header.link.toString("utf8");
  if (header.kind === "symlink") links.set(name, inside(posix.join(posix.dirname(name), target)));
  if (header.kind === "hardlink") links.set(name, inside(target));
}

/** `docker save` writes a layer that was there already as a link to it. */
function follow(name: string, links: ReadonlyMap<string, string>): string {
  let at = name;
  for (let turn = 0; turn < 10; turn++) {
    const next = links.get(at);
    if (next === undefined) return at;
    at = next;
  }
  throw invalidImage(`${name} is a link that leads in a circle.`);
}

function byName(
  keys: ReadonlyMap<string, string>,
  contents: ReadonlyMap<string, LayerContent>,
): ReadonlyMap<string, LayerContent> {
  const named = new Map<string, LayerContent>();
  for (const [name, key] of keys) {
    const content = contents.get(key);
    if (content !== undefined) named.set(name, content);
  }
  return named;
}

const tooMany = () =>
  invalidImage(`The archive has more than ${MAX_MEMBERS} parts, which no saved image has.`);
