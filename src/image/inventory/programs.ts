import type { ContentSink, LayerEntry } from "../collector.ts";
import { type Ecosystem, type FileFacts, MB } from "./ecosystem.ts";
import { ELF_HEAD, type Elf, elfHeader, elfSection, type Range } from "./elf.ts";
import { goBuild } from "./go.ts";
import { rustBuild } from "./rust.ts";

/** Up to this size a program is looked at as a whole. */
const SMALL = 16 * MB;
/** Of larger ones, the last of what they write to when they run: Go's information is there, Rust's is not. */
const MAX_DATA = 16 * MB;

/** Compiled programs that say what they were made of. */
export const programs: Ecosystem = {
  wanted: () => undefined,
  read: (bytes) => programFacts(bytes, bytes),
  watch({ mode, name, readable }: LayerEntry, found) {
    // Libraries are many and large, and are made by other tools.
    const program = (mode & 0o111) !== 0 && readable > ELF_HEAD && !/\.so(?:\.[\d.]+)?$/.test(name);
    return program ? new Program(readable, found) : undefined;
  },
};

class Program implements ContentSink {
  readonly #size: number;
  readonly #found: (facts: FileFacts) => void;
  readonly #parts: Buffer[] = [];
  #head: Buffer | undefined;
  #at = 0;
  #kept: Range | undefined;

  constructor(size: number, found: (facts: FileFacts) => void) {
    this.#size = size;
    this.#found = found;
  }

  write(chunk: Buffer): boolean {
    if (this.#head === undefined) {
      this.#parts.push(Buffer.from(chunk));
      const bytes = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
      if (bytes.length < ELF_HEAD) return true;
      this.#parts.length = 0;
      this.#head = bytes.subarray(0, ELF_HEAD);
      this.#kept = rangeOf(elfHeader(bytes), this.#size);
      return this.#keep(bytes);
    }
    return this.#keep(chunk);
  }

  #keep(chunk: Buffer): boolean {
    if (this.#kept === undefined) return false;
    const { start, end } = this.#kept;
    const from = Math.max(0, start - this.#at);
    const to = Math.min(chunk.length, end - this.#at);
    if (from < to) this.#parts.push(Buffer.from(chunk.subarray(from, to)));
    this.#at += chunk.length;
    return this.#at < end;
  }

  end(): void {
    if (this.#kept === undefined || this.#head === undefined) return;
    const facts = programFacts(this.#head, Buffer.concat(this.#parts), this.#size <= SMALL);
    if (facts.packages !== undefined || facts.problem !== undefined) this.#found(facts);
  }
}

function rangeOf(elf: Elf | undefined, size: number): Range | undefined {
  if (elf === undefined) return undefined;
  if (size <= SMALL) return { start: 0, end: size };
  const { data } = elf;
  if (data === undefined) return undefined;
  const end = Math.min(data.end, size);
  return { start: Math.max(data.start, end - MAX_DATA), end };
}

function programFacts(head: Buffer, bytes: Buffer, whole = true): FileFacts {
  const elf = elfHeader(head);
  if (elf === undefined) return {};
  const { start, end } = (whole ? elf.data : undefined) ?? { start: 0, end: bytes.length };
  const go = goBuild(bytes.subarray(start, end));
  if (go !== undefined)
    return go.old
      ? { problem: "modules of programs that were built with Go before 1.18" }
      : { packages: go.packages };
  const section = whole ? elfSection(bytes, elf, ".dep-v0") : undefined;
  const crates = section === undefined ? [] : rustBuild(bytes.subarray(section.start, section.end));
  return crates.length === 0 ? {} : { packages: crates };
}
