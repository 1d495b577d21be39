import { readSync } from "node:fs";
import type { Readable } from "node:stream";

/** Bytes that come in order. */
export interface Bytes {
  /** The next ones, valid until the next call; undefined at the end. So many if that can be chosen and is said. */
  next(count?: number): Buffer | undefined | Promise<Buffer | undefined>;
  /** Passes over at most so many bytes without reading them, where the source can; says how many there were. */
  skip?(count: number): number;
  /** Lets go of what it holds; the file itself stays open. */
  close?(): Promise<void>;
}

/** What fits a processor's cache: chunks of 256 KiB took five times as long per byte (measured). */
const LARGE = 128 * 1024;
/**
 * A call costs about as much as reading 8 KiB. So of a file that nobody wants, and that is longer than this, no more is
 * read than the next one's header.
 */
const FAR = 8 * 1024;
const HEADER = 512;
/** What follows on a header that was read alone. */
const NEAR = 4 * 1024;

/** A part of a file, read where something is wanted and passed over where not. */
export class FilePart implements Bytes {
  readonly #fd: number;
  readonly #end: number;
  #buffer = Buffer.allocUnsafeSlow(LARGE);
  /** What was given last: mostly a header, and then it is not made anew. */
  #given = this.#buffer.subarray(0, HEADER);
  #position: number;
  #size = HEADER;

  constructor(fd: number, start: number, length: number) {
    this.#fd = fd;
    this.#position = start;
    this.#end = start + length;
  }

  next(count = this.#size): Buffer | undefined {
    const wanted = Math.min(count, this.#end - this.#position);
    if (wanted <= 0) return undefined;
    if (wanted > this.#buffer.length) {
      this.#buffer = Buffer.allocUnsafeSlow(wanted);
      this.#given = this.#buffer;
    }
    const read = readSync(this.#fd, this.#buffer, 0, wanted, this.#position);
    if (read === 0) return undefined;
    this.#position += read;
    this.#size = Math.min(Math.max(this.#size * 2, NEAR), LARGE);
    if (this.#given.length !== read) this.#given = this.#buffer.subarray(0, read);
    return this.#given;
  }

  skip(count: number): number {
    const passed = Math.min(count, this.#end - this.#position);
    this.#position += passed;
    if (count > FAR) this.#size = HEADER;
    return passed;
  }
}

/** A stream, read once. It ends with the reading, or when it is given up. */
export class StreamBytes implements Bytes {
  readonly #stream: Readable;
  readonly #chunks: AsyncIterator<unknown>;

  constructor(stream: Readable) {
    this.#stream = stream;
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async next(): Promise<Buffer | undefined> {
    const { done, value } = await this.#chunks.next();
    return done === true ? undefined : (value as Buffer);
  }

  close(): Promise<void> {
    this.#stream.destroy();
    return Promise.resolve();
  }
}
