import type { ContentSink } from "../collector.ts";

/** For which GPUs a file has code, each as NVIDIA's number for it: `8.0`. */
export interface CompiledCode {
  /** Machine code: it runs on GPUs of the same generation that are not older. */
  readonly machine: readonly string[];
  /** PTX, which the driver compiles for any GPU that is not older. */
  readonly ptx: readonly string[];
}

/**
 * What nvcc puts into programs: a container of entries, each with its own header. Seen so in libraries for CUDA 12 from
 * NVIDIA's packages (curand, nvjpeg, nccl); containers start at multiples of 8 there.
 */
const MAGIC = Buffer.from([0x50, 0xed, 0x55, 0xba]);
const CONTAINER_HEADER = 16;
/** As far as the number of the GPU, which is all that is wanted of an entry. */
const ENTRY_HEADER = 32;
const PTX = 1;
const MACHINE = 2;
const MAX_CONTAINER = 4 * 1024 ** 3;
const NONE = Buffer.alloc(0);

/** Looks for code for GPUs in an ELF file as it passes, and passes over the code itself. */
export class CompiledCodeSink implements ContentSink {
  readonly #machine = new Set<number>();
  readonly #ptx = new Set<number>();
  readonly #done: (code: CompiledCode) => void;
  /** Bytes of the last chunk that are looked at with the next one. */
  #carry: Buffer = NONE;
  /** Where the bytes that come next begin, and where the next header is, or the search goes on. */
  #position = 0;
  #next = 0;
  /** Where the present container ends; 0 outside. */
  #end = 0;

  /** `done` is called once, for a file that has such code. */
  constructor(done: (code: CompiledCode) => void) {
    this.#done = done;
  }

  write(chunk: Buffer): boolean | number {
    const bytes = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    const start = this.#position - this.#carry.length;
    const end = start + bytes.length;
    if (start === 0 && !isElf(bytes)) return false;
    while (this.#next < end) {
      const at = this.#next - start;
      const stays = this.#end === 0 ? this.#search(bytes, at, start) : this.#entry(bytes, at);
      if (stays) break;
    }
    this.#carry = this.#next < end ? Buffer.from(bytes.subarray(this.#next - start)) : NONE;
    this.#position = Math.max(end, this.#next);
    return this.#position - end;
  }

  /** Goes on to the next container; true when more bytes are needed to tell. */
  #search(bytes: Buffer, at: number, start: number): boolean {
    const found = bytes.indexOf(MAGIC, at);
    if (found < 0) {
      this.#next = start + Math.max(at, bytes.length - MAGIC.length + 1);
      return true;
    }
    this.#next = start + found;
    if (found + CONTAINER_HEADER > bytes.length) return true;
    const size = bytes.readBigUInt64LE(found + 8);
    const real =
      bytes.readUInt16LE(found + 4) === 1 &&
      bytes.readUInt16LE(found + 6) === CONTAINER_HEADER &&
      size <= MAX_CONTAINER;
    if (!real) this.#next += MAGIC.length;
    else {
      this.#next += CONTAINER_HEADER;
      if (size > 0n) this.#end = this.#next + Number(size);
    }
    return false;
  }

  #entry(bytes: Buffer, at: number): boolean {
    if (this.#next + ENTRY_HEADER > this.#end) {
      this.#next = this.#end;
      this.#end = 0;
      return false;
    }
    if (at + ENTRY_HEADER > bytes.length) return true;
    const kind = bytes.readUInt16LE(at);
    const header = bytes.readUInt32LE(at + 4);
    const size = bytes.readBigUInt64LE(at + 8);
    const gpu = bytes.readUInt32LE(at + 28);
    const after = BigInt(this.#next) + BigInt(header) + size;
    if (header < ENTRY_HEADER || after > BigInt(this.#end) || !isGpu(gpu)) {
      // It only looked like a container: what it would hold is searched as well.
      this.#end = 0;
      return false;
    }
    if (kind === PTX) this.#ptx.add(gpu);
    if (kind === MACHINE) this.#machine.add(gpu);
    this.#next = Number(after);
    return false;
  }

  end(): void {
    if (this.#machine.size + this.#ptx.size > 0)
      this.#done({ machine: inOrder(this.#machine), ptx: inOrder(this.#ptx) });
  }
}

const ELF = Buffer.from("\x7fELF", "latin1");

/** As far as it is there. */
const isElf = (start: Buffer): boolean => ELF.subarray(0, start.length).equals(start.subarray(0, ELF.length));

/** The first one was 1.0, written 10. */
const isGpu = (number: number): boolean => number >= 10 && number < 1000;

const inOrder = (numbers: ReadonlySet<number>): string[] =>
  [...numbers].sort((a, b) => a - b).map((number) => `${Math.floor(number / 10)}.${number % 10}`);
