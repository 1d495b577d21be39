import { PratiqueError } from "../errors.ts";

/** Columns grow by pages, so that a large one is never copied. */
const PAGE_BITS = 16;
const PAGE = 1 << PAGE_BITS;

/** A list of numbers that takes as many bytes as its kind of array does. */
export class Column<A extends Uint8Array | Uint16Array | Uint32Array | Float64Array> {
  readonly #make: (length: number) => A;
  readonly #pages: A[] = [];
  #length = 0;

  constructor(make: (length: number) => A) {
    this.#make = make;
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    const at = this.#length++;
    // The first page grows, since most layers have a few files only.
    let page = this.#pages[at >> PAGE_BITS];
    if (page === undefined || (at & (PAGE - 1)) >= page.length) {
      const bigger = this.#make(at < PAGE ? Math.min(PAGE, Math.max(64, at * 2)) : PAGE);
      if (page !== undefined) bigger.set(page);
      this.#pages[at >> PAGE_BITS] = bigger;
      page = bigger;
    }
    page[at & (PAGE - 1)] = value;
  }

  get(at: number): number {
    return this.#pages[at >> PAGE_BITS]?.[at & (PAGE - 1)] ?? 0;
  }

  set(at: number, value: number): void {
    const page = this.#pages[at >> PAGE_BITS];
    if (page !== undefined && at < this.#length) page[at & (PAGE - 1)] = value;
  }
}

export const bytes16 = (): Column<Uint16Array> => new Column((length) => new Uint16Array(length));
export const bytes32 = (): Column<Uint32Array> => new Column((length) => new Uint32Array(length));
export const bytes64 = (): Column<Float64Array> => new Column((length) => new Float64Array(length));

/** Names' bytes, one after the other. */
class Arena {
  readonly #pages: Buffer[] = [];
  #used = ARENA_PAGE;

