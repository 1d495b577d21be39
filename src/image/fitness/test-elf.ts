/** Programs and libraries for tests, made byte by byte: what the loader reads in them, and nothing that runs. */
export interface ElfMade {
  /** As in the header: 62 is amd64, 183 arm64, 3 386. */
  readonly machine?: number;
  /** 2 a program, 3 a library. */
  readonly type?: number;
  readonly interpreter?: string;
  readonly needed?: readonly string[];
  readonly rpath?: string;
  readonly runpath?: string;
  readonly wide?: boolean;
  readonly little?: boolean;
  /** Bytes between what stands at the start and the rest. */
  readonly gap?: number;
  /** The names after the list that points to them, as patchelf writes them. */
  readonly namesLast?: boolean;
  /** The loader's name after the gap. */
  readonly interpreterLast?: boolean;
}

const BASE = 0x400000;

export function elf(options: ElfMade = {}): Buffer {
  const { machine = 62, type = 3, needed = [], wide = true, little = true, gap = 0 } = options;
  const bytes = (length: number): Buffer => Buffer.alloc(length);
  const put16 = (into: Buffer, at: number, value: number): void => {
    little ? into.writeUInt16LE(value, at) : into.writeUInt16BE(value, at);
  };
  const put32 = (into: Buffer, at: number, value: number): void => {
    little ? into.writeUInt32LE(value, at) : into.writeUInt32BE(value, at);
  };
  const putWord = (into: Buffer, at: number, value: number): void => {
    if (!wide) put32(into, at, value);
    else little ? into.writeBigUInt64LE(BigInt(value), at) : into.writeBigUInt64BE(BigInt(value), at);
  };
  const word = wide ? 8 : 4;
  const names: string[] = [""];
  const offset = (text: string): number => {
    const at = names.join("\0").length + 1;
    names.push(text);
    return at;
  };
  const tags: [tag: number, value: number][] = needed.map((name) => [1, offset(name)]);
  if (options.rpath !== undefined) tags.push([15, offset(options.rpath)]);
  if (options.runpath !== undefined) tags.push([29, offset(options.runpath)]);
  const strings = Buffer.from(`${names.join("\0")}\0`);
  const isDynamic = needed.length > 0 || type === 3;
  const interpreter = options.interpreter === undefined ? bytes(0) : Buffer.from(`${options.interpreter}\0`);
  const headerSize = wide ? 64 : 52;
  const entrySize = wide ? 56 : 32;
  const dynamic = bytes((tags.length + 3) * 2 * word);
  const count = 1 + (interpreter.length > 0 ? 1 : 0) + (isDynamic ? 1 : 0);
  const start = headerSize + count * entrySize;
  let at = start;
  const place = (part: Buffer): number => {
    const here = at;
    at += part.length;
    return here;
  };
  const pieces: [place: number, part: Buffer][] = [];
  const add = (part: Buffer): number => {
    const here = place(part);
    pieces.push([here, part]);
    return here;
  };
  let interpreterAt = options.interpreterLast === true ? 0 : add(interpreter);
  let stringsAt = options.namesLast === true ? 0 : add(strings);
  const firstEnd = at;
  at += gap;
  if (options.interpreterLast === true) interpreterAt = add(interpreter);
  const dynamicAt = add(dynamic);
  if (options.namesLast === true) stringsAt = add(strings);
  const file = bytes(at);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, little ? 1 : 2, 1]).copy(file);
  put16(file, 16, type);
  put16(file, 18, machine);
  putWord(file, wide ? 32 : 28, headerSize);
  put16(file, wide ? 54 : 42, entrySize);
  put16(file, wide ? 56 : 44, count);
  [...tags, [5, BASE + stringsAt] as const, [10, strings.length] as const, [0, 0] as const].forEach(
    ([tag, value], index) => {
      putWord(dynamic, index * 2 * word, tag);
      putWord(dynamic, index * 2 * word + word, value);
    },
  );
  let entry = headerSize;
  const segment = (kind: number, from: number, length: number): void => {
    put32(file, entry, kind);
    putWord(file, entry + (wide ? 8 : 4), from);
    putWord(file, entry + (wide ? 16 : 8), BASE + from);
    putWord(file, entry + (wide ? 32 : 16), length);
    entry += entrySize;
  };
  // One segment for all that is before the gap would do; the rest is in the address space all the same.
  segment(1, 0, gap > 0 && options.namesLast !== true ? firstEnd : at);
  if (interpreter.length > 0) segment(3, interpreterAt, interpreter.length);
  if (isDynamic) segment(2, dynamicAt, dynamic.length);
  for (const [where, part] of pieces) part.copy(file, where);
  return file;
}

export const GLIBC = "/lib64/ld-linux-x86-64.so.2";
export const MUSL = "/lib/ld-musl-x86_64.so.1";
