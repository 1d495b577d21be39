import type { FileHandle } from "node:fs/promises";
import { broken, ColumnNames, type TableFacts, unread } from "./facts.ts";

/**
 * Rows and columns of a Parquet file, from its footer alone: the data are not read. Libraries decode far more, and take
 * memory and time for what a crafted file merely claims; here every count is held against the bytes that are there.
 */

const MAX_FOOTER = 16 * 1024 * 1024;
const DEEPEST = 64;

/** Thrift's compact protocol, as far as Parquet uses it. */
const TYPE = { stop: 0, true: 1, false: 2, byte: 3, i16: 4, i64: 6, double: 7, binary: 8, list: 9, set: 10 };
const MAP = 11;
const STRUCT = 12;
const UUID = 13;

export async function readParquet(file: FileHandle, size: number): Promise<TableFacts> {
  if (size < 12) return broken("it is too short for a Parquet file");
  const start = await readAt(file, 0, 4);
  const end = await readAt(file, size - 8, 8);
  const mark = end.toString("latin1", 4);
  if (mark === "PARE") return unread("its footer is encrypted");
  if (mark !== "PAR1") return broken("it does not end as a Parquet file does: it may have been cut short");
  if (start.toString("latin1") !== "PAR1") return broken("it does not begin as a Parquet file does");
  const length = end.readUInt32LE(0);
  if (length > size - 12) return broken("its footer claims to be larger than the file");
  if (length > MAX_FOOTER) return unread("its footer is larger than 16 MB");
  return parquetFooter(await readAt(file, size - 8 - length, length));
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** The footer's own bytes: `FileMetaData` of the format's definition. */
export function parquetFooter(bytes: Uint8Array): TableFacts {
  const columns = new ColumnNames();
  let rows: bigint | undefined;
  let elements = 0;
  try {
    const reader = new Compact(bytes);
    reader.struct((field, type) => {
      if (field === 2 && type === TYPE.list) {
        elements = reader.list(() => {
          const name = schemaElement(reader);
          // The first element is the table itself.
          if (elements++ > 0) columns.add(name);
        });
      } else if (field === 3 && type === TYPE.i64) rows = reader.zigzag();
      else reader.skip(type);
    });
  } catch (error) {
    if (error instanceof FooterError) return broken(`its footer cannot be read: ${error.message}`);
    throw error;
  }
  if (rows === undefined || elements === 0) return broken("its footer does not say what is in the file");
  if (rows < 0n || rows > BigInt(Number.MAX_SAFE_INTEGER))
    return broken("its footer gives no possible number of rows");
  return { kind: "table", rows: Number(rows), columns: columns.list, moreColumns: columns.more };
}

function schemaElement(reader: Compact): string {
  let name = "";
  reader.struct((field, type) => {
    if (field === 4 && type === TYPE.binary) name = Buffer.from(reader.binary()).toString("utf8");
    else reader.skip(type);
  });
  return name;
}

class FooterError extends Error {}

class Compact {
  readonly #bytes: Uint8Array;
  #at = 0;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Hands over each field's number and type; the caller reads or skips its value. */
  struct(field: (id: number, type: number) => void): void {
    this.#enter();
    let id = 0;
    for (;;) {
      const head = this.#byte();
      const type = head & 0x0f;
      if (type === TYPE.stop) break;
      id = head >> 4 === 0 ? Number(this.zigzag()) : id + (head >> 4);
      field(id, type);
    }
    this.#depth--;
  }

  /** Hands over to `element` as often as there are elements, all structs; returns how many there were. */
  list(element: () => void): number {
    const { size, type } = this.#listHead();
    if (type !== STRUCT) throw new FooterError("a list holds what it should not");
    for (let n = 0; n < size; n++) element();
    return size;
  }

  zigzag(): bigint {
    const value = this.#varint();
    return (value >> 1n) ^ -(value & 1n);
  }

  binary(): Uint8Array {
    const length = Number(this.#varint());
    return this.#take(length);
  }

  skip(type: number): void {
    if (type === TYPE.true || type === TYPE.false) return;
    if (type === TYPE.byte) this.#take(1);
    else if (type >= TYPE.i16 && type <= TYPE.i64) this.#varint();
    else if (type === TYPE.double) this.#take(8);
    else if (type === TYPE.binary) this.binary();
    else if (type === TYPE.list || type === TYPE.set) this.#skipList();
    else if (type === MAP) this.#skipMap();
    else if (type === STRUCT) this.struct((_id, inner) => this.skip(inner));
    else if (type === UUID) this.#take(16);
    else throw new FooterError(`there is no type ${type}`);
  }

  #skipList(): void {
    this.#enter();
    const { size, type } = this.#listHead();
    for (let n = 0; n < size; n++) this.#skipElement(type);
    this.#depth--;
  }

  #skipMap(): void {
    const size = Number(this.#varint());
    if (size === 0) return;
    this.#enter();
    const types = this.#byte();
    this.#fits(size * 2);
    for (let n = 0; n < size; n++) {
      this.#skipElement(types >> 4);
      this.#skipElement(types & 0x0f);
    }
    this.#depth--;
  }

  /** Truth values take a byte each in a list, and none as a field. */
  #skipElement(type: number): void {
    this.skip(type === TYPE.true || type === TYPE.false ? TYPE.byte : type);
  }

  #listHead(): { size: number; type: number } {
    const head = this.#byte();
    const size = head >> 4 === 15 ? Number(this.#varint()) : head >> 4;
    this.#fits(size);
    return { size, type: head & 0x0f };
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new FooterError("a number is too long");
  }

  #byte(): number {
    return this.#take(1)[0] ?? 0;
  }

  #take(length: number): Uint8Array {
    this.#fits(length);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Every element takes a byte at least. */
  #fits(length: number): void {
    if (!(length <= this.#bytes.length - this.#at)) throw new FooterError("it ends too early");
  }

  #enter(): void {
    if (++this.#depth > DEEPEST) throw new FooterError("it is nested too deep");
  }
}
