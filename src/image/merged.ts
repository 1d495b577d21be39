import type { EntryKind } from "./collector.ts";
import type { LayerTable } from "./layer-table.ts";
import { type PathTable, ROOT } from "./paths.ts";

/** A path of the finished image: what is left when all layers lie on one another. */
export interface TreeEntry {
  readonly path: string;
  /** A hard link shows as what it is another name of; only one that leads nowhere shows as `hardlink`. */
  readonly kind: EntryKind;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Where a symbolic link leads, as written. */
  readonly target: string;
  /** Index of the layer that put this name there. */
  readonly layer: number;
  /** Where its bytes are: the number of a layer's content, and the path there (another one for hard links). */
  readonly content: number;
  readonly source: string;
}

/** What can be told of an entry before its path is put together. */
export type Attributes = Pick<TreeEntry, "kind" | "mode" | "uid" | "gid" | "size">;

export interface LayerPath {
  readonly path: string;
  readonly layer: number;
  readonly size: number;
  /** Index of the layer that replaced or removed it; undefined when it is in the finished image. */
  readonly goneIn: number | undefined;
}

export interface LayerStatistics {
  /** What the layer's archive holds. */
  readonly entries: number;
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
  /** Files where earlier layers have none, and their bytes. */
  readonly added: Amount;
  /** Files of earlier layers that it put others in place of, and their bytes. */
  readonly replaced: Amount;
  /** Those among the replaced that have the size they had: mostly the same file with other rights or another owner. */
  readonly rewritten: Amount;
  /** Files of earlier layers that it took away, and their bytes. */
  readonly removed: Amount;
  /** Bytes that it replaced or removed, by the index of the layer that has them. */
  readonly taken: ReadonlyMap<number, number>;
  /** Bytes of its own files that are not in the finished image. */
  readonly lost: number;
}

interface Amount {
  readonly files: number;
  readonly bytes: number;
}

/** What archives should not hold; engines differ in what they make of it. */
export interface Oddities {
  /** Paths that one layer has more than once; the last one counts. */
  readonly duplicates: Sample;
  /** Hard links to what is not there. */
  readonly danglingLinks: Sample;
  /** Entries whose folder is a file or a symbolic link: shown as if a folder were in its place. */
  readonly underNoFolder: Sample;
  /** Names with `..`, which here never lead out of the image. */
  readonly climbing: Sample;
}

export interface Sample {
  readonly count: number;
  /** The first few. */
  readonly paths: readonly string[];
}

/**
 * The tree as numbers, for questions about all of it: every path has one, that of the root is 0, and a folder's is lower
 * than those of what is in it.
 */
export interface TreeTable {
  /** One more than the highest number. */
  readonly size: number;
  isThere(id: number): boolean;
  parent(id: number): number;
  children(id: number): Generator<number>;
  /** All that is there but the root, folders before what is in them, in an order that is the same at each reading. */
  all(): Generator<number>;
  kind(id: number): EntryKind;
  /** Bytes of a file; of one with several names only at the first of them, so that sums have it once. 0 for anything else. */
  bytes(id: number): number;
  /** The first name of the same file, where that is there; else its own. */
  firstName(id: number): number;
  /** Index of the layer that put this name there. */
  layer(id: number): number;
  /** Where its bytes are: the number of a layer's content, and the entry's place in its archive. */
  place(id: number): { readonly content: number; readonly row: number };
  /** Size of a file whatever its names are, rights and owner. */
  facts(id: number): Pick<TreeEntry, "size" | "mode" | "uid" | "gid">;
  /** Where a symbolic link leads, as written. */
  target(id: number): string;
  path(id: number): string;
  name(id: number): string;
  entry(id: number): TreeEntry;
}

/** A folder that no layer lists has these. */
const UNLISTED = { size: 0, mode: 0o755, uid: 0, gid: 0 } as const;