  /** Where the bytes now are: a name never spans two pages. */
  add(bytes: Buffer, start: number, end: number): number {
    if (this.#used + end - start > ARENA_PAGE) {
      if (this.#pages.length * ARENA_PAGE > MAX_NAMES) throw tooLarge("names of more than 128 MB");
      this.#pages.push(Buffer.allocUnsafeSlow(ARENA_PAGE));
      this.#used = 0;
    }
    const page = this.#pages[this.#pages.length - 1] as Buffer;
    let to = this.#used;
    for (let at = start; at < end; at++) page[to++] = bytes[at] as number;
    const place = (this.#pages.length - 1) * ARENA_PAGE + this.#used;
    this.#used = to;
    return place;
  }

  get(at: number, length: number): Buffer {
    const start = at % ARENA_PAGE;
    return (this.#pages[Math.floor(at / ARENA_PAGE)] ?? NO_BYTES).subarray(start, start + length);
  }

  /** Without a buffer of its own, which takes as long as the text. */
  text(at: number, length: number): string {
    const start = at % ARENA_PAGE;
    return (this.#pages[Math.floor(at / ARENA_PAGE)] ?? NO_BYTES).toString("utf8", start, start + length);
  }

  equals(at: number, bytes: Buffer, start: number, end: number): boolean {
    const page = this.#pages[Math.floor(at / ARENA_PAGE)] as Buffer;
    let own = at % ARENA_PAGE;
    for (let other = start; other < end; other++) if (page[own++] !== bytes[other]) return false;
    return true;
  }
}

const ARENA_PAGE = 1024 * 1024;
const NO_BYTES = Buffer.alloc(0);

/** The root of an image. */
export const ROOT = 0;
/** In place of a path where there is none. */
export const NO_PATH = 0xffffffff;

const SLASH = 0x2f;
const DOT = 0x2e;
/** A whole path; Linux stops at 4,096 bytes, but archives need not. */
const MAX_PATH = 32 * 1024;
/** All names together. */
const MAX_NAMES = 128 * 1024 * 1024;
const MAX_DEPTH = 2048;

/**
 * Every path of an image once, as a number: its folder's number and its own name. Names are bytes, since two of them may
 * be no text at all and still differ. A million paths take about 60 MB.
 */
export class PathTable {
  readonly #parents = bytes32();
  readonly #places = bytes32();
  readonly #lengths = bytes16();
  readonly #hashes = bytes32();
  readonly #arena = new Arena();
  #slots = new Uint32Array(1024);
  readonly #limit: number;
  /** The folder of the member before, which is mostly that of the next one too. */
  #lastFolder = Buffer.alloc(256);
  #lastLength = 0;
  #lastFolderId = ROOT;
  #lastClimbed = false;
  /** Whether the path that was interned last has `..` in it. */
  climbed = false;
  #textId = NO_PATH;
  #text = "";

  constructor(limit: number) {
    this.#limit = limit;
    this.#parents.push(NO_PATH);
    this.#places.push(0);
    this.#lengths.push(0);
    this.#hashes.push(0);
  }

  get size(): number {
    return this.#parents.length;
  }

  parent(id: number): number {
    return this.#parents.get(id);
  }

  name(id: number): Buffer {
    return this.#arena.get(this.#places.get(id), this.#lengths.get(id));
  }

  /**
   * The number of a path as an archive writes it, seen from the root. `..` never leads out of it; `climbed` says
   * whether there was one.
   */
  intern(path: Buffer, start = 0, stop = path.length): number {
    if (stop - start > MAX_PATH) throw tooLarge(`a path of ${stop - start} bytes`);
    let end = stop;
    while (end > start && path[end - 1] === SLASH) end--;
    let name = end;
    while (name > start && path[name - 1] !== SLASH) name--;
    this.climbed = false;
    if (end === start) return ROOT;
    if (isDots(path, name, end)) return this.#walk(path, start, end);
    return this.#child(this.#folder(path, start, Math.max(start, name - 1)), path, name, end);
  }

  #folder(path: Buffer, start: number, end: number): number {
    const length = end - start;
    if (length === this.#lastLength) {
      let at = 0;
      while (at < length && path[start + at] === this.#lastFolder[at]) at++;
      if (at === length) {
        this.climbed = this.#lastClimbed;
        return this.#lastFolderId;
      }
    }
    const id = this.#walk(path, start, end);
    if (length > this.#lastFolder.length) this.#lastFolder = Buffer.alloc(length * 2);
    path.copy(this.#lastFolder, 0, start, end);
    this.#lastLength = length;
    this.#lastFolderId = id;
    this.#lastClimbed = this.climbed;
    return id;
  }

  #walk(path: Buffer, start: number, stop: number): number {
    let id = ROOT;
    let depth = 0;
    for (let at = start; at < stop; ) {
      let end = at;
      while (end < stop && path[end] !== SLASH) end++;
      if (end > at && !(end === at + 1 && path[at] === DOT)) {
        if (isDots(path, at, end)) {
          this.climbed = true;
          if (id !== ROOT) {
            id = this.parent(id);
            depth--;
          }
        } else {
          if (++depth > MAX_DEPTH) throw tooLarge(`a path of more than ${MAX_DEPTH} folders`);
          id = this.#child(id, path, at, end);
        }
      }
      at = end + 1;
    }
    return id;
  }

  /** The number of a name in a folder, a new one where it was not seen before. */
  child(parent: number, name: Buffer): number {
    return this.#child(parent, name, 0, name.length);
  }

  #child(parent: number, bytes: Buffer, start: number, end: number): number {
    const hash = hashOf(parent, bytes, start, end);
    const slot = this.#find(parent, hash, bytes, start, end);
    const known = this.#slots[slot] as number;
    if (known !== 0) return known - 1;
    const id = this.#parents.length;
    if (id >= this.#limit) throw tooLarge(`more than ${this.#limit.toLocaleString("en-GB")} files`);
    this.#parents.push(parent);
    this.#places.push(this.#arena.add(bytes, start, end));
    this.#lengths.push(end - start);
    this.#hashes.push(hash);
    this.#slots[slot] = id + 1;
    if (id * 2 > this.#slots.length) this.#grow();
    return id;
  }

  /** The number of an absolute path, or undefined where no layer has it. Links are not followed. */
  find(path: string): number | undefined {
    let id = ROOT;
    for (const name of path.split("/")) {
      if (name === "" || name === ".") continue;
      if (name === "..") {
        if (id !== ROOT) id = this.parent(id);
        continue;
      }
      const bytes = Buffer.from(name);
      const hash = hashOf(id, bytes, 0, bytes.length);
      const known = this.#slots[this.#find(id, hash, bytes, 0, bytes.length)] ?? 0;
      if (known === 0) return undefined;
      id = known - 1;
    }
    return id;
  }

  /** The path as text; bytes that are no UTF-8 show as replacement characters. */
  text(id: number): string {
    if (id === ROOT) return "/";
    const parent = this.parent(id);
    return parent === ROOT ? `/${this.nameText(id)}` : `${this.#folderText(parent)}/${this.nameText(id)}`;
  }

  nameText(id: number): string {
    return this.#arena.text(this.#places.get(id), this.#lengths.get(id));
  }

  #folderText(id: number): string {
    if (id === this.#textId) return this.#text;
    const names: string[] = [];
    for (let at = id; at !== ROOT; at = this.parent(at)) names.push(this.nameText(at));
    this.#textId = id;
    this.#text = `/${names.reverse().join("/")}`;
    return this.#text;
  }

  /** The slot that holds the name, or the free one where it belongs. */
  #find(parent: number, hash: number, bytes: Buffer, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] as number;
      if (entry === 0) return slot;
      const id = entry - 1;
      if (
        this.#hashes.get(id) === hash &&
        this.#parents.get(id) === parent &&
        this.#lengths.get(id) === end - start &&
        this.#arena.equals(this.#places.get(id), bytes, start, end)
      )
        return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    const mask = this.#slots.length - 1;
    for (const entry of old) {
      if (entry === 0) continue;
      let slot = this.#hashes.get(entry - 1) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = entry;
    }
  }
}

/** `.` or `..`. */
const isDots = (bytes: Buffer, start: number, end: number): boolean =>
  bytes[start] === DOT && (end === start + 1 || (end === start + 2 && bytes[start + 1] === DOT));

/** Another one each time, so that nobody can write names that all fall into one slot. */
const SEED = Math.floor(Math.random() * 2 ** 32);

function hashOf(parent: number, bytes: Buffer, start: number, end: number): number {
  let value = SEED ^ Math.imul(parent + 1, 0x9e3779b1);
  for (let at = start; at < end; at++) {
    value = Math.imul(value ^ (bytes[at] as number), 0x01000193);
    value ^= value >>> 15;
  }
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

const tooLarge = (what: string): PratiqueError =>
  new PratiqueError("image.too-large", `The image holds ${what}: that is not looked at.`, {
    hint: "Remove what the job does not need: package caches, downloads, node_modules, environments that are not used.",
  });
