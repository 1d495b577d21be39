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
  static readonly #PAGE = 1024 * 1024;
  readonly #pages: Buffer[] = [];
  #used = Arena.#PAGE;

  /** Where the bytes now are: a name never spans two pages. */
  add(bytes: Buffer): number {
    if (this.#used + bytes.length > Arena.#PAGE) {
      this.#pages.push(Buffer.allocUnsafeSlow(Arena.#PAGE));
      this.#used = 0;
    }
    if (this.#pages.length * Arena.#PAGE > MAX_NAMES) throw tooLarge("names of more than 128 MB");
    const page = this.#pages.length - 1;
    bytes.copy(this.#pages[page] as Buffer, this.#used);
    const at = page * Arena.#PAGE + this.#used;
    this.#used += bytes.length;
    return at;
  }

  get(at: number, length: number): Buffer {
    const start = at % Arena.#PAGE;
    return (this.#pages[Math.floor(at / Arena.#PAGE)] ?? Buffer.alloc(0)).subarray(start, start + length);
  }
}

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
  readonly #starts = bytes64();
  readonly #lengths = bytes16();
  readonly #arena = new Arena();
  #slots = new Uint32Array(1024);
  readonly #limit: number;
  /** The folder of the member before, which is mostly that of the next one too. */
  #lastFolder = Buffer.alloc(0);
  #lastFolderId = ROOT;
  #textId = NO_PATH;
  #text = "";

  constructor(limit: number) {
    this.#limit = limit;
    this.#parents.push(NO_PATH);
    this.#starts.push(0);
    this.#lengths.push(0);
  }

  get size(): number {
    return this.#parents.length;
  }

  parent(id: number): number {
    return this.#parents.get(id);
  }

  name(id: number): Buffer {
    return this.#arena.get(this.#starts.get(id), this.#lengths.get(id));
  }

  /** The number of a path as an archive writes it, seen from the root. `..` never leads out of it. */
  intern(path: Buffer): number {
    if (path.length > MAX_PATH) throw tooLarge(`a path of ${path.length} bytes`);
    let end = path.length;
    while (end > 0 && path[end - 1] === SLASH) end--;
    const slash = path.lastIndexOf(SLASH, end - 1);
    if (end === 0) return ROOT;
    const folderEnd = slash < 0 ? 0 : slash;
    const name = path.subarray(slash + 1, end);
    if (isDots(name)) return this.#walk(path.subarray(0, end));
    return this.child(this.#folder(path.subarray(0, folderEnd)), name);
  }

  #folder(path: Buffer): number {
    if (path.equals(this.#lastFolder)) return this.#lastFolderId;
    const id = this.#walk(path);
    this.#lastFolder = Buffer.from(path);
    this.#lastFolderId = id;
    return id;
  }

  #walk(path: Buffer): number {
    let id = ROOT;
    let depth = 0;
    for (let at = 0; at < path.length; ) {
      let end = path.indexOf(SLASH, at);
      if (end < 0) end = path.length;
      const name = path.subarray(at, end);
      at = end + 1;
      if (name.length === 0 || (name.length === 1 && name[0] === DOT)) continue;
      if (isDots(name)) {
        if (id !== ROOT) {
          id = this.parent(id);
          depth--;
        }
        continue;
      }
      if (++depth > MAX_DEPTH) throw tooLarge(`a path of more than ${MAX_DEPTH} folders`);
      id = this.child(id, name);
    }
    return id;
  }

  /** The number of a name in a folder, a new one where it was not seen before. */
  child(parent: number, name: Buffer): number {
    const slot = this.#find(parent, name);
    const known = this.#slots[slot] ?? 0;
    if (known !== 0) return known - 1;
    const id = this.#parents.length;
    if (id >= this.#limit) throw tooLarge(`more than ${this.#limit.toLocaleString("en-GB")} files`);
    this.#parents.push(parent);
    this.#starts.push(this.#arena.add(name));
    this.#lengths.push(name.length);
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
      const known = this.#slots[this.#find(id, Buffer.from(name))] ?? 0;
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
    return this.name(id).toString("utf8");
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
  #find(parent: number, name: Buffer): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash(parent, name) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] as number;
      if (entry === 0) return slot;
      const id = entry - 1;
      if (this.#parents.get(id) !== parent || this.#lengths.get(id) !== name.length) continue;
      if (this.name(id).equals(name)) return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    const mask = this.#slots.length - 1;
    for (const entry of old) {
      if (entry === 0) continue;
      const id = entry - 1;
      let slot = hash(this.parent(id), this.name(id)) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = entry;
    }
  }
}

const isDots = (name: Buffer): boolean =>
  (name.length === 1 && name[0] === DOT) || (name.length === 2 && name[0] === DOT && name[1] === DOT);

/** Another one each time, so that nobody can write names that all fall into one slot. */
const SEED = Math.floor(Math.random() * 2 ** 32);

function hash(parent: number, name: Buffer): number {
  let value = SEED ^ Math.imul(parent + 1, 0x9e3779b1);
  for (let at = 0; at < name.length; at++) {
    value = Math.imul(value ^ (name[at] as number), 0x01000193);
    value ^= value >>> 15;
  }
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

const tooLarge = (what: string): PratiqueError =>
  new PratiqueError("image.too-large", `The image holds ${what}: that is not looked at.`, {
    hint: "Remove what the job does not need: package caches, downloads, node_modules, environments that are not used.",
  });
