import { TREE_SCHEMA, type TreeImage, type TreeRow } from "../evidence/tree.ts";
import { sizeOf } from "../findings/counting.ts";
import { plainLine } from "./plain.ts";

const KINDS: Readonly<Record<string, string>> = {
  file: "-",
  folder: "d",
  symlink: "l",
  hardlink: "h",
  character: "c",
  block: "b",
  fifo: "p",
};

/** One path on a line, much as `ls -l` has it, with the layer's number before the path. Names are made harmless. */
export function treeLine({ kind, layer, mode, owner, path, size, target }: TreeRow): string {
  const name = plainLine(path, 8000);
  const link = target === undefined ? "" : ` -> ${plainLine(target, 8000)}`;
  return `${KINDS[kind] ?? "?"}${rights(Number.parseInt(mode, 8))} ${owner.padStart(11)} ${sizeOf(size).padStart(11)} ${String(layer + 1).padStart(3)}  ${name}${link}\n`;
}

function rights(mode: number): string {
  const three = (bits: number, special: boolean, letter: string): string => {
    const last = (bits & 1) !== 0 ? (special ? letter : "x") : special ? letter.toUpperCase() : "-";
    return `${(bits & 4) !== 0 ? "r" : "-"}${(bits & 2) !== 0 ? "w" : "-"}${last}`;
  };
  return (
    three((mode >> 6) & 7, (mode & 0o4000) !== 0, "s") +
    three((mode >> 3) & 7, (mode & 0o2000) !== 0, "s") +
    three(mode & 7, (mode & 0o1000) !== 0, "t")
  );
}

/** The document piece by piece: a million files are too much to be held as text. */
export function* treeJson(image: TreeImage, rows: Iterable<TreeRow>): Generator<string> {
  yield `{\n"schema": ${JSON.stringify(TREE_SCHEMA)},\n"image": ${JSON.stringify(image)},\n"entries": [`;
  let first = true;
  for (const row of rows) {
    yield `${first ? "" : ","}\n${JSON.stringify(row)}`;
    first = false;
  }
  yield "\n]\n}\n";
}
