import type { TreeTable } from "./merged.ts";
import { ROOT } from "./paths.ts";

export interface ListOptions {
  /** Only what this takes, by whole path and by name. */
  readonly matches?: ((path: string, name: string) => boolean) | undefined;
  /** Only what has at least so many bytes; a folder has those of all in it. */
  readonly atLeast?: number | undefined;
  /** Only what this layer put there, by index. */
  readonly layer?: number | undefined;
  /** How many folders deep. */
  readonly depth?: number | undefined;
  readonly sort: "path" | "size" | "layer";
}

export interface ListedPath {
  readonly id: number;
  /** Of a folder: of all files in it. */
  readonly bytes: number;
}

/** The paths of an image that are asked for, one after the other; sorted by path they need no more room than a folder. */
export function* listPaths(tree: TreeTable, options: ListOptions): Generator<ListedPath> {
  const sums = folderSums(tree);
  // They come sorted by path, and stay so where they are otherwise the same.
  const found = walk(tree, sums, options);
  if (options.sort === "path") return yield* found;
  const ids = Uint32Array.from(
    (function* () {
      for (const { id } of found) yield id;
    })(),
  );
  const bytes = (id: number): number => sizeAt(tree, sums, id);
  if (options.sort === "size") ids.sort((a, b) => bytes(b) - bytes(a));
  else ids.sort((a, b) => tree.layer(a) - tree.layer(b) || bytes(b) - bytes(a));
  for (const id of ids) yield { id, bytes: bytes(id) };
}

function folderSums(tree: TreeTable): Float64Array {
  const sums = new Float64Array(tree.size);
  // Folders have lower numbers than what is in them.
  for (let id = tree.size - 1; id > ROOT; id--) {
    if (!tree.isThere(id)) continue;
    const parent = tree.parent(id);
    const own = (sums[id] as number) + tree.bytes(id);
    sums[id] = own;
    sums[parent] = (sums[parent] as number) + own;
  }
  return sums;
}

function* walk(tree: TreeTable, sums: Float64Array, options: ListOptions): Generator<ListedPath> {
  const { atLeast = 0, depth = Number.POSITIVE_INFINITY, layer, matches } = options;
  // Folders that are open, with what is left of each.
  const open = [sortedChildren(tree, ROOT)];
  while (open.length > 0) {
    const id = open.at(-1)?.pop();
    if (id === undefined) {
      open.pop();
      continue;
    }
    const bytes = sizeAt(tree, sums, id);
    const wanted =
      bytes >= atLeast &&
      (layer === undefined || tree.layer(id) === layer) &&
      (matches === undefined || matches(tree.path(id), tree.name(id)));
    if (wanted) yield { id, bytes };
    if (open.length < depth) open.push(sortedChildren(tree, id));
  }
}

/** A file's other name has no bytes of its own, but the size that it shows. */
const sizeAt = (tree: TreeTable, sums: Float64Array, id: number): number =>
  tree.kind(id) === "file" ? tree.facts(id).size : (sums[id] ?? 0);

/** In the order of their names from the end, so that the last one is next. */
function sortedChildren(tree: TreeTable, id: number): number[] {
  const names = new Map<number, string>();
  for (const child of tree.children(id)) names.set(child, tree.name(child));
  const text = (one: number): string => names.get(one) ?? "";
  return [...names.keys()].sort((a, b) => (text(a) < text(b) ? 1 : text(a) > text(b) ? -1 : b - a));
}
