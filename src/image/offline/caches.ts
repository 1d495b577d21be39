import { posix } from "node:path";
import { type Collector, collectFiles, type FileCollector, type LayerVisitor } from "../collector.ts";
import type { ImageRead } from "../image.ts";
import type { MergedTree } from "../merged.ts";
import { CACHE_KINDS, type CacheKind } from "./kinds.ts";

/** Models and word lists that a library fetched, in the finished image. */
export interface ModelCache {
  /** Whose cache it is: “Hugging Face”. */
  readonly kind: string;
  /** The folder that a variable has to lead to. */
  readonly path: string;
  readonly items: readonly CacheItem[];
  readonly bytes: number;
  /** The first folder or file that others than its owner may not read; undefined where all can. */
  readonly closed: string | undefined;
}

export interface CacheItem {
  /** As code asks for it: `google-bert/bert-base-uncased`, `punkt`. */
  readonly name: string;
  /** For the Hugging Face Hub: commits that are there. */
  readonly revisions: readonly string[];
  /** Why it cannot be loaded, in words; empty when nothing is missing. */
  readonly problems: readonly string[];
}

export interface ModelCaches {
  readonly found: readonly ModelCache[];
  readonly notAssessed: readonly string[];
}

interface CachesCollector extends Collector {
  caches(image: Pick<ImageRead, "layers" | "tree">): ModelCaches;
}

const MAX_CACHES = 100;
const MAX_ITEMS = 500;
/** Of all caches together. */
const MAX_ENTRIES = 500_000;

/** Notes the folders that libraries make as they pass; what is in them is asked of the finished image. */
export function collectCaches(): CachesCollector {
  const candidates = new Map<string, { readonly kind: CacheKind; readonly path: string }>();
  const refs = collectRefs();
  let full = false;
  const note = (folder: string): void => {
    for (const kind of CACHE_KINDS) {
      const match = kind.folder.exec(folder);
      const path = match?.[1] ?? match?.[2];
      if (path === undefined || path === "") continue;
      const key = `${kind.name} ${path}`;
      if (candidates.has(key)) continue;
      if (candidates.size < MAX_CACHES) candidates.set(key, { kind, path });
      else full = true;
    }
  };
  return {
    layer(content): LayerVisitor {
      const ref = refs.layer(content);
      let last = "";
      return {
        entry(entry) {
          if (entry.kind === "removal" || entry.kind === "opaque") return undefined;
          const { name, path } = entry;
          const length = path.length - name.length - 1;
          // Files of one folder mostly follow one another.
          if (length !== last.length || !path.startsWith(last)) {
            last = path.slice(0, Math.max(0, length));
            note(last);
          }
          if (entry.kind === "folder") note(path);
          return ref.entry(entry);
        },
        content: (entry, bytes) => ref.content?.(entry, bytes),
      };
    },
    caches(image) {
      const room = { entries: MAX_ENTRIES };
      const found = [...candidates.values()]
        .map(({ kind, path }) => cacheAt(kind, path, image, refs, room))
        .filter((cache) => cache.items.length > 0);
      const notAssessed = [
        ...(full ? [`model caches beyond the first ${MAX_CACHES}`] : []),
        ...(room.entries < 0 ? ["the rest of model caches with very many files"] : []),
      ];
      return { found, notAssessed };
    },
  };
}

/** `refs/main` holds the commit that a name without a revision means. */
const collectRefs = (): FileCollector =>
  collectFiles(
    ({ size, path }) =>
      size > 0 && size <= 100 && /\/(?:models|datasets|spaces)--[^/]+\/refs\//.test(path) ? 100 : undefined,
    1024 * 1024,
  );

