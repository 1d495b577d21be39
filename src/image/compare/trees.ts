import type { EntryKind } from "../collector.ts";
import type { MergedTree, TreeEntry } from "../merged.ts";
import { bytes32 } from "../paths.ts";
import { type FileDigests, sameDigest } from "./digests.ts";

/** What two images have at one path. */
export interface PathDifference {
  readonly path: string;
  readonly before: TreeEntry | undefined;
  readonly after: TreeEntry | undefined;
  /** Where both have something: what is not the same. */
  readonly what: readonly Change[];
}

export type Change = "kind" | "content" | "mode" | "owner" | "target";

export interface Amount {
  readonly paths: number;
  readonly bytes: number;
}

export interface TreeDifference {
  readonly added: Amount;
  readonly removed: Amount;
  /** Paths that both have and that differ; the bytes are those of before and after. */
  readonly changed: { readonly paths: number; readonly before: number; readonly after: number };
  /** The biggest changes first, at most so many as were asked for. */
  readonly list: readonly PathDifference[];
}

/** One image as it is compared: its tree, which shares its table of paths with the other's, and its digests. */
export interface ComparedTree {
  readonly tree: MergedTree;
  /** Without them files of the same size count as the same. */
  readonly digests: FileDigests | undefined;
}

export function compareTrees(before: ComparedTree, after: ComparedTree, most: number): TreeDifference {
  const old = before.tree.table;
  const now = after.tree.table;
  const ids = bytes32();
  const added = { paths: 0, bytes: 0 };
  const removed = { paths: 0, bytes: 0 };
  const changed = { paths: 0, before: 0, after: 0 };
  for (const id of now.all()) {
    if (!old.isThere(id)) {
      added.paths++;
      added.bytes += now.bytes(id);
    } else if (changesAt(id, before, after).length > 0) {
      changed.paths++;
      changed.before += old.bytes(id);
      changed.after += now.bytes(id);
    } else continue;
    ids.push(id);
  }
  for (const id of old.all()) {
    if (now.isThere(id)) continue;
    removed.paths++;
    removed.bytes += old.bytes(id);
    ids.push(id);
  }
  const weight = (id: number): number =>
    (now.isThere(id) ? now.bytes(id) : 0) + (old.isThere(id) ? old.bytes(id) : 0);
  const all = new Uint32Array(ids.length);
  for (let at = 0; at < all.length; at++) all[at] = ids.get(at);
  const list = [...all.sort((a, b) => weight(b) - weight(a)).subarray(0, most)]
    .map((id) => ({
      weight: weight(id),
      path: (now.isThere(id) ? now : old).path(id),
      before: old.isThere(id) ? old.entry(id) : undefined,
      after: now.isThere(id) ? now.entry(id) : undefined,
      what: old.isThere(id) && now.isThere(id) ? changesAt(id, before, after) : [],
    }))
    .sort((a, b) => b.weight - a.weight || (a.path < b.path ? -1 : 1));
  return { added, removed, changed, list };
}

function changesAt(id: number, before: ComparedTree, after: ComparedTree): Change[] {
  const old = before.tree.table;
  const now = after.tree.table;
  const kind = old.kind(id);
  if (kind !== now.kind(id)) return ["kind"];
  const changes: Change[] = [];
  if (kind === "file" && !sameContent(id, before, after)) changes.push("content");
  const a = old.facts(id);
  const b = now.facts(id);
  if (a.mode !== b.mode && !hasNoMode(kind)) changes.push("mode");
  if (a.uid !== b.uid || a.gid !== b.gid) changes.push("owner");
  if (kind === "symlink" && old.target(id) !== now.target(id)) changes.push("target");
  return changes;
}

/** A link's own rights mean nothing. */
const hasNoMode = (kind: EntryKind): boolean => kind === "symlink";

function sameContent(id: number, before: ComparedTree, after: ComparedTree): boolean {
  const old = before.tree.table;
  const now = after.tree.table;
  if (old.facts(id).size !== now.facts(id).size) return false;
  if (before.digests === undefined || after.digests === undefined) return true;
  return sameDigest(before.digests.at(old.place(id)), after.digests.at(now.place(id)));
}
