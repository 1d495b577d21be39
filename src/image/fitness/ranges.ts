import type { ContentSink } from "../collector.ts";
import type { Range } from "../inventory/elf.ts";

/**
 * Gives a reading, which asks for one part of a file after the other, what it asks for while the file passes, and passes over
 * the rest. Parts come in their order; of a file that ends early a part is shorter than asked for, or empty.
 */
export class RangeSink<T> implements ContentSink {
  readonly #reading: Generator<Range, T, Buffer>;
  readonly #done: (result: T) => void;
  #range: Range | undefined;
  #parts: Buffer[] = [];
  #at = 0;

  constructor(reading: Generator<Range, T, Buffer>, done: (result: T) => void) {
    this.#reading = reading;
    this.#done = done;
    this.#take(reading.next());
  }

  write(chunk: Buffer): boolean | number {
    const from = this.#at;
    const end = from + chunk.length;
    while (this.#range !== undefined) {
      const range: Range = this.#range;
      const start = Math.max(range.start, from);
      const stop = Math.min(range.end, end);
      if (start < stop) this.#parts.push(Buffer.from(chunk.subarray(start - from, stop - from)));
      if (range.end > end) {
        const over = Math.max(0, range.start - end);
        this.#at = end + over;
        return over;
      }
      this.#give();
    }
    this.#at = end;
    return false;
  }

  end(): void {
    while (this.#range !== undefined) this.#give();
  }

  #give(): void {
    const [only] = this.#parts;
    const bytes = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#take(this.#reading.next(bytes));
  }

  #take({ done, value }: IteratorResult<Range, T>): void {
    this.#range = done === true ? undefined : value;
    if (done === true) this.#done(value);
  }
}
