import { closeSync, constants, createReadStream, lstatSync, openSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { createGunzip } from "node:zlib";
import { messageOf } from "../../errors.ts";
import { type Bytes, StreamBytes } from "../bytes.ts";

/** Why an engine's storage cannot be read directly; it can still be asked to save the image. */
export class StorageProblem extends Error {}

const EMPTY = Buffer.alloc(0);
const LARGE = 1024 * 1024;
/** What fits a processor's cache, as in `FilePart`. */
const CHUNK = 128 * 1024;
/** Folders that are remembered: more than most layers have. */
const MAX_PLAIN = 50_000;
/** A header with its padding has about 1,400 characters; long names and attributes may have more. */
const LONGEST_LINE = 8 * LARGE;

/**
 * A layer's archive put together again, byte by byte, from what Docker and Podman keep when they unpack it: all of it
 * but the files' contents (the `tar-split`, gzipped lines of JSON), and the files. So it can be compared with the layer's
 * digest; and what nobody wants is neither opened nor read.
 */
export class TarSplitBytes implements Bytes {
  readonly #folder: string;
  readonly #split: StreamBytes;
  #text = EMPTY;
  #at = 0;
  /** The file whose content comes next. */
  #name = "";
  #left = 0;
  /** How much of it was read or passed over. */
  #offset = 0;
  #fd: number | undefined;
  #buffer: Buffer | undefined;
  /** Folders that are what their path says, with no link on the way. */
  readonly #plain = new Set<string>();

  /** `folder` holds the unpacked files, `splitFile` the rest. */
  constructor(folder: string, splitFile: string) {
    this.#folder = folder;
    this.#plain.add(folder);
    const file = createReadStream(splitFile, { highWaterMark: 256 * 1024 });
    const gunzip = createGunzip({ chunkSize: LARGE });
    file.on("error", (error) => gunzip.destroy(error));
    gunzip.on("close", () => file.destroy());
    this.#split = new StreamBytes(file.pipe(gunzip));
  }

  next(): Buffer | Promise<Buffer | undefined> {
    if (this.#left > 0) return this.#content();
    const end = this.#text.indexOf(10, this.#at);
    if (end < 0) return this.#more();
    const line = this.#text.subarray(this.#at, end);
    this.#at = end + 1;
    return this.#line(line);
  }

  skip(count: number): number {
    const passed = Math.min(count, this.#left);
    this.#left -= passed;
    this.#offset += passed;
    if (this.#left === 0) this.#closeFile();
    return passed;
  }

  async close(): Promise<void> {
    this.#closeFile();
    await this.#split.close();
  }

  async #more(): Promise<Buffer | undefined> {
    let chunk: Buffer | undefined;
    try {
      chunk = await this.#split.next();
    } catch (error) {
      throw new StorageProblem(`a layer's description cannot be read (${messageOf(error)})`);
    }
    const rest = this.#text.subarray(this.#at);
    if (chunk === undefined) {
      if (rest.length > 0) throw new StorageProblem("a layer's description is cut short");
      return undefined;
    }
    if (rest.length > LONGEST_LINE) throw new StorageProblem("a layer's description is none");
    this.#text = Buffer.concat([rest, chunk]);
    this.#at = 0;
    return EMPTY;
  }

  #line(line: Buffer): Buffer {
    // Half of all lines are of this form, and quickly taken apart.
    if (line.toString("latin1", 0, SEGMENT.length) === SEGMENT) {
      const end = line.indexOf(0x22, SEGMENT.length);
      if (end > 0) return Buffer.from(line.toString("latin1", SEGMENT.length, end), "base64");
    }
    const entry = parseLine(line);
    if (entry.type === 2) return Buffer.from(entry.payload ?? "", "base64");
    this.#left = entry.size ?? 0;
    this.#offset = 0;
    this.#name =
      entry.name_raw === undefined ? (entry.name ?? "") : Buffer.from(entry.name_raw, "base64").toString();
    // So that the walker, which knows by now whether it wants the content, may pass over it.
    return EMPTY;
  }

  #content(): Buffer {
    this.#fd ??= this.#open();
    this.#buffer ??= Buffer.allocUnsafeSlow(CHUNK);
    const count = readSync(this.#fd, this.#buffer, 0, Math.min(CHUNK, this.#left), this.#offset);
    if (count === 0) throw new StorageProblem(`${this.#name} is shorter than it should be`);
    this.#left -= count;
    this.#offset += count;
    if (this.#left === 0) this.#closeFile();
    return this.#buffer.subarray(0, count);
  }

  /** A link in the image must not lead to the machine's own files. */
  #open(): number {
    const path = join(this.#folder, this.#name);
    try {
      if (!this.#isPlain(dirname(path))) throw new StorageProblem(`${this.#name} lies elsewhere`);
      return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (error instanceof StorageProblem) throw error;
      throw new StorageProblem(`${this.#name} cannot be read (${messageOf(error)})`);
    }
  }

  /** Whether a folder lies below ours without a link on the way. A chain of real folders need not be asked for again. */
  #isPlain(path: string): boolean {
    if (this.#plain.has(path)) return true;
    if (!path.startsWith(`${this.#folder}/`)) return false;
    if (!this.#isPlain(dirname(path)) || !lstatSync(path).isDirectory()) return false;
    if (this.#plain.size < MAX_PLAIN) this.#plain.add(path);
    return true;
  }

  #closeFile(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

const SEGMENT = '{"type":2,"payload":"';

interface Line {
  readonly type?: number;
  readonly payload?: string | null;
  readonly name?: string;
  readonly name_raw?: string;
  readonly size?: number;
}

function parseLine(line: Buffer): Line {
  let value: unknown;
  try {
    value = JSON.parse(line.toString("utf8"));
  } catch {
    throw new StorageProblem("a layer's description is none");
  }
  const entry = value as Line | null;
  if (typeof entry !== "object" || entry === null || (entry.type !== 1 && entry.type !== 2))
    throw new StorageProblem("a layer's description is none");
  const { size = 0 } = entry;
  if (!Number.isSafeInteger(size) || size < 0) throw new StorageProblem("a layer's description is none");
  return entry;
}
