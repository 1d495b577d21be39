/**
 * Which of some paths git tracks, by the bytes of its index (versions 2 to 4); undefined where the index is of another
 * kind or is split over several files.
 */
export function trackedIn(
  index: Buffer,
  paths: readonly string[],
  hashLength: number,
): ReadonlySet<string> | undefined {
  if (index.length < 12 || index.toString("latin1", 0, 4) !== "DIRC") return undefined;
  const version = index.readUInt32BE(4);
  if (version < 2 || version > 4) return undefined;
  const wanted = new Map(paths.map((path) => [path, Buffer.from(path)]));
  const lengths = new Set([...wanted.values()].map(({ length }) => length));
  const found = new Set<string>();
  const look = (name: Buffer): void => {
    // A folder stands for all below it where only a part of the tree is checked out.
    const isFolder = name.at(-1) === SLASH;
    if (!isFolder && !lengths.has(name.length)) return;
    for (const [path, bytes] of wanted) {
      if (isFolder ? bytes.subarray(0, name.length).equals(name) : bytes.equals(name)) found.add(path);
    }
  };
  let at = 12;
  let previous: Buffer = Buffer.alloc(0);
  for (let left = index.readUInt32BE(8); left > 0; left--) {
    const flags = at + 40 + hashLength;
    if (flags + 2 > index.length) return undefined;
    const extended = version >= 3 && (index.readUInt16BE(flags) & EXTENDED) !== 0;
    let start = flags + (extended ? 4 : 2);
    let kept = 0;
    if (version === 4) {
      const dropped = numberAt(index, start);
      if (dropped === undefined || dropped.value > previous.length) return undefined;
      start = dropped.next;
      kept = previous.length - dropped.value;
    }
    const end = index.indexOf(0, start);
    if (end < 0 || kept + end - start > LONGEST_PATH) return undefined;
    const rest = index.subarray(start, end);
    const name = kept === 0 ? rest : Buffer.concat([previous.subarray(0, kept), rest]);
    look(name);
    previous = name;
    // Up to version 3 an entry ends with one to eight zeros, at a multiple of eight.
    at = version === 4 ? end + 1 : at + Math.floor((end - at) / 8) * 8 + 8;
  }
  return hasExtension(index, at, "link", hashLength) ? undefined : found;
}

const SLASH = 0x2f;
const EXTENDED = 0x4000;
const LONGEST_PATH = 4096;

/** Git's numbers of variable length: seven bits a byte, each continued one worth one more. */
function numberAt(bytes: Buffer, at: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  for (let next = at; next < Math.min(at + 4, bytes.length); next++) {
    const byte = bytes[next] ?? 0;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, next: next + 1 };
    value++;
  }
  return undefined;
}

function hasExtension(index: Buffer, from: number, wanted: string, hashLength: number): boolean {
  for (let at = from; at + 8 <= index.length - hashLength; at += 8 + index.readUInt32BE(at + 4)) {
    if (index.toString("latin1", at, at + 4) === wanted) return true;
  }
  return false;
}