/** The finished image's files. Every question is answered from compact tables: no list of all paths is kept. */
export interface MergedTree {
  readonly table: TreeTable;
  /** Files in the finished image, names of one file counted once each, and their bytes counted once. */
  readonly files: number;
  readonly bytes: number;
  /** All names: files, folders, links, devices. */
  readonly entries: number;
  readonly oddities: Oddities;
  /** The entry of this very path; links are not followed. */
  entry(path: string): TreeEntry | undefined;
  /** Names in a folder; empty where it is none. Links are not followed. */
  children(path: string): string[];
  /**
   * Everything below a path, folders before what is in them; what is in a folder in the order in which the layers name it.
   * The whole image for `/`.
   */
  below(path: string): Generator<TreeEntry>;
  /** Those of which this holds, without the cost of all paths' texts. */
  matching(wanted: (entry: Attributes) => boolean): Generator<TreeEntry>;
  /** What any layer has below a path, with those that are gone again; folders are left out. */
  everBelow(path: string): Generator<LayerPath>;
  /** Index of the layer that replaced or removed what layer `layer` has at `path`; undefined when it is in the finished image. */
  goneIn(layer: number, path: string): number | undefined;
  /** The same for many paths of one layer, in one pass over it: those that are gone, and where. */
  ends(layer: number, paths: ReadonlySet<string>): ReadonlyMap<string, number>;
}

export interface MergeLayer {
  readonly content: number;
  readonly table: LayerTable;
  readonly climbing: { readonly count: number; readonly sample: readonly string[] };
}

/** In place of a row for a folder that no layer lists though there is something in it. */
const IMPLIED = 0xffffffff;
const MAX_SAMPLE = 5;

interface Counts {
  entries: number;
  files: number;
  folders: number;
  bytes: number;
  added: { files: number; bytes: number };
  replaced: { files: number; bytes: number };
  rewritten: { files: number; bytes: number };
  removed: { files: number; bytes: number };
  taken: Map<number, number>;
  lost: number;
}

const nothing = () => ({ files: 0, bytes: 0 });

/** Lays the layers on one another, the first one lowest, by the rules of the OCI image specification. */
export function mergeLayers(
  paths: PathTable,
  layers: readonly MergeLayer[],
): { readonly tree: MergedTree; readonly statistics: readonly LayerStatistics[] } {
  const merge = new Merge(paths, layers);
  for (let index = 0; index < layers.length; index++) merge.add(index);
  return { tree: new Tree(merge), statistics: merge.counts };
}

class Merge {
  readonly paths: PathTable;
  readonly layers: readonly MergeLayer[];
  readonly counts: Counts[] = [];
  /** For each path: 0, or one more than the layer that put it there. */
  readonly putBy: Uint16Array;
  /** For each path: where its data is, which for a hard link is another path's row. */
  readonly dataLayer: Uint16Array;
  readonly dataRow: Uint32Array;
  readonly firstChild: Uint32Array;
  readonly nextSibling: Uint32Array;
  /** For each layer and row: 0, or one more than the layer that ended it. */
  readonly gone: Uint16Array[] = [];
  readonly duplicates = sample();
  readonly danglingLinks = sample();
  readonly underNoFolder = sample();
  readonly climbing = sample();

  constructor(paths: PathTable, layers: readonly MergeLayer[]) {
    this.paths = paths;
    this.layers = layers;
    const { size } = paths;
    this.putBy = new Uint16Array(size);
    this.dataLayer = new Uint16Array(size);
    this.dataRow = new Uint32Array(size);
    this.firstChild = new Uint32Array(size);
    this.nextSibling = new Uint32Array(size);
    this.#link();
  }

