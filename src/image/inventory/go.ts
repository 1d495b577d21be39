import { type Declared, declared, wordOf } from "./ecosystem.ts";
import { lines } from "./stanzas.ts";

const MAGIC = Buffer.from("\xff Go buildinf:", "latin1");
/** Stand around the list of modules, so that it can be found in a running program. */
const MARK = 16;
const MAX_MODULES = 20_000;

export interface GoBuild {
  readonly packages: readonly Declared[];
  /** Go before 1.18 kept places in memory there, not the words themselves. */
  readonly old: boolean;
}

/** What Go's linker wrote of the build; undefined where it wrote nothing. */
export function goBuild(bytes: Buffer): GoBuild | undefined {
  const at = bytes.indexOf(MAGIC);
  if (at < 0 || at + 32 > bytes.length) return undefined;
  if (((bytes[at + 15] ?? 0) & 2) === 0) return { packages: [], old: true };
  const version = textAt(bytes, at + 32);
  if (version === undefined) return undefined;
  const modules = textAt(bytes, version.end);
  const packages: Declared[] = [];
  const [, number] = /^go(\d\S*)/.exec(version.bytes.toString("latin1")) ?? [];
  const standard = declared("go", "stdlib", number, { type: "golang", name: "stdlib" });
  if (standard !== undefined) packages.push(standard);
  const list = modules?.bytes.subarray(MARK, -MARK).toString("utf8") ?? "";
  for (const line of lines(list)) {
    const [kind, path, tag] = line.slice(0, 2000).split("\t");
    if (packages.length >= MAX_MODULES) break;
    if (kind === "=>") packages.pop();
    if (kind !== "mod" && kind !== "dep" && kind !== "=>") continue;
    const made = module(path, tag);
    if (made !== undefined) packages.push(made);
  }
  return { packages, old: false };
}

function module(path: string | undefined, tag: string | undefined): Declared | undefined {
  const full = wordOf(path);
  if (full === undefined || full === "") return undefined;
  const slash = full.lastIndexOf("/");
  const purl = { type: "golang", namespace: full.slice(0, Math.max(0, slash)), name: full.slice(slash + 1) };
  return declared("go", full, tag === "(devel)" ? "" : tag, purl);
}

/** A text with its length before it, seven bits a byte. */
function textAt(bytes: Buffer, start: number): { readonly bytes: Buffer; readonly end: number } | undefined {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    const byte = bytes[start + index];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte >= 0x80) continue;
    const from = start + index + 1;
    return from + length > bytes.length
      ? undefined
      : { bytes: bytes.subarray(from, from + length), end: from + length };
  }
  return undefined;
}
