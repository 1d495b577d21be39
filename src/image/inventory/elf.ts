/** A range of a program's file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Elf {
  /** The parts of the file that are written to when it runs: where Go keeps what it knows of the build. */
  readonly data: Range | undefined;
  /** Where the list of sections is. */
  readonly sections: {
    readonly offset: number;
    readonly size: number;
    readonly count: number;
    readonly names: number;
  };
  readonly wide: boolean;
  readonly little: boolean;
}

/** What the first bytes must hold for `elfHeader` to tell. */
export const ELF_HEAD = 4096;

/** The header of a program for Linux; undefined where it is none. */
export function elfHeader(bytes: Buffer): Elf | undefined {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const wide = bytes[4] === 2;
  const little = bytes[5] === 1;
  const read = elfNumbers(bytes, wide, little);
  const programs = {
    offset: read.word(wide ? 32 : 28),
    size: read.half(wide ? 54 : 42),
    count: read.half(wide ? 56 : 44),
  };
  let data: Range | undefined;
  for (let index = 0; index < programs.count; index++) {
    const at = programs.offset + index * programs.size;
    if (at + 56 > bytes.length) break;
    const loaded = read.int(at) === 1;
    const flags = read.int(at + (wide ? 4 : 24));
    const start = read.word(at + (wide ? 8 : 4));
    const length = read.word(at + (wide ? 32 : 16));
    // Writable, and not code.
    if (!loaded || (flags & 3) !== 2) continue;
    data = {
      start: Math.min(start, data?.start ?? start),
      end: Math.max(start + length, data?.end ?? 0),
    };
  }
  return {
    data,
    sections: {
      offset: read.word(wide ? 40 : 32),
      size: read.half(wide ? 58 : 46),
      count: read.half(wide ? 60 : 48),
      names: read.half(wide ? 62 : 50),
    },
    wide,
    little,
  };
}

/** Where the section of this name is, in the whole file; undefined where there is none. */
export function elfSection(file: Buffer, elf: Elf, name: string): Range | undefined {
  const { wide, little, sections } = elf;
  const read = elfNumbers(file, wide, little);
  const place = (index: number): Range | undefined => {
    const at = sections.offset + index * sections.size;
    if (sections.size < (wide ? 64 : 40) || at + (wide ? 64 : 40) > file.length) return undefined;
    const start = read.word(at + (wide ? 24 : 16));
    const end = start + read.word(at + (wide ? 32 : 20));
    return end <= file.length ? { start, end } : undefined;
  };
  const names = place(sections.names);
  if (names === undefined) return undefined;
  const wanted = Buffer.from(`${name}\0`);
  for (let index = 0; index < sections.count; index++) {
    const at = sections.offset + index * sections.size;
    if (at + 4 > file.length) return undefined;
    const text = names.start + read.int(at);
    if (text + wanted.length <= names.end && file.subarray(text, text + wanted.length).equals(wanted))
      return place(index);
  }
  return undefined;
}

/** Numbers of the file's own kind; what lies beyond its end is 0. */
export function elfNumbers(bytes: Buffer, wide: boolean, little: boolean) {
  const int = (at: number): number =>
    at + 4 > bytes.length ? 0 : little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  return {
    int,
    half: (at: number): number =>
      at + 2 > bytes.length ? 0 : little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at),
    word: (at: number): number => {
      if (!wide) return int(at);
      const [low, high] = little ? [int(at), int(at + 4)] : [int(at + 4), int(at)];
      return high * 2 ** 32 + low;
    },
  };
}