  /**
   * Strings the paths of each folder together in the order in which the image's layers name them. By their numbers they
   * stand in the order in which they came, which for layers that are read side by side is another one each time.
   */
  #link(): void {
    const { paths, firstChild, nextSibling } = this;
    const lastChild = new Uint32Array(paths.size);
    const linked = new Uint8Array(paths.size);
    for (const { table } of this.layers) {
      for (let row = 0; row < table.length; row++) {
        for (let id = table.path(row); id !== ROOT && linked[id] === 0; id = paths.parent(id)) {
          linked[id] = 1;
          const parent = paths.parent(id);
          const last = lastChild[parent] as number;
          if (last === 0) firstChild[parent] = id;
          else nextSibling[last] = id;
          lastChild[parent] = id;
        }
      }
    }
  }

  add(index: number): void {
    const layer = this.layers[index];
    if (layer === undefined) return;
    const { table, climbing } = layer;
    const counts: Counts = {
      entries: table.length,
      files: 0,
      folders: 0,
      bytes: 0,
      added: nothing(),
      replaced: nothing(),
      rewritten: nothing(),
      removed: nothing(),
      taken: new Map(),
      lost: 0,
    };
    this.counts.push(counts);
    this.gone.push(new Uint16Array(table.length));
    this.climbing.count += climbing.count;
    for (const name of climbing.sample)
      if (this.climbing.paths.length < MAX_SAMPLE) this.climbing.paths.push(name);
    // What a layer takes away is always of the layers below it, wherever it says so.
    for (let row = 0; row < table.length; row++) {
      const kind = table.kind(row);
      if (kind === "removal") this.#drop(table.path(row), index, counts.removed, true);
      else if (kind === "opaque") this.#drop(table.path(row), index, counts.removed, false);
    }
    for (let row = 0; row < table.length; row++) this.#put(index, row, table, counts);
  }

  #put(index: number, row: number, table: LayerTable, counts: Counts): void {
    const kind = table.kind(row);
    if (kind === "removal" || kind === "opaque") return;
    const path = table.path(row);
    if (kind === "folder") counts.folders++;
    if (kind === "file") {
      counts.files++;
      counts.bytes += table.size(row);
    }
    if (path === ROOT && kind !== "folder") return;
    this.#ensureFolder(path, index, counts);
    if (kind === "file") this.#compare(path, index, table.size(row), counts);
    let dataLayer = index;
    let dataRow = row;
    if (kind === "hardlink") {
      const target = table.target(row);
      // A file that is linked to itself says nothing new.
      if (target === path && this.putBy[path] !== 0) return;
      if (this.putBy[target] === 0 || this.isFolder(target)) note(this.danglingLinks, this.paths, path);
      else {
        dataLayer = this.dataLayer[target] as number;
        dataRow = this.dataRow[target] as number;
      }
    }
    if (this.putBy[path] !== 0) {
      if (this.putBy[path] === index + 1 && !(this.dataRow[path] === IMPLIED || kind === "folder"))
        note(this.duplicates, this.paths, path);
      if (kind !== "folder" || !this.isFolder(path)) this.#drop(path, index, counts.replaced, true);
    }
    this.putBy[path] = index + 1;
    this.dataLayer[path] = dataLayer;
    this.dataRow[path] = dataRow;
  }

  /** Whether a file is new at its place, or what was there before. */
  #compare(path: number, index: number, size: number, counts: Counts): void {
    const putBy = this.putBy[path] as number;
    if (putBy === index + 1) return;
    const before = putBy === 0 ? undefined : this.sizeOf(path);
    if (before !== undefined && before !== size) return;
    const into = before === undefined ? counts.added : counts.rewritten;
    into.files++;
    into.bytes += size;
  }

  /** Bytes of the file at a path that is there; undefined where it is none. */
  sizeOf(path: number): number | undefined {
    const row = this.dataRow[path] as number;
    const table = this.layers[this.dataLayer[path] as number]?.table;
    return row === IMPLIED || table?.kind(row) !== "file" ? undefined : table.size(row);
  }

  /** A path that is there has folders above it, listed or not. */
  #ensureFolder(path: number, index: number, counts: Counts): void {
    for (let at = this.paths.parent(path); path !== ROOT; at = this.paths.parent(at)) {
      if (this.putBy[at] !== 0) {
        if (this.isFolder(at)) return;
        note(this.underNoFolder, this.paths, path);
        this.#dropOne(at, index, counts.replaced);
      }
      this.putBy[at] = index + 1;
      this.dataLayer[at] = index;
      this.dataRow[at] = IMPLIED;
      if (at === ROOT) return;
    }
  }

  isFolder(path: number): boolean {
    const row = this.dataRow[path] as number;
    return row === IMPLIED || this.layers[this.dataLayer[path] as number]?.table.kind(row) === "folder";
  }

  /** Takes what is below a path out of the tree, and the path itself where told. */
  #drop(top: number, by: number, into: { files: number; bytes: number }, itself: boolean): void {
    if (itself) this.#dropOne(top, by, into);
    for (let id = this.firstChild[top] as number; id !== 0; ) {
      // Folders always stand above what is in them, so what is not there has nothing below it.
      const there = this.putBy[id] !== 0;
      if (there) this.#dropOne(id, by, into);
      id = this.next(id, top, there);
    }
  }

  /** What is there below a path, folders before what is in them. */
  *below(top: number): Generator<number> {
    for (let id = this.firstChild[top] ?? 0; id !== 0; ) {
      const there = this.putBy[id] !== 0;
      if (there) yield id;
      id = this.next(id, top, there);
    }
  }

  /** The next path below `top` in the order of a walk; 0 when there is none. */
  next(id: number, top: number, deeper: boolean): number {
    const child = deeper ? (this.firstChild[id] as number) : 0;
    if (child !== 0) return child;
    for (let at = id; at !== top; at = this.paths.parent(at)) {
      const sibling = this.nextSibling[at] as number;
      if (sibling !== 0) return sibling;
    }
    return 0;
  }

  #dropOne(id: number, by: number, into: { files: number; bytes: number }): void {
    const putBy = this.putBy[id] as number;
    if (putBy === 0) return;
    this.putBy[id] = 0;
    const layer = this.dataLayer[id] as number;
    const row = this.dataRow[id] as number;
    const table = this.layers[layer]?.table;
    if (row === IMPLIED || table === undefined) return;
    const own = table.path(row) === id;
    const marks = this.gone[layer];
    if (own && marks !== undefined) marks[row] = by + 1;
    if (table.kind(row) !== "file") return;
    const size = own ? table.size(row) : 0;
    const counts = this.counts[layer];
    if (counts !== undefined) counts.lost += size;
    if (putBy !== by + 1) {
      into.files++;
      into.bytes += size;
      const taken = this.counts[by]?.taken;
      if (size > 0) taken?.set(layer, (taken.get(layer) ?? 0) + size);
    }
  }

  /** The first name of the file that a path is, where that name is there and still means this file; else the path. */
  firstName(id: number): number {
    const row = this.dataRow[id] as number;
    const layer = this.dataLayer[id] as number;
    const first = row === IMPLIED ? id : (this.layers[layer]?.table.path(row) ?? id);
    const same = this.putBy[first] !== 0 && this.dataRow[first] === row && this.dataLayer[first] === layer;
    return same ? first : id;
  }
}

