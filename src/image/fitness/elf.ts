import { elfNumbers, type Range } from "../inventory/elf.ts";

/** What the system's loader reads in a program or a library before it is started. */
export interface ElfFacts {
  /** As images name it: `amd64`. Other machines that run nothing here (graphics processors) are no ELF to us. */
  readonly architecture: string;
  /** The loader that the kernel starts in the program's place. */
  readonly interpreter: string | undefined;
  /** Names of libraries, as it asks for them. */
  readonly needed: readonly string[];
  /** Where it says that its libraries are: the old way, which its libraries inherit, and the new one. */
  readonly rpath: readonly string[];
  readonly runpath: readonly string[];
  /** False where the names could not be read; then `needed` says nothing. */
  readonly complete: boolean;
}

const ARCHITECTURES: ReadonlyMap<number, string> = new Map([
  [2, "sparc"],
  [3, "386"],
  [8, "mips"],
  [20, "ppc"],
  [21, "ppc64le"],
  [22, "s390x"],
  [40, "arm"],
  [62, "amd64"],
  [183, "arm64"],
  [243, "riscv64"],
  [258, "loong64"],
]);

/** The header with the list of segments; linkers put it at the start. */
const HEAD = 2048;
/** Names of symbols lie in what is loaded first; those of a library with tens of thousands of them take less. */
const MAX_START = 4 * 1024 * 1024;
const MAX_DYNAMIC = 64 * 1024;
const MAX_SEGMENTS = 64;
const MAX_NEEDED = 512;
const MAX_TEXT = 4096;

const LOAD = 1;
const DYNAMIC = 2;
const INTERPRETER = 3;

/** True for the first bytes of a program or library for Linux. */
export const isElf = (bytes: Buffer): boolean => bytes.length >= 4 && bytes.readUInt32BE(0) === 0x7f454c46;

/** Goes through a file's parts in their order, asks for each, and is given as much of it as there is. */
export type ElfReading = Generator<Range, ElfFacts | undefined, Buffer>;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly length: number;
}

export function* readElf(size: number): ElfReading {
  const clamped = (start: number, length: number): Range => ({ start, end: Math.min(size, start + length) });
  const head = yield clamped(0, HEAD);
  if (head.length < 52 || !isElf(head)) return undefined;
  const wide = head[4] === 2;
  const little = head[5] === 1;
  if (wide && head.length < 64) return undefined;
  const { half } = elfNumbers(head, wide, little);
  const type = half(16);
  const architecture = ARCHITECTURES.get(half(18));
  if (architecture === undefined || (type !== 2 && type !== 3)) return undefined;
  const segments = segmentsOf(head, wide, little);
  const loads = segments.filter((segment) => segment.type === LOAD);
  const none: ElfFacts = {
    architecture,
    interpreter: undefined,
    needed: [],
    rpath: [],
    runpath: [],
    complete: true,
  };
  const dynamic = segments.find((segment) => segment.type === DYNAMIC);
  const named = segments.find((segment) => segment.type === INTERPRETER);
  // Statically linked: nothing is looked for.
  if (dynamic === undefined && named === undefined) return none;
  const first = loads[0];
  const startEnd = Math.min(MAX_START, first === undefined ? HEAD : first.offset + first.length, size);
  const rest = startEnd > head.length ? yield { start: head.length, end: startEnd } : Buffer.alloc(0);
  const start = rest.length === 0 ? head : Buffer.concat([head, rest]);
  // Most have all of it at the start; in others these parts come in either order.
  const parts = new Map<Segment, Buffer>();
  let at = start.length;
  for (const segment of [named, dynamic]
    .filter((one) => one !== undefined)
    .sort((x, y) => x.offset - y.offset)) {
    const range = clamped(segment.offset, Math.min(segment.length, MAX_DYNAMIC));
    if (range.end <= start.length) parts.set(segment, start.subarray(range.start, range.end));
    else if (range.start >= at) {
      parts.set(segment, yield range);
      at = range.end;
    }
  }
  const name = named === undefined ? undefined : parts.get(named);
  const interpreter = name === undefined ? undefined : textAt(name, 0);
  if (dynamic === undefined) return { ...none, interpreter };
  const entries = parts.get(dynamic);
  if (entries === undefined) return { ...none, interpreter, complete: false };
  const tags = tagsOf(entries, wide, little);
  const table = placeOf(loads, tags.strings);
  if (table === undefined) return { ...none, interpreter, complete: tags.offsets.length === 0 };
  const furthest = Math.max(0, ...tags.offsets) + MAX_TEXT;
  const wanted = clamped(table, Math.min(tags.length, furthest, MAX_START));
  let text: Buffer;
  if (wanted.end <= start.length) text = start.subarray(wanted.start, wanted.end);
  // What patchelf has moved lies behind.
  else if (wanted.start >= at) text = yield wanted;
  else return { ...none, interpreter, complete: tags.offsets.length === 0 };
  const texts = (offsets: readonly number[]): string[] =>
    offsets.flatMap((offset) => textAt(text, offset) ?? []);
  const needed = texts(tags.needed);
  const rpath = texts(tags.rpath);
  const runpath = texts(tags.runpath);
  return {
    architecture,
    interpreter,
    needed,
    rpath: rpath.flatMap((list) => list.split(":")),
    runpath: runpath.flatMap((list) => list.split(":")),
    complete: needed.length + rpath.length + runpath.length === tags.offsets.length,
  };
}

