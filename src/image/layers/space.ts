import type { ImageRead } from "../image.ts";
import type { TreeTable } from "../merged.ts";
import { ROOT } from "../paths.ts";
import { type BaseImage, baseLayers } from "./base.ts";
import { cacheAt } from "./cache-folders.ts";
import { CACHES } from "./caches.ts";
import type { CacheSpace, LayerSpace, PlaceSpace, SpaceFacts } from "./facts.ts";
import { spaceMap } from "./map.ts";

/** How many of the biggest folders and files are named. */
const BIGGEST = 20;
/** A folder says nothing of its own where one folder in it has so much of it. */
const MOSTLY = 0.9;
/** Places of one cache that are named, the first by path of those that were seen. */
const MAX_PATHS = 10;
const MAX_SEEN = 1000;

/** Sums over the finished tree, for every path: 24 bytes each while they are made. */
export interface Sums {
  readonly bytes: Float64Array;
  readonly files: Uint32Array;
  /** Bytes in layers of the base; undefined where these are not known. */
  readonly fromBase: Float64Array | undefined;
}

/** What takes the room: all from the tables of paths, in a few passes over numbers. */
export function spaceFacts(
  { layers, history, tree }: Pick<ImageRead, "layers" | "history" | "tree">,
  knownBase: BaseImage | undefined,
): SpaceFacts {
  const base = baseLayers(
    layers.map(({ diffId }) => diffId),
    history,
    knownBase,
  );
  const baseCount = base.known === "no" ? undefined : base.layers;
  const stack: LayerSpace[] = layers.map(({ index, diffId, instruction, storedSize, size, statistics }) => {
    const { files, bytes, added, replaced, rewritten, removed, lost } = statistics;
    const taken = [...statistics.taken].map(([layer, sum]) => ({ layer, bytes: sum }));
    return {
      index,
      diffId,
      instruction,
      fromBase: baseCount === undefined ? undefined : index < baseCount,
      storedSize,
      size,
      files,
      bytes,
      added,
      replaced,
      rewritten,
      removed,
      taken: taken.toSorted((a, b) => b.bytes - a.bytes || a.layer - b.layer),
      lost,
    };
  });
  const { table } = tree;
  const sums = sumUp(table, baseCount);
  return {
    layers: stack,
    base,
    wasted: stack.reduce((sum, { lost }) => sum + lost, 0),
    ...biggest(table, sums, layers.length),
    caches: caches(table, layers.length),
    map: spaceMap(table, sums),
  };
}

function sumUp(tree: TreeTable, baseCount: number | undefined): Sums {
  const bytes = new Float64Array(tree.size);
  const files = new Uint32Array(tree.size);
  const fromBase = baseCount === undefined ? undefined : new Float64Array(tree.size);
  // Folders have lower numbers than what is in them.
  for (let id = tree.size - 1; id >= ROOT; id--) {
    if (!tree.isThere(id)) continue;
    if (tree.kind(id) === "file") {
      const own = tree.bytes(id);
      bytes[id] = own;
      files[id] = 1;
      if (fromBase !== undefined && tree.layer(id) < (baseCount ?? 0)) fromBase[id] = own;
    }
    if (id === ROOT) break;
    const parent = tree.parent(id);
    bytes[parent] = (bytes[parent] as number) + (bytes[id] as number);
    files[parent] = (files[parent] as number) + (files[id] as number);
    if (fromBase !== undefined) fromBase[parent] = (fromBase[parent] as number) + (fromBase[id] as number);
  }
  return { bytes, files, fromBase };
}

function biggest(tree: TreeTable, sums: Sums, layers: number): Pick<SpaceFacts, "folders" | "files"> {
  const folders = new Largest(BIGGEST, tree);
  const files = new Largest(BIGGEST, tree);
  // The biggest folder in each.
  const within = new Float64Array(tree.size);
  for (let id = tree.size - 1; id > ROOT; id--) {
    const bytes = sums.bytes[id] as number;
    if (bytes === 0 || !tree.isThere(id)) continue;
    if (tree.kind(id) === "file") {
      files.add(id, bytes);
      continue;
    }
    const parent = tree.parent(id);
    within[parent] = Math.max(within[parent] as number, bytes);
    if ((within[id] as number) < MOSTLY * bytes) folders.add(id, bytes);
  }
  const place = (id: number, layer: number): PlaceSpace => ({
    path: tree.path(id),
    bytes: sums.bytes[id] as number,
    files: sums.files[id] as number,
    fromBase: sums.fromBase?.[id],
    layer,
  });
  const chosen = folders.ids();
  const bringing = mainLayers(tree, chosen, layers);
  return {
    folders: chosen.map((id, index) => place(id, bringing[index] ?? 0)),
    files: files.ids().map((id) => place(id, tree.layer(id))),
  };
}

