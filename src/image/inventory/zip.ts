import { inflateRawSync } from "node:zlib";
import { systemErrorCode } from "../../errors.ts";

export interface ZipEntry {
  readonly name: string;
  /** Bytes when unpacked, as the archive says. */
  readonly size: number;
  readonly method: number;
  readonly stored: number;
  readonly offset: number;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const MAX_ENTRIES = 65_535;

/** The archive's table of contents; undefined where there is none. Archives of 4 GB and more are not read. */
export function zipEntries(zip: Buffer): ZipEntry[] | undefined {
  const end = endRecord(zip);
  if (end === undefined) return undefined;
  const count = Math.min(zip.readUInt16LE(end + 10), MAX_ENTRIES);
  const size = zip.readUInt32LE(end + 12);
  // Something may stand before the archive, as in a program that unpacks itself: then all places are further on.
  const start = end - size;
  const shift = start - zip.readUInt32LE(end + 16);
  if (start < 0 || shift < 0) return undefined;
  const entries: ZipEntry[] = [];
  for (let at = start, index = 0; index < count && at + 46 <= end; index++) {
    if (zip.readUInt32LE(at) !== CENTRAL) break;
    const nameLength = zip.readUInt16LE(at + 28);
    entries.push({
      name: zip.toString("utf8", at + 46, Math.min(end, at + 46 + nameLength)),
      method: zip.readUInt16LE(at + 10),
      stored: zip.readUInt32LE(at + 20),
      size: zip.readUInt32LE(at + 24),
      offset: zip.readUInt32LE(at + 42) + shift,
    });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

function endRecord(zip: Buffer): number | undefined {
  const lowest = Math.max(0, zip.length - 22 - 65_535);
  for (let at = zip.length - 22; at >= lowest; at--) if (zip.readUInt32LE(at) === END) return at;
  return undefined;
}

/** A member's bytes; undefined where they are damaged, or more than `most`. */
export function unzip(zip: Buffer, entry: ZipEntry, most: number): Buffer | undefined {
  const { offset, stored, method } = entry;
  if (offset + 30 > zip.length || zip.readUInt32LE(offset) !== LOCAL) return undefined;
  const start = offset + 30 + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
  if (start + stored > zip.length) return undefined;
  const bytes = zip.subarray(start, start + stored);
  if (method === 0) return stored > most ? undefined : bytes;
  if (method !== 8 || entry.size > most) return undefined;
  return inflate(() => inflateRawSync(bytes, { maxOutputLength: Math.max(1, most) }));
}

/** What the library makes of it; undefined where the data is damaged or goes on for too long. */
export function inflate(work: () => Buffer): Buffer | undefined {
  try {
    return work();
  } catch (error) {
    const code = systemErrorCode(error) ?? "";
    if (code.startsWith("Z_") || code === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw error;
  }
}