function segmentsOf(head: Buffer, wide: boolean, little: boolean): Segment[] {
  const { half, int, word } = elfNumbers(head, wide, little);
  const offset = word(wide ? 32 : 28);
  const size = half(wide ? 54 : 42);
  const count = Math.min(half(wide ? 56 : 44), MAX_SEGMENTS);
  const segments: Segment[] = [];
  if (size < (wide ? 56 : 32)) return segments;
  for (let index = 0; index < count; index++) {
    const at = offset + index * size;
    if (at + (wide ? 56 : 32) > head.length) break;
    segments.push({
      type: int(at),
      offset: word(at + (wide ? 8 : 4)),
      address: word(at + (wide ? 16 : 8)),
      length: word(at + (wide ? 32 : 16)),
    });
  }
  return segments;
}

interface Tags {
  /** Address of the names, and their bytes. */
  readonly strings: number;
  readonly length: number;
  readonly needed: readonly number[];
  readonly rpath: readonly number[];
  readonly runpath: readonly number[];
  readonly offsets: readonly number[];
}

function tagsOf(entries: Buffer, wide: boolean, little: boolean): Tags {
  const { word } = elfNumbers(entries, wide, little);
  const half = wide ? 8 : 4;
  let strings = 0;
  let length = MAX_START;
  const needed: number[] = [];
  const rpath: number[] = [];
  const runpath: number[] = [];
  for (let at = 0; at + 2 * half <= entries.length; at += 2 * half) {
    const value = word(at + half);
    switch (word(at)) {
      case 0:
        return { strings, length, needed, rpath, runpath, offsets: [...needed, ...rpath, ...runpath] };
      case 1:
        if (needed.length < MAX_NEEDED) needed.push(value);
        break;
      case 5:
        strings = value;
        break;
      case 10:
        length = value;
        break;
      case 15:
        rpath.splice(0, 1, value);
        break;
      case 29:
        runpath.splice(0, 1, value);
        break;
    }
  }
  return { strings, length, needed, rpath, runpath, offsets: [...needed, ...rpath, ...runpath] };
}

/** Where in the file an address is. */
function placeOf(loads: readonly Segment[], address: number): number | undefined {
  const load = loads.find((one) => address >= one.address && address < one.address + one.length);
  return load === undefined ? undefined : load.offset + address - load.address;
}

function textAt(bytes: Buffer, at: number): string | undefined {
  if (at >= bytes.length) return undefined;
  const end = bytes.indexOf(0, at);
  if (end < 0 || end - at > MAX_TEXT) return undefined;
  return bytes.toString("utf8", at, end);
}
