/**
 * Reads the rows of one table of an SQLite database (https://www.sqlite.org/fileformat2.html): tables alone, without
 * indexes, write-ahead logs or SQL. Whatever the bytes are, it ends, in time that grows with them. (SQLite itself, compiled for
 * the web, is larger than all of pratique, starts asynchronously, and would hold the database a second time.)
 */

/** A value as it is stored: bytes for text and blobs, undefined for null and numbers with a fraction. */
export type SqliteValue = Buffer | number | undefined;

/** The bytes are no database, or a damaged one. */
export class SqliteProblem extends Error {}

const MAGIC = "SQLite format 3\0";
const HEADER = 100;
const INTERIOR = 5;
const LEAF = 13;

interface Database {
  readonly bytes: Buffer;
  readonly pageSize: number;
  /** Bytes of a page that hold content. */
  readonly usable: number;
  /** Rows share no bytes, so all of them are no longer than the database. */
  room: number;
}

/** The rows of a table, in the order of their keys; nothing where there is no such table. */
export function* sqliteRows(bytes: Buffer, table: string): Generator<readonly SqliteValue[]> {
  if (bytes.length < HEADER || bytes.toString("latin1", 0, MAGIC.length) !== MAGIC)
    throw new SqliteProblem("it is no SQLite database");
  const stored = bytes.readUInt16BE(16);
  const pageSize = stored === 1 ? 65_536 : stored;
  const usable = pageSize - (bytes[20] ?? 0);
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0 || usable < 480)
    throw new SqliteProblem("its pages have an impossible size");
  const database: Database = { bytes, pageSize, usable, room: bytes.length };
  // The first page holds the list of tables: type, name, table, root page, SQL.
  for (const [type, name, , root] of rowsBelow(database, 1)) {
    if (textOf(type) !== "table" || textOf(name) !== table || typeof root !== "number") continue;
    yield* rowsBelow(database, root);
    return;
  }
}

const textOf = (value: SqliteValue): string | undefined =>
  Buffer.isBuffer(value) ? value.toString("utf8") : undefined;

/** Walks a tree from its root page. Every page is read once: a damaged one may lead in a circle. */
function* rowsBelow(database: Database, root: number): Generator<readonly SqliteValue[]> {
  const seen = new Set<number>();
  const waiting = [root];
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    if (seen.has(number)) throw new SqliteProblem("its pages lead in a circle");
    seen.add(number);
    const page = pageAt(database, number);
    const header = number === 1 ? HEADER : 0;
    const kind = byteAt(page, header);
    if (kind !== INTERIOR && kind !== LEAF) throw new SqliteProblem("a page is not of a table");
    const cells = page.readUInt16BE(header + 3);
    const pointers = header + (kind === INTERIOR ? 12 : 8);
    if (pointers + cells * 2 > page.length) throw new SqliteProblem("a page has too many cells");
    if (kind === LEAF) {
      for (let index = 0; index < cells; index++)
        yield record(payloadAt(database, page, page.readUInt16BE(pointers + index * 2)));
      continue;
    }
    const below = [page.readUInt32BE(header + 8)];
    for (let index = cells - 1; index >= 0; index--) {
      const at = page.readUInt16BE(pointers + index * 2);
      if (at + 4 > page.length) throw new SqliteProblem("a cell lies beyond its page");
      below.push(page.readUInt32BE(at));
    }
    // The first comes off the end.
    waiting.push(...below);
  }
}

function pageAt({ bytes, pageSize }: Database, number: number): Buffer {
  const start = (number - 1) * pageSize;
  if (number < 1 || start + pageSize > bytes.length)
    throw new SqliteProblem("a page is missing: it is cut short");
  return bytes.subarray(start, start + pageSize);
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new SqliteProblem("a cell lies beyond its page");
  return byte;
}

/** A number of one to nine bytes, seven bits in each. Gives where it ends. */
function varint(bytes: Buffer, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let index = 0; index < 8; index++) {
    const byte = byteAt(bytes, at + index);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, next: at + index + 1 };
  }
  return { value: value * 256 + byteAt(bytes, at + 8), next: at + 9 };
}

/** A row's bytes, put together from the pages that it overflows into. */
function payloadAt(database: Database, page: Buffer, at: number): Buffer {
  const { usable } = database;
  const size = varint(page, at);
  const key = varint(page, size.next);
  const most = usable - 35;
  database.room -= size.value;
  if (database.room < 0) throw new SqliteProblem("its rows are longer than the database");
  if (size.value <= most) return within(page, key.next, size.value);
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const wanted = least + ((size.value - least) % (usable - 4));
  const local = wanted <= most ? wanted : least;
  const parts = [within(page, key.next, local)];
  let next = within(page, key.next + local, 4).readUInt32BE(0);
  // The length that is left bounds the number of pages, also where they lead in a circle.
  for (let left = size.value - local; left > 0; ) {
    const overflow = pageAt(database, next);
    const part = overflow.subarray(4, 4 + Math.min(left, usable - 4));
    parts.push(part);
    left -= part.length;
    next = overflow.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

function within(bytes: Buffer, at: number, length: number): Buffer {
  if (at + length > bytes.length) throw new SqliteProblem("a cell lies beyond its page");
  return bytes.subarray(at, at + length);
}

/** Bytes of whole numbers, by their type. */
const NUMBERS: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8 };

function record(payload: Buffer): SqliteValue[] {
  const header = varint(payload, 0);
  const values: SqliteValue[] = [];
  let at = header.value;
  for (let from = header.next; from < header.value; ) {
    const type = varint(payload, from);
    from = type.next;
    const length = NUMBERS[type.value];
    if (length !== undefined) {
      const bytes = within(payload, at, length);
      values.push(length === 8 ? Number(bytes.readBigInt64BE(0)) : bytes.readIntBE(0, length));
      at += length;
    } else if (type.value >= 12) {
      const size = Math.floor((type.value - 12) / 2);
      values.push(within(payload, at, size));
      at += size;
    } else {
      values.push(type.value === 8 ? 0 : type.value === 9 ? 1 : undefined);
      if (type.value === 7) at += 8;
    }
  }
  return values;
}
