import type { FileHandle } from "node:fs/promises";
import { PratiqueError } from "../../errors.ts";
import { invalidImage } from "../manifest.ts";

/** What an Apptainer image says of the parts that it holds. */
interface SifPart {
  readonly kind: string;
  readonly size: number;
}

/** Where the mark stands that every such file has. */
const MAGIC_AT = 32;
export const isSif = (start: Buffer): boolean =>
  start.toString("latin1", MAGIC_AT, MAGIC_AT + 9) === "SIF_MAGIC";

const HEADER = 128;
const DESCRIPTOR = 585;
const MAX_PARTS = 1000;
const FILE_SYSTEMS = ["", "squashfs", "ext3", "archive", "raw data", "encrypted squashfs"];
const KINDS: Readonly<Record<number, string>> = {
  16385: "definition file",
  16386: "environment",
  16387: "labels",
  16389: "signature",
  16390: "JSON",
  16391: "JSON",
  16392: "cryptographic message",
  16393: "SBOM",
  16394: "OCI index",
  16395: "OCI blob",
};

/** Lists what is in an Apptainer image. Its file system (squashfs) is read by no library that is kept up: the caller says so. */
export async function listSif(file: FileHandle, size: number): Promise<readonly SifPart[]> {
  const header = await part(file, 0, HEADER);
  const total = header.readBigInt64LE(88);
  const offset = header.readBigInt64LE(96);
  if (!isSif(header) || total < 0n || total > BigInt(MAX_PARTS) || offset < 0n || offset > BigInt(size))
    throw invalidImage("The Apptainer image's header is damaged.");
  const parts: SifPart[] = [];
  for (let index = 0; index < Number(total); index++) {
    const at = Number(offset) + index * DESCRIPTOR;
    const descriptor = await part(file, at, DESCRIPTOR);
    // What is not in use any more stays in the list.
    if (descriptor[4] !== 1) continue;
    const start = descriptor.readBigInt64LE(17);
    const length = descriptor.readBigInt64LE(25);
    if (start < 0n || length < 0n || start + length > BigInt(size))
      throw invalidImage("The Apptainer image is cut short, or its list of parts is damaged.");
    const type = descriptor.readInt32LE(0);
    const kind =
      type === 0x4004
        ? `file system (${FILE_SYSTEMS[descriptor.readInt32LE(201)] ?? "unknown"})`
        : (KINDS[type] ?? "other data");
    parts.push({ kind, size: Number(length) });
  }
  return parts;
}

async function part(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, at);
  if (bytesRead < length) throw invalidImage("The Apptainer image is cut short.");
  return bytes;
}

/** Says what is in it, and how it can be looked into all the same. */
export function sifNotRead(parts: readonly SifPart[]): PratiqueError {
  const list = parts.map(({ kind, size }) => `${kind}, ${size} bytes`).join("; ");
  return new PratiqueError(
    "image.unreadable",
    `It is an Apptainer image, whose files are not looked at. It holds: ${list || "nothing"}.`,
    {
      hint: "Inspect the image that it was made from, or unpack it: apptainer build --sandbox folder image.sif.",
    },
  );
}
