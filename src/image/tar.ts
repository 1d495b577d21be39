import { PratiqueError } from "../errors.ts";

export type TarKind = "file" | "folder" | "symlink" | "hardlink" | "character" | "block" | "fifo" | "other";

/** One member of a tar archive. Its buffers are the walker's own: what is kept of them has to be copied. */
export interface TarHeader {
  /** The name is `bytes` from `nameStart` up to `nameEnd`: making a buffer of it takes longer than all the rest. */
  readonly bytes: Buffer;
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly kind: TarKind;
  /** Bytes of the file, holes included. */
  readonly size: number;
  /** Bytes of its content that can be read; less than `size` only for a sparse file with huge holes. */
  readonly readable: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly link: Buffer;
  /** Extended attributes' names with their values, where the archive has any. */
  readonly attributes: ReadonlyMap<string, Buffer> | undefined;
}

export const nameOf = ({ bytes, nameStart, nameEnd }: TarHeader): string =>
  bytes.toString("utf8", nameStart, nameEnd);

export interface TarHandler {
  /** Says whether the content is wanted. */
  entry(header: TarHeader): boolean;
  /**
   * The next part of the content, which begins at `at` and is valid until it returns. Gives false when no more of it is
   * wanted, or where in the content more is wanted; the bytes before that need not come.
   */
  data(chunk: Buffer, at: number): boolean | number;
  /** Called once after `entry`, when the content has gone by. */
  done(): void;
}

/** Attributes and long names of one member; kernels allow 64 KiB for an attribute, and no real path comes near. */
const MAX_META = 1024 * 1024;
/** How much of a sparse file is made up of zeros for those who want its content. */
const MAX_SPARSE = 64 * 1024 * 1024;
const BLOCK = 512;
const EMPTY = Buffer.alloc(0);
const ZEROS = Buffer.alloc(64 * 1024);

type State = "header" | "meta" | "sparse-blocks" | "sparse-map" | "content" | "ended";

/** What is put in place of the next header's own fields. */
interface Extension {
  name?: Buffer;
  link?: Buffer;
  size?: number;
  uid?: number;
  gid?: number;
  mtime?: number;
  attributes?: Map<string, Buffer>;
  realSize?: number;
  /** 0: the map is in the header; 1: it stands before the content. */
  sparse?: 0 | 1;
  spans?: number[];
}

/** The bad archive, in words; the caller adds where. */
const invalid = (what: string): PratiqueError =>
  new PratiqueError("image.invalid", `The archive is damaged: ${what}.`, {
    hint: "Copy or save the image anew; compare the two files' sizes to see whether the copy was cut short.",
  });

/**
 * Reads a tar archive as its bytes come, and says when bytes need not come at all: ustar, PAX and GNU (long names, big
 * numbers, sparse files of all four kinds). It never looks back and keeps one header at a time.
 */
