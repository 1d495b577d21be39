import type { EntryKind } from "./collector.ts";
import { bytes16, bytes32, bytes64, NO_PATH, type PathTable } from "./paths.ts";

export const KINDS: readonly EntryKind[] = [
  "file",
  "folder",
  "symlink",
  "hardlink",
  "character",
  "block",
  "fifo",
  "other",
  "removal",
  "opaque",
];
const CODES = new Map(KINDS.map((kind, code) => [kind, code]));

export interface Row {
  readonly path: number;
  readonly kind: EntryKind;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Hard links: the number of the path that they are another name of. */
  readonly target: number;
  /** Symbolic links: where they lead, as written. */
  readonly link: Buffer;
}

/** The entries of one layer in the archive's order, in some 30 bytes each. Paths are shared with the other layers. */
export class LayerTable {
  readonly #paths = bytes32();
  readonly #modes = bytes16();
  readonly #uids = bytes32();
  readonly #gids = bytes32();
  readonly #sizes = bytes64();
  /** Hard links: a path's number. Symbolic links: a place in `links`. */
  readonly #targets = bytes32();
  readonly #links: LinkTexts;

  constructor(links: LinkTexts) {
    this.#links = links;
  }

  get length(): number {
    return this.#paths.length;
  }

  add(row: Row): void {
    this.#paths.push(row.path);
    this.#modes.push(((CODES.get(row.kind) ?? 7) << 12) | row.mode);
    this.#uids.push(row.uid);
    this.#gids.push(row.gid);
    this.#sizes.push(row.size);
    this.#targets.push(row.kind === "symlink" ? this.#links.add(row.link) : row.target);
  }

  path(row: number): number {
    return this.#paths.get(row);
  }
  kind(row: number): EntryKind {
    return KINDS[this.#modes.get(row) >> 12] ?? "other";
  }
  mode(row: number): number {
    return this.#modes.get(row) & 0o7777;
  }
  uid(row: number): number {
    return this.#uids.get(row);
  }
  gid(row: number): number {
    return this.#gids.get(row);
  }
  size(row: number): number {
    return this.#sizes.get(row);
  }
  /** The number of the path that a hard link is another name of. */
  target(row: number): number {
    return this.kind(row) === "hardlink" ? this.#targets.get(row) : NO_PATH;
  }
  link(row: number): string {
    return this.kind(row) === "symlink" ? this.#links.text(this.#targets.get(row)) : "";
  }
}

/** Where symbolic links lead, each text once: they are kept as paths are, though they are none. */
export class LinkTexts {
  readonly #table: PathTable;

  constructor(table: PathTable) {
    this.#table = table;
  }

  add(link: Buffer): number {
    return this.#table.child(0, link.subarray(0, 4096));
  }

  text(id: number): string {
    return this.#table.nameText(id);
  }
}
