import { createWriteStream, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { LineSplitter } from "../system/lines.ts";

/** Bytes of the program's output that are kept. */
const MAX_BYTES = 64 * 1024 * 1024;
const TAIL_LINES = 20;
const LONGEST_LINE = 4096;

/** Keeps what the program prints: the first 64 MiB in a file, the last lines in memory. */
export class LogFile {
  readonly #stream: WriteStream;
  readonly #lines = new LineSplitter(LONGEST_LINE, (line) => this.#keep(line));
  readonly #onLine: (line: string) => void;
  #bytes = 0;
  #tail: string[] = [];
  #error: Error | undefined;

  constructor(path: string, onLine: (line: string) => void = () => {}) {
    this.#stream = createWriteStream(path);
    this.#stream.on("error", (error) => {
      this.#error ??= error;
    });
    this.#onLine = onLine;
  }

  write(chunk: Buffer): void {
    const room = MAX_BYTES - this.#bytes;
    this.#bytes += chunk.length;
    if (room > 0) this.#stream.write(chunk.length <= room ? chunk : chunk.subarray(0, room));
    this.#lines.write(chunk);
  }

  #keep(line: string): void {
    if (line.trim() === "") return;
    this.#tail.push(line);
    if (this.#tail.length > TAIL_LINES * 2) this.#tail = this.#tail.slice(-TAIL_LINES);
    this.#onLine(line);
  }

  /** Closes the file; rejects when it could not be written whole. */
  async close(): Promise<{ bytes: number; truncated: boolean; tail: readonly string[] }> {
    this.#lines.end();
    this.#stream.end();
    // The callback of end() may come before the event that says the disk is full.
    await finished(this.#stream);
    if (this.#error !== undefined) throw this.#error;
    return { bytes: this.#bytes, truncated: this.#bytes > MAX_BYTES, tail: this.#tail.slice(-TAIL_LINES) };
  }
}