const sample = (): { count: number; paths: string[] } => ({ count: 0, paths: [] });

function note(into: { count: number; paths: string[] }, paths: PathTable, path: number): void {
  into.count++;
  if (into.paths.length < MAX_SAMPLE) into.paths.push(paths.text(path));
}

class Tree implements MergedTree {
  readonly table: TreeTable;
  readonly files: number;
  readonly bytes: number;
  readonly entries: number;
  readonly oddities: Oddities;
  readonly #merge: Merge;

  constructor(merge: Merge) {
    this.#merge = merge;
    let files = 0;
    let bytes = 0;
    let entries = 0;
    for (let id = ROOT + 1; id < merge.paths.size; id++) {
      if (merge.putBy[id] === 0) continue;
      entries++;
      const size = merge.sizeOf(id);
      if (size === undefined) continue;
      files++;
      if (merge.firstName(id) === id) bytes += size;
    }
    this.files = files;
    this.bytes = bytes;
    this.entries = entries;
    this.table = tableOf(merge, (id) => this.#entry(id));
    const { duplicates, danglingLinks, underNoFolder, climbing } = merge;
    this.oddities = { duplicates, danglingLinks, underNoFolder, climbing };
  }

  entry(path: string): TreeEntry | undefined {
    const id = this.#merge.paths.find(path);
    return id === undefined || !this.table.isThere(id) ? undefined : this.#entry(id);
  }

  #entry(id: number): TreeEntry {
    const { paths, layers, putBy, dataLayer, dataRow } = this.#merge;
    const path = paths.text(id);
    const by = Math.max(0, (putBy[id] as number) - 1);
    const row = dataRow[id] as number;
    const layer = layers[dataLayer[id] as number];
    const content = layer?.content ?? 0;
    if (layer === undefined || row === IMPLIED || putBy[id] === 0)
      return {
        path,
        kind: "folder",
        ...UNLISTED,
        target: "",
        layer: by,
        content,
        source: path,
      };
    const { table } = layer;
    const first = table.path(row);
    return {
      path,
      kind: table.kind(row),
      size: table.size(row),
      mode: table.mode(row),
      uid: table.uid(row),
      gid: table.gid(row),
      target: table.link(row),
      layer: by,
      content,
      source: first === id ? path : paths.text(first),
    };
  }

  children(path: string): string[] {
    const id = this.#merge.paths.find(path);
    return id === undefined ? [] : [...this.table.children(id)].map((child) => this.table.name(child));
  }

