/** Version of the document that `pratique tree --format json` prints; the same rules as for a report. */
export const TREE_SCHEMA = "pratique-tree/1.0";

/** The image whose files are listed. */
export interface TreeImage {
  readonly name: string;
  readonly id: string;
  readonly digest: string | null;
  readonly layers: readonly { readonly diffId: string; readonly instruction: string | null }[];
  /** What has to be known of how it was read; empty for nothing. */
  readonly notes: readonly string[];
}

/** One path of the finished image. */
export interface TreeRow {
  readonly path: string;
  readonly kind: string;
  /** Bytes; of a folder those of all files in it. */
  readonly size: number;
  /** In octal: `755`. */
  readonly mode: string;
  readonly owner: string;
  /** Index of the layer that put it there. */
  readonly layer: number;
  /** Of a symbolic link. */
  readonly target?: string;
}