/** The layer that brought most of each folder. They may lie in each other, so each file is counted for all above it. */
function mainLayers(tree: TreeTable, folders: readonly number[], layers: number): number[] {
  const position = new Map(folders.map((id, index) => [id, index]));
  // For each path one more than the position of the nearest folder among them; its own folders follow upwards.
  const nearest = new Uint8Array(tree.size);
  const above = folders.map(() => -1);
  const sums = folders.map(() => new Float64Array(layers));
  for (let id = ROOT + 1; id < tree.size; id++) {
    if (!tree.isThere(id)) continue;
    const outer = nearest[tree.parent(id)] as number;
    const own = position.get(id);
    nearest[id] = own === undefined ? outer : own + 1;
    if (own !== undefined) above[own] = outer - 1;
    if (outer === 0) continue;
    const bytes = tree.bytes(id);
    if (bytes === 0) continue;
    const layer = tree.layer(id);
    for (let at = outer - 1; at >= 0; at = above[at] ?? -1) {
      const sum = sums[at];
      if (sum !== undefined) sum[layer] = (sum[layer] ?? 0) + bytes;
    }
  }
  return sums.map((sum) => sum.indexOf(Math.max(...sum)));
}

function caches(tree: TreeTable, layers: number): CacheSpace[] {
  /** For each path 0, or one more than the cache that it lies in. */
  const within = new Uint8Array(tree.size);
  const sums = new Float64Array(CACHES.length * layers);
  const files = new Uint32Array(CACHES.length);
  const paths = CACHES.map((): string[] => []);
  for (let id = ROOT + 1; id < tree.size; id++) {
    if (!tree.isThere(id)) continue;
    const outer = within[tree.parent(id)] as number;
    within[id] = outer;
    if (tree.kind(id) !== "folder") continue;
    const cache = cacheAt(tree, id);
    if (cache === undefined || cache + 1 === outer) continue;
    within[id] = cache + 1;
    const named = paths[cache];
    if (named !== undefined && named.length < MAX_SEEN) named.push(tree.path(id));
  }
  // A file that has a name elsewhere too stays when the cache is cleared.
  for (let id = ROOT + 1; id < tree.size; id++) {
    if (!tree.isThere(id) || tree.kind(id) !== "file") continue;
    const first = tree.firstName(id);
    if (first !== id && within[first] !== within[id]) within[first] = 0;
  }
  for (let id = ROOT + 1; id < tree.size; id++) {
    const cache = (within[id] as number) - 1;
    const bytes = cache < 0 ? 0 : tree.bytes(id);
    if (bytes === 0) continue;
    const at = cache * layers + tree.layer(id);
    sums[at] = (sums[at] as number) + bytes;
    files[cache] = (files[cache] as number) + 1;
  }
  return CACHES.map(({ id }, cache) => {
    const own = [...sums.subarray(cache * layers, (cache + 1) * layers)];
    return {
      cache: id,
      paths: (paths[cache] ?? []).toSorted().slice(0, MAX_PATHS),
      bytes: own.reduce((sum, bytes) => sum + bytes, 0),
      files: files[cache] as number,
      layers: own
        .map((bytes, layer) => ({ layer, bytes }))
        .filter(({ bytes }) => bytes > 0)
        .toSorted((a, b) => b.bytes - a.bytes),
    };
  })
    .filter(({ bytes }) => bytes > 0)
    .toSorted((a, b) => b.bytes - a.bytes);
}

interface Found {
  readonly id: number;
  readonly bytes: number;
  /** Made when it is first compared. */
  path?: string;
}

/** The largest few of many; of those with the same size the first by path, for numbers differ from reading to reading. */
class Largest {
  readonly #most: number;
  readonly #tree: TreeTable;
  readonly #found: Found[] = [];

  constructor(most: number, tree: TreeTable) {
    this.#most = most;
    this.#tree = tree;
  }

  add(id: number, bytes: number): void {
    const least = this.#found[this.#most - 1];
    if (least !== undefined && bytes < least.bytes) return;
    const added: Found = { id, bytes };
    const pathOf = (found: Found): string => {
      found.path ??= this.#tree.path(found.id);
      return found.path;
    };
    const before = (other: Found): boolean =>
      bytes > other.bytes || (bytes === other.bytes && pathOf(added) < pathOf(other));
    if (least !== undefined && !before(least)) return;
    const at = this.#found.findIndex(before);
    this.#found.splice(at < 0 ? this.#found.length : at, 0, added);
    if (this.#found.length > this.#most) this.#found.pop();
  }

  ids(): number[] {
    return this.#found.map(({ id }) => id);
  }
}