export class TarWalker {
  readonly #handler: TarHandler;
  readonly #carry = Buffer.alloc(BLOCK);
  #carried = 0;
  #position = 0;
  #state: State = "header";
  /** Bytes of the present part that are still to come, without the padding. */
  #remaining = 0;
  #padding = 0;
  #wanted = false;
  /** How much of the content has gone by, holes included, and from where on the handler wants it. */
  #shown = 0;
  #wantedFrom = 0;
  #open = false;
  #zeroBlock = false;
  #meta: Buffer[] = [];
  #metaKind = 0;
  #global: Extension = NOTHING;
  #next: Extension = NOTHING;
  /** The header that waits for its sparse map. */
  #held: { header: TarHeader; stored: number } | undefined;
  #spans: number[] = [];
  #mapText = "";
  #mapNumbers: number[] = [];
  #mapBlocks = 0;
  #sparse: SparseContent | undefined;

  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  /** Bytes from here on that are of no interest: they may be passed over with `pass` in place of being written. */
  get idle(): number {
    if (this.#state === "ended") return Number.MAX_SAFE_INTEGER;
    if (this.#state !== "content") return 0;
    const over = this.#over;
    return over < this.#remaining ? over : this.#remaining + this.#padding;
  }

  /** Where the walk is: in `entry`, where the content starts. */
  get position(): number {
    return this.#position;
  }

  /** Takes note that `count` bytes, at most `idle`, were passed over. */
  pass(count: number): void {
    this.#position += count;
    if (this.#state === "ended") return;
    const content = Math.min(count, this.#remaining);
    this.#remaining -= content;
    this.#shown += content;
    this.#padding -= count - content;
    if (this.#remaining === 0 && this.#padding === 0) this.#finishEntry();
  }

  write(chunk: Buffer): void {
    let at = 0;
    const end = chunk.length;
    while (at < end) {
      switch (this.#state) {
        case "ended":
          return;
        case "content": {
          if (this.#remaining > 0) {
            const length = Math.min(this.#remaining, end - at);
            const over = Math.min(this.#over, length);
            this.#shown += over;
            if (over < length) this.#deliver(chunk.subarray(at + over, at + length));
            at += this.#taken(length);
          }
          if (this.#remaining === 0) {
            at += this.#passPadding(end - at);
            if (this.#padding === 0) this.#finishEntry();
          }
          break;
        }
        case "meta": {
          if (this.#remaining > 0) {
            const length = Math.min(this.#remaining, end - at);
            this.#meta.push(Buffer.from(chunk.subarray(at, at + length)));
            at += this.#taken(length);
          }
          if (this.#remaining === 0) {
            at += this.#passPadding(end - at);
            if (this.#padding === 0) this.#finishMeta();
          }
          break;
        }
        default: {
          if (this.#carried === 0 && end - at >= BLOCK) {
            this.#block(chunk, at);
            at += BLOCK;
          } else {
            const length = Math.min(BLOCK - this.#carried, end - at);
            chunk.copy(this.#carry, this.#carried, at, at + length);
            this.#carried += length;
            at += length;
            if (this.#carried === BLOCK) {
              this.#carried = 0;
              this.#block(this.#carry, 0);
            }
          }
        }
      }
    }
  }

  /** Counts bytes of what the member holds. Gives their number. */
  #taken(length: number): number {
    this.#remaining -= length;
    this.#position += length;
    return length;
  }

  /** Passes over what fills the member's last block, as far as it is there. Gives how many bytes that were. */
  #passPadding(there: number): number {
    const length = Math.min(this.#padding, there);
    this.#padding -= length;
    this.#position += length;
    return length;
  }

  /** Fails when the archive stops in the middle of something. */
  end(): void {
    if (this.#state === "ended") return;
    // Some writers leave the two empty blocks at the end out.
    if (this.#state === "header" && this.#carried === 0 && this.#next === NOTHING) return;
    throw invalid("it ends in the middle of a file");
  }

  /** A block of 512 bytes, at `base`. */
  #block(block: Buffer, base: number): void {
    this.#position += BLOCK;
    if (this.#state === "sparse-blocks") this.#sparseBlock(block, base);
    else if (this.#state === "sparse-map") this.#sparseMap(block, base);
    else this.#header(block, base);
  }

  #header(block: Buffer, base: number): void {
    const sum = checksum(block, base);
    if (sum === EMPTY_BLOCK) {
      if (this.#zeroBlock) this.#state = "ended";
      this.#zeroBlock = true;
      return;
    }
    if (this.#zeroBlock) throw invalid("there are files after its end");
    const told = number(block, base + 148, 8);
    if (told !== sum && told !== signedChecksum(block, base))
      throw invalid("a file's header is not one, or was changed");
    const type = block[base + 156] as number;
    const size = number(block, base + 124, 12);
    if (size < 0 || !Number.isSafeInteger(size)) throw invalid("a file has an impossible size");
    if (type === PAX || type === PAX_GLOBAL || type === LONG_NAME || type === LONG_LINK) {
      if (size > MAX_META) throw invalid(`a file has ${size} bytes of attributes`);
      this.#metaKind = type;
      this.#meta = [];
      this.#state = "meta";
      this.#remaining = size;
      this.#padding = padding(size);
      if (size === 0) this.#finishMeta();
      return;
    }
    this.#member(block, base, type, size);
  }

  #member(block: Buffer, base: number, type: number, written: number): void {
    const more =
      this.#next === NOTHING && this.#global === NOTHING ? NOTHING : { ...this.#global, ...this.#next };
    this.#next = NOTHING;
    let bytes = block;
    let nameStart = base;
    let nameEnd = textEnd(block, base, 100);
    if (more.name !== undefined) {
      bytes = more.name;
      nameStart = 0;
      nameEnd = bytes.length;
    } else if (block[base + 345] !== 0 && isUstar(block, base)) {
      // Only what follows POSIX to the letter has the first part of the name there; GNU has times.
      bytes = Buffer.concat([text(block, base + 345, 155), SLASH, block.subarray(nameStart, nameEnd)]);
      nameStart = 0;
      nameEnd = bytes.length;
    }
    let kind = KINDS[type] ?? "other";
    // As Go reads it, which wrote most layers: these have no content whatever their size says.
    const stored = type >= 0x31 && type <= 0x36 ? 0 : (more.size ?? written);
    // Before there was a type for folders, their names ended with a slash.
    if (type === 0 && bytes[nameEnd - 1] === 0x2f) kind = "folder";
    const linked = kind === "symlink" || kind === "hardlink";
    const header: TarHeader = {
      bytes,
      nameStart,
      nameEnd,
      kind,
      size: kind === "file" ? stored : 0,
      readable: kind === "file" ? stored : 0,
      mode: number(block, base + 100, 8) & 0o7777,
      uid: id(more.uid ?? number(block, base + 108, 8)),
      gid: id(more.gid ?? number(block, base + 116, 8)),
      mtime: more.mtime ?? number(block, base + 136, 12),
      link: linked ? (more.link ?? text(block, base + 157, 100)) : EMPTY,
      attributes: more.attributes,
    };
    if (nameStart === nameEnd && kind !== "other") throw invalid("a file has no name");
    if (type === SPARSE) {
      this.#holdSparse(header, stored, number(block, base + 483, 12));
      this.#spans = [];
      this.#addSpans(block, base + 386, 4);
      if (block[base + 482] !== 0) {
        this.#mapBlocks = 0;
        this.#state = "sparse-blocks";
      } else this.#startSparse();
    } else if (more.sparse === 1 && kind === "file") {
      this.#holdSparse(header, stored, more.realSize ?? stored);
      this.#mapText = "";
      this.#mapNumbers = [];
      this.#mapBlocks = 0;
      this.#state = "sparse-map";
    } else if (more.sparse === 0 && kind === "file") {
      this.#holdSparse(header, stored, more.realSize ?? stored);
      this.#spans = more.spans ?? [];
      this.#startSparse();
    } else this.#start(header, stored);
  }

  #start(header: TarHeader, stored: number, pad = padding(stored)): void {
    this.#wanted = this.#handler.entry(header) && header.readable > 0;
    this.#open = true;
    this.#shown = 0;
    this.#wantedFrom = 0;
    this.#state = "content";
    this.#remaining = stored;
    this.#padding = pad;
    if (stored + pad === 0) this.#finishEntry();
  }

  /** How many of the content's next bytes nobody wants. In a sparse file all are looked at: its holes count too. */
  get #over(): number {
    if (!this.#wanted) return Number.MAX_SAFE_INTEGER;
    return this.#sparse === undefined ? Math.max(0, this.#wantedFrom - this.#shown) : 0;
  }

  #deliver(chunk: Buffer): void {
    this.#wanted =
      this.#sparse === undefined ? this.#show(chunk) : this.#sparse.write(chunk, (part) => this.#show(part));
  }

  #show(part: Buffer): boolean {
    const wanted = this.#handler.data(part, this.#shown);
    this.#shown += part.length;
    this.#wantedFrom = typeof wanted === "number" ? wanted : 0;
    return wanted !== false;
  }

  #finishEntry(): void {
    if (this.#wanted) this.#sparse?.end((part) => this.#show(part));
    this.#sparse = undefined;
    this.#wanted = false;
    this.#state = "header";
    if (this.#open) {
      this.#open = false;
      this.#handler.done();
    }
  }

  #finishMeta(): void {
    const data = this.#meta.length === 1 ? (this.#meta[0] ?? EMPTY) : Buffer.concat(this.#meta);
    this.#meta = [];
    this.#state = "header";
    if (this.#metaKind === PAX_GLOBAL) {
      this.#global = { ...this.#global };
      readPax(data, this.#global);
      return;
    }
    this.#next = { ...this.#next };
    if (this.#metaKind === PAX) readPax(data, this.#next);
    else {
      const nul = data.indexOf(0);
      const value = nul < 0 ? data : data.subarray(0, nul);
      if (this.#metaKind === LONG_NAME) this.#next.name ??= value;
      else this.#next.link ??= value;
    }
  }

  #holdSparse(header: TarHeader, stored: number, realSize: number): void {
    if (realSize < 0 || !Number.isSafeInteger(realSize)) throw invalid("a file has an impossible size");
    this.#held = {
      header: { ...header, kind: "file", size: realSize, readable: Math.min(realSize, MAX_SPARSE) },
      stored,
    };
  }

  #addSpans(block: Buffer, from: number, count: number): void {
    for (let at = from; count > 0; count--, at += 24) {
      if ((block[at] ?? 0) === 0) return;
      this.#spans.push(number(block, at, 12), number(block, at + 12, 12));
    }
  }

  #sparseBlock(block: Buffer, base: number): void {
    if (++this.#mapBlocks * BLOCK > MAX_META) throw invalid("a file has too many holes");
    this.#addSpans(block, base, 21);
    if (block[base + 504] === 0) this.#startSparse();
  }

  /** PAX 1.0: the number of spans, then their offsets and lengths, as lines of digits before the content. */
  #sparseMap(block: Buffer, base: number): void {
    const held = this.#held;
    if (held === undefined || ++this.#mapBlocks * BLOCK > Math.min(MAX_META, held.stored + BLOCK - 1))
      throw invalid("a file has too many holes");
    const parts = (this.#mapText + block.toString("latin1", base, base + BLOCK)).split("\n");
    this.#mapText = parts.pop() ?? "";
    for (const part of parts) {
      if (this.#mapNumbers.length > 2 * (this.#mapNumbers[0] ?? 0) && this.#mapNumbers.length > 0) break;
      if (!/^\d{1,16}$/.test(part)) throw invalid("a map of holes cannot be read");
      this.#mapNumbers.push(Number(part));
    }
    const [count] = this.#mapNumbers;
    if (count === undefined) {
      if (this.#mapText.length > 20) throw invalid("a map of holes cannot be read");
      return;
    }
    if (this.#mapNumbers.length < 1 + 2 * count) return;
    this.#spans = this.#mapNumbers.slice(1);
    const stored = held.stored - this.#mapBlocks * BLOCK;
    if (stored < 0) throw invalid("a map of holes is longer than its file");
    // The padding follows from the whole, which the map's blocks do not change.
    this.#held = { header: held.header, stored };
    this.#startSparse();
  }

  #startSparse(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) throw invalid("a map of holes has no file");
    this.#sparse = new SparseContent(this.#spans, held.header.size, held.stored);
    this.#spans = [];
    this.#start(held.header, held.stored);
  }
}

const SLASH = Buffer.from("/");
const NOTHING: Extension = {};
const PAX = 0x78;
const PAX_GLOBAL = 0x67;
const LONG_NAME = 0x4c;
const LONG_LINK = 0x4b;
const SPARSE = 0x53;
/** By the byte that says it. */
const KINDS: readonly (TarKind | undefined)[] = kindTable();

function kindTable(): (TarKind | undefined)[] {
  const table: (TarKind | undefined)[] = new Array(128).fill(undefined);
  const known: Readonly<Record<string, TarKind>> = {
    "\0": "file",
    "0": "file",
    "7": "file",
    S: "file",
    "1": "hardlink",
    "2": "symlink",
    "3": "character",
    "4": "block",
    "5": "folder",
    D: "folder",
    "6": "fifo",
  };
  for (const [type, kind] of Object.entries(known)) table[type.charCodeAt(0)] = kind;
  return table;
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

/** In place of a checksum: nothing but zeros, which stand at an archive's end. */
const EMPTY_BLOCK = -1;

/** Every second byte of a word, with room to add. */
const BYTES = 0x00ff00ff;

/** The sum of a header's bytes, its own field taken for spaces. Words are four times faster than bytes. */
function checksum(block: Buffer, base: number): number {
  const offset = block.byteOffset + base;
  let sum = 0;
  if ((offset & 3) === 0) {
    const words = wordsOf(block.buffer);
    let even = 0;
    let odd = 0;
    for (let at = offset >> 2; at < (offset + BLOCK) >> 2; at += 4) {
      const first = words[at] as number;
      const second = words[at + 1] as number;
      const third = words[at + 2] as number;
      const fourth = words[at + 3] as number;
      // Most of a header is empty.
      if ((first | second | third | fourth) === 0) continue;
      even += (first & BYTES) + (second & BYTES) + (third & BYTES) + (fourth & BYTES);
      odd +=
        ((first >>> 8) & BYTES) +
        ((second >>> 8) & BYTES) +
        ((third >>> 8) & BYTES) +
        ((fourth >>> 8) & BYTES);
    }
    sum = (even & 0xffff) + (even >>> 16) + (odd & 0xffff) + (odd >>> 16);
  } else for (let at = base; at < base + BLOCK; at++) sum += block[at] as number;
  if (sum === 0) return EMPTY_BLOCK;
  for (let at = base + 148; at < base + 156; at++) sum += 32 - (block[at] as number);
  return sum;
}

let viewed: ArrayBufferLike | undefined;
let view: Uint32Array<ArrayBufferLike> = new Uint32Array(0);

/** The same memory as words; a chunk has hundreds of headers. */
function wordsOf(buffer: ArrayBufferLike): Uint32Array<ArrayBufferLike> {
  if (buffer !== viewed) {
    viewed = buffer;
    view = new Uint32Array(buffer, 0, buffer.byteLength >> 2);
  }
  return view;
}

/** Some old programs added signed bytes. */
function signedChecksum(block: Buffer, base: number): number {
  let sum = 8 * 32;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += block.readInt8(base + at);
  return sum;
}

/** `ustar` and a zero byte. */
const isUstar = (block: Buffer, base: number): boolean =>
  block[base + 257] === 0x75 && block[base + 261] === 0x72 && block[base + 262] === 0;

/** A number in octal digits or, with the first bit set, in bytes. What is neither is no header. */
function number(block: Buffer, start: number, length: number): number {
  const first = block[start] as number;
  if (first >= 0x80) {
    let value = first & 0x40 ? -1 : 0;
    value = value * 64 + (first & 0x3f);
    for (let at = start + 1; at < start + length; at++) value = value * 256 + (block[at] as number);
    return value;
  }
  let at = start;
  const end = start + length;
  while (at < end && (block[at] === 32 || block[at] === 0)) at++;
  let value = 0;
  for (; at < end; at++) {
    const digit = (block[at] as number) - 48;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  for (; at < end; at++) {
    if (block[at] === 0) break;
    if (block[at] !== 32) throw invalid("a file's header holds no number where one belongs");
  }
  return value;
}

/** No id of 32 bits is lost; anything else is shown as the largest. */
const id = (value: number): number => (value < 0 || value > 0xffffffff ? 0xffffffff : value);

function textEnd(block: Buffer, start: number, length: number): number {
  let end = start;
  while (end < start + length && block[end] !== 0) end++;
  return end;
}

const text = (block: Buffer, start: number, length: number): Buffer =>
  block.subarray(start, textEnd(block, start, length));

/** Records of the form `<length> <key>=<value>\n`, where the length counts the whole record. */
function readPax(data: Buffer, into: Extension): void {
  let offset: number | undefined;
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(32, at);
    const length = space < 0 || space - at > 10 ? Number.NaN : digits(data.toString("latin1", at, space));
    const end = at + length;
    // A record may be followed by zeros; anything else that is not one is damage.
    if (Number.isNaN(length) && data[at] === 0) return;
    if (!(length > space - at + 2) || end > data.length || data[end - 1] !== 10)
      throw invalid("a file's attributes cannot be read");
    const equals = data.indexOf(61, space);
    if (equals < 0 || equals >= end) throw invalid("a file's attributes cannot be read");
    const key = data.toString("utf8", space + 1, equals);
    const value = data.subarray(equals + 1, end - 1);
    at = end;
    switch (key) {
      case "path":
      case "GNU.sparse.name":
        if (value.includes(0)) throw invalid("a file's name holds a zero byte");
        if (key === "path" && into.sparse !== undefined && into.name !== undefined) break;
        if (value.length > 0) into.name = value;
        break;
      case "linkpath":
        if (value.includes(0)) throw invalid("a link's target holds a zero byte");
        into.link = value;
        break;
      case "size":
        into.size = paxNumber(value);
        break;
      case "uid":
        into.uid = paxNumber(value);
        break;
      case "gid":
        into.gid = paxNumber(value);
        break;
      case "mtime": {
        const time = Number(value.toString("latin1"));
        if (Number.isFinite(time)) into.mtime = time;
        break;
      }
      case "GNU.sparse.major":
        if (value.toString("latin1") === "1") into.sparse = 1;
        break;
      case "GNU.sparse.realsize":
      case "GNU.sparse.size":
        into.realSize = paxNumber(value);
        into.sparse ??= 0;
        break;
      case "GNU.sparse.map":
        into.spans = value.length === 0 ? [] : value.toString("latin1").split(",").map(digitsOrFail);
        into.sparse ??= 0;
        break;
      case "GNU.sparse.offset":
        offset = paxNumber(value);
        break;
      case "GNU.sparse.numbytes":
        if (offset === undefined) throw invalid("a map of holes cannot be read");
        into.spans ??= [];
        into.spans.push(offset, paxNumber(value));
        into.sparse ??= 0;
        break;
      default:
        if (key.startsWith("SCHILY.xattr.")) {
          into.attributes ??= new Map();
          into.attributes.set(key.slice("SCHILY.xattr.".length), value);
        }
    }
  }
}

const digits = (text: string): number => (/^\d{1,16}$/.test(text) ? Number(text) : Number.NaN);

function digitsOrFail(text: string): number {
  const value = digits(text);
  if (!Number.isSafeInteger(value)) throw invalid("a file's attributes hold no number where one belongs");
  return value;
}

const paxNumber = (value: Buffer): number => digitsOrFail(value.toString("latin1"));

/** Puts the holes back between the parts of a sparse file's content, as far as they are made up at all. */
class SparseContent {
  readonly #spans: readonly number[];
  readonly #limit: number;
  #span = 0;
  #inSpan = 0;
  #position = 0;

  constructor(spans: readonly number[], size: number, stored: number) {
    let end = 0;
    let total = 0;
    for (let at = 0; at < spans.length; at += 2) {
      const offset = spans[at] ?? -1;
      const length = spans[at + 1] ?? -1;
      if (offset < end || length < 0 || offset + length > size)
        throw invalid("a map of holes contradicts its file's size");
      end = offset + length;
      total += length;
    }
    if (total !== stored) throw invalid("a map of holes contradicts its file's size");
    this.#spans = spans;
    this.#limit = Math.min(size, MAX_SPARSE);
  }

  write(chunk: Buffer, emit: (part: Buffer) => boolean): boolean {
    let rest = chunk;
    while (rest.length > 0) {
      const offset = this.#spans[this.#span] ?? 0;
      const length = this.#spans[this.#span + 1] ?? 0;
      if (this.#inSpan === length) {
        this.#span += 2;
        this.#inSpan = 0;
        if (this.#span >= this.#spans.length) return false;
        continue;
      }
      if (!this.#zeros(offset + this.#inSpan, emit)) return false;
      const part = rest.subarray(0, Math.min(length - this.#inSpan, this.#limit - this.#position));
      if (part.length === 0) return false;
      this.#inSpan += part.length;
      this.#position += part.length;
      rest = rest.subarray(part.length);
      if (!emit(part)) return false;
    }
    return true;
  }

  end(emit: (part: Buffer) => boolean): void {
    this.#zeros(this.#limit, emit);
  }

  #zeros(until: number, emit: (part: Buffer) => boolean): boolean {
    const end = Math.min(until, this.#limit);
    while (this.#position < end) {
      const part = ZEROS.subarray(0, Math.min(ZEROS.length, end - this.#position));
      this.#position += part.length;
      if (!emit(part)) return false;
    }
    return this.#position < this.#limit || until <= this.#limit;
  }
}