  *below(path: string): Generator<TreeEntry> {
    const top = this.#merge.paths.find(path);
    if (top === undefined) return;
    for (const id of this.#merge.below(top)) yield this.#entry(id);
  }

  *matching(wanted: (entry: Attributes) => boolean): Generator<TreeEntry> {
    const { layers, dataLayer, dataRow } = this.#merge;
    for (const id of this.#merge.below(ROOT)) {
      const row = dataRow[id] as number;
      if (row === IMPLIED) continue;
      const table = layers[dataLayer[id] as number]?.table;
      if (table === undefined) continue;
      const attributes = {
        kind: table.kind(row),
        mode: table.mode(row),
        uid: table.uid(row),
        gid: table.gid(row),
        size: table.size(row),
      };
      if (wanted(attributes)) yield this.#entry(id);
    }
  }

  *everBelow(path: string): Generator<LayerPath> {
    const { paths, firstChild, layers, gone } = this.#merge;
    const top = paths.find(path);
    if (top === undefined) return;
    const below = new Set<number>();
    for (let id = firstChild[top] as number; id !== 0; id = this.#merge.next(id, top, true)) below.add(id);
    if (below.size === 0) return;
    for (const [layer, { table }] of layers.entries()) {
      for (let row = 0; row < table.length; row++) {
        const id = table.path(row);
        const kind = table.kind(row);
        if (!below.has(id) || kind === "folder" || kind === "removal" || kind === "opaque") continue;
        const by = gone[layer]?.[row] ?? 0;
        yield {
          path: paths.text(id),
          layer,
          size: table.size(row),
          goneIn: by === 0 ? undefined : by - 1,
        };
      }
    }
  }

  goneIn(layer: number, path: string): number | undefined {
    return this.ends(layer, new Set([path])).get(path);
  }

  ends(layer: number, paths: ReadonlySet<string>): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    const { layers, gone, paths: table } = this.#merge;
    const rows = layers[layer]?.table;
    const asked = new Map<number, string>();
    for (const path of paths) {
      const id = table.find(path);
      if (id !== undefined) asked.set(id, path);
    }
    if (rows === undefined || asked.size === 0) return found;
    for (let row = 0; row < rows.length; row++) {
      const path = asked.get(rows.path(row));
      if (path === undefined) continue;
      const by = gone[layer]?.[row] ?? 0;
      // Of two entries of one name the last one counts.
      if (by === 0) found.delete(path);
      else found.set(path, by - 1);
    }
    return found;
  }
}

function tableOf(merge: Merge, entry: (id: number) => TreeEntry): TreeTable {
  const { paths, layers, putBy, dataLayer, dataRow, firstChild, nextSibling } = merge;
  // Paths that were met after this image was laid out are another one's.
  const isThere = (id: number): boolean => id === ROOT || (putBy[id] ?? 0) !== 0;
  return {
    size: putBy.length,
    isThere,
    parent: (id) => paths.parent(id),
    *children(id) {
      for (let child = firstChild[id] ?? 0; child !== 0; child = nextSibling[child] as number)
        if (putBy[child] !== 0) yield child;
    },
    all: () => merge.below(ROOT),
    kind(id) {
      const row = dataRow[id] as number;
      if (row === IMPLIED || putBy[id] === 0) return "folder";
      return layers[dataLayer[id] as number]?.table.kind(row) ?? "folder";
    },
    bytes: (id) => (putBy[id] === 0 || merge.firstName(id) !== id ? 0 : (merge.sizeOf(id) ?? 0)),
    firstName: (id) => merge.firstName(id),
    layer: (id) => Math.max(0, (putBy[id] as number) - 1),
    place: (id) => ({
      content: layers[dataLayer[id] as number]?.content ?? 0,
      row: dataRow[id] as number,
    }),
    facts(id) {
      const row = dataRow[id] as number;
      const table = layers[dataLayer[id] as number]?.table;
      if (row === IMPLIED || putBy[id] === 0 || table === undefined) return UNLISTED;
      return { size: table.size(row), mode: table.mode(row), uid: table.uid(row), gid: table.gid(row) };
    },
    target: (id) => layers[dataLayer[id] as number]?.table.link(dataRow[id] as number) ?? "",
    path: (id) => paths.text(id),
    name: (id) => paths.nameText(id),
    entry,
  };
}
