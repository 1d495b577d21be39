import { read, readSync } from "node:fs";
import type { Readable } from "node:stream";

/** Bytes that come in order. */
export interface Bytes {
  /** The next ones, valid until the next call; undefined at the end. */
  next(): Buffer | undefined | Promise<Buffer | undefined>;
  /** Passes over at most so many bytes without reading them, where the source can; says how many there were. */
  skip?(count: number): number;
  /** Lets go of what it holds; the file itself stays open. */
  close?(): Promise<void>;
}

const LARGE = 1024 * 1024;
/**
 * Reading costs some microseconds a call, and a microsecond for each 8 KiB: between small files it is cheaper to read
 * what nobody wants than to go over it.
 */
const LEAST = 4 * 1024;
const NEAR = 32 * 1024;
const DENSE = 64 * 1024;

/** A part of a file, read where something is wanted and passed over where not. */
export class SeekingFile implements Bytes {
  readonly #fd: number;
  readonly #end: number;
  #position: number;
  #size = LEAST;
  #most = DENSE;
  #buffer = Buffer.allocUnsafeSlow(DENSE);

  constructor(fd: number, start: number, length: number) {
    this.#fd = fd;
    this.#position = start;
    this.#end = start + length;
  }

  next(): Buffer | undefined {
    const wanted = Math.min(this.#size, this.#end - this.#position);
    if (wanted <= 0) return undefined;
    if (wanted > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(LARGE);
    const count = readSync(this.#fd, this.#buffer, 0, wanted, this.#position);
    if (count === 0) return undefined;
    this.#position += count;
    this.#size = Math.min(this.#size * 2, this.#most);
    // Who reads on without passing anything over wants all of a large file.
    this.#most = LARGE;
    return this.#buffer.subarray(0, count);
  }

  skip(count: number): number {
    const passed = Math.min(count, this.#end - this.#position);
    this.#position += passed;
    this.#most = DENSE;
    this.#size = count > NEAR ? LEAST : Math.min(this.#size, DENSE);
    return passed;
  }
}

/** A part of a file, read from start to end while what was read before is looked at. */
export class SequentialFile implements Bytes {
  readonly #fd: number;
  readonly #end: number;
  #position: number;
  #pending: Promise<Buffer | undefined> | undefined;
  #spare: Buffer[] = [];
  #given: Buffer | undefined;

  constructor(fd: number, start: number, length: number) {
    this.#fd = fd;
    this.#position = start;
    this.#end = start + length;
  }

  async next(): Promise<Buffer | undefined> {
    if (this.#given !== undefined) this.#spare.push(this.#given);
    this.#given = undefined;
    const chunk = await (this.#pending ?? this.#read());
    this.#pending = undefined;
    if (chunk === undefined) return undefined;
    this.#given = Buffer.from(chunk.buffer);
    if (this.#position < this.#end) {
      this.#pending = this.#read();
      // It is asked for later; until then it must not count as unheard.
      this.#pending.catch(() => {});
    }
    return chunk;
  }

  #read(): Promise<Buffer | undefined> {
    const wanted = Math.min(LARGE, this.#end - this.#position);
    if (wanted <= 0) return Promise.resolve(undefined);
    const buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(LARGE);
    return new Promise((resolve, reject) => {
      read(this.#fd, buffer, 0, wanted, this.#position, (error, count) => {
        if (error !== null) return reject(error);
        this.#position = count === 0 ? this.#end : this.#position + count;
        resolve(count === 0 ? undefined : buffer.subarray(0, count));
      });
    });
  }

  async close(): Promise<void> {
    await this.#pending?.catch(() => undefined);
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
