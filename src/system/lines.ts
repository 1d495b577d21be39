import { StringDecoder } from "node:string_decoder";

/** Characters of a line that are handed on where nobody says otherwise. */
export const LONGEST_LINE = 64 * 1024;

/**
 * Splits what a program prints into lines, however it comes in pieces. A line ends with `\n`, `\r\n` or, for those that
 * write over themselves, `\r`; of one that is longer than `longest` characters the rest is dropped.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  readonly #longest: number;
  readonly #onLine: (line: string) => void;
  #pending = "";
  /** The last piece ended with `\r`: a `\n` that follows belongs to it. */
  #halfway = false;

  constructor(longest: number, onLine: (line: string) => void) {
    this.#longest = longest;
    this.#onLine = onLine;
  }

  write(chunk: Uint8Array): void {
    this.#split(this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
  }

  /** What stands after the last line's end is a line too. */
  end(): void {
    this.#split(this.#decoder.end());
    if (this.#pending !== "") this.#onLine(this.#pending);
    this.#pending = "";
  }

  #split(text: string): void {
    if (text === "") return;
    const lines = (this.#halfway && text.startsWith("\n") ? text.slice(1) : text).split(/\r\n|[\r\n]/);
    this.#halfway = text.endsWith("\r");
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      this.#onLine(this.#joined(line));
      this.#pending = "";
    }
    this.#pending = this.#joined(rest);
  }

  #joined(line: string): string {
    const room = this.#longest - this.#pending.length;
    return this.#pending + (line.length > room ? line.slice(0, room) : line);
  }
}