function cacheAt(
  kind: CacheKind,
  path: string,
  image: Pick<ImageRead, "layers" | "tree">,
  refs: FileCollector,
  room: { entries: number },
): ModelCache {
  const { tree } = image;
  const items: CacheItem[] = [];
  const parts = (kind.within ?? [""]).map((part) => posix.join(path, part));
  let bytes = 0;
  let closed = closedAbove(tree, path);
  for (const part of parts) {
    for (const child of tree.children(part)) {
      const name = kind.item.exec(child)?.[1];
      if (name === undefined || items.length >= MAX_ITEMS) continue;
      const at = posix.join(part, child);
      const size = measure(tree, at, room);
      bytes += size.bytes;
      closed ??= closedAbove(tree, at) ?? size.closed;
      items.push(
        kind.name === "Hugging Face"
          ? repository(name, at, image, refs, room)
          : { name, revisions: [], problems: [] },
      );
    }
  }
  return { kind: kind.name, path, items: unique(items), bytes, closed };
}

/** A word list may lie there packed and unpacked. */
const unique = (items: readonly CacheItem[]): CacheItem[] => [
  ...new Map(items.map((item) => [item.name, item])).values(),
];

function measure(
  tree: MergedTree,
  path: string,
  room: { entries: number },
): { bytes: number; closed: string | undefined } {
  let bytes = 0;
  let closed: string | undefined;
  const look = ({
    kind,
    mode,
    size,
    path: at,
  }: {
    kind: string;
    mode: number;
    size: number;
    path: string;
  }): void => {
    if (kind === "file") bytes += size;
    const readable = kind === "file" ? (mode & 0o004) !== 0 : kind !== "folder" || (mode & 0o005) === 0o005;
    if (!readable && !/\/\.locks?\/|\.lock$/.test(at)) closed ??= at;
  };
  const own = tree.entry(path);
  if (own !== undefined) look(own);
  for (const entry of tree.below(path)) {
    if (room.entries-- <= 0) break;
    look(entry);
  }
  return { bytes, closed };
}

/** The first folder on the way that others may not pass. */
function closedAbove(tree: MergedTree, path: string): string | undefined {
  const parts = path.split("/").filter(Boolean);
  for (let count = 1; count <= parts.length; count++) {
    const folder = `/${parts.slice(0, count).join("/")}`;
    const entry = tree.entry(folder);
    if (entry?.kind === "folder" && (entry.mode & 0o001) === 0) return folder;
  }
  return undefined;
}

/** One repository of the Hub: snapshots of links into its blobs, and names that stand for snapshots. */
function repository(
  folder: string,
  path: string,
  image: Pick<ImageRead, "layers" | "tree">,
  refs: FileCollector,
  room: { entries: number },
): CacheItem {
  const { tree } = image;
  const [type = "models", ...names] = folder.split("--");
  const name = `${type === "models" ? "" : `${type}/`}${names.join("/")}`;
  const problems: string[] = [];
  const snapshots = posix.join(path, "snapshots");
  const revisions = tree.children(snapshots);
  if (revisions.length === 0) problems.push("no snapshot is there");
  const missing: string[] = [];
  for (const entry of tree.below(snapshots)) {
    if (room.entries-- <= 0) break;
    if (entry.kind !== "symlink") continue;
    const target = posix.resolve(posix.dirname(entry.path), entry.target);
    if (tree.entry(target) === undefined)
      missing.push(posix.relative(snapshots, entry.path).replace(/^[^/]+\//, ""));
  }
  if (missing.length > 0)
    problems.push(
      `${missing.length === 1 ? "a file is" : `${missing.length} files are`} not there (${missing.slice(0, 3).join(", ")})`,
    );
  const unfinished = tree.children(posix.join(path, "blobs")).filter((blob) => blob.endsWith(".incomplete"));
  if (unfinished.length > 0)
    problems.push(`${unfinished.length === 1 ? "a download" : `${unfinished.length} downloads`} did not end`);
  const main = refs
    .final(image, posix.join(path, "refs", "main"))
    ?.bytes.toString("latin1")
    .trim();
  if (main === undefined) {
    if (revisions.length > 0) problems.push("there is no refs/main, so it is found by its commit only");
  } else if (!revisions.includes(main)) problems.push("refs/main names a commit that is not there");
  return { name, revisions: revisions.slice(0, 20), problems };
}
