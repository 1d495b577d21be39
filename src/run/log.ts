import { createWriteStream, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { StringDecoder } from "node:string_decoder";

/** Bytes of the program's output that are kept. */
const MAX_BYTES = 64 * 1024 * 1024;
const TAIL_LINES = 20;
const LONGEST_LINE = 4096;

/** Keeps what the program prints: the first 64 MiB in a file, the last lines in memory. */
export class LogFile {
  readonly #stream: WriteStream;
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: (line: string) => void;
  #bytes = 0;
  #pending = "";
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
    const lines = (this.#pending + this.#decoder.write(chunk)).split(/\r\n|[\r\n]/);
    this.#pending = (lines.pop() ?? "").slice(-LONGEST_LINE);
    for (const line of lines) this.#keep(line);
  }

  #keep(line: string): void {
    if (line.trim() === "") return;
    const short = line.slice(0, LONGEST_LINE);
    this.#tail.push(short);
    if (this.#tail.length > TAIL_LINES * 2) this.#tail = this.#tail.slice(-TAIL_LINES);
    this.#onLine(short);
  }

  /** Closes the file; rejects when it could not be written whole. */
  async close(): Promise<{ bytes: number; truncated: boolean; tail: readonly string[] }> {
    if (this.#pending !== "") this.#keep(this.#pending);
    this.#stream.end();
    // The callback of end() may come before the event that says the disk is full.
    await finished(this.#stream);
    if (this.#error !== undefined) throw this.#error;
    return { bytes: this.#bytes, truncated: this.#bytes > MAX_BYTES, tail: this.#tail.slice(-TAIL_LINES) };
  }
}
