/** What takes the room in an image, and whose layers it is in. Reading only: no verdicts. */
export interface SpaceFacts {
  /** From the base up. */
  readonly layers: readonly LayerSpace[];
  readonly base: BaseLayers;
  /** Bytes of files in layers that are not in the finished image. */
  readonly wasted: number;
  /** The biggest folders, those left out that hold little besides one bigger folder. */
  readonly folders: readonly PlaceSpace[];
  readonly files: readonly PlaceSpace[];
  /** Caches of package managers and model hubs in the finished image, the biggest first. */
  readonly caches: readonly CacheSpace[];
  /** The finished image as boxes in boxes, down to what is small. */
  readonly map: SpaceNode;
}

/** How it is known which layers come from the base image. */
export type BaseLayers =
  /** Its layers were compared with those of the image that this one was built from. */
  | { readonly known: "compared"; readonly layers: number; readonly reference: string }
  /** Told by the image's history: where it says what the build started from, else where a start command ends. */
  | { readonly known: "history"; readonly layers: number; readonly reference: string | undefined }
  | { readonly known: "no"; readonly reason: string };

export interface LayerSpace {
  readonly index: number;
  readonly diffId: string;
  /** As the builder wrote it down; undefined where the history does not account for every layer. */
  readonly instruction: string | undefined;
  /** Undefined where it is not known. */
  readonly fromBase: boolean | undefined;
  /** Bytes as stored, and of the archive inside. */
  readonly storedSize: number;
  readonly size: number;
  readonly files: number;
  readonly bytes: number;
  readonly added: FileAmount;
  readonly replaced: FileAmount;
  /** Those among the replaced that kept their size: most likely only rights or owner changed. */
  readonly rewritten: FileAmount;
  readonly removed: FileAmount;
  /** Bytes that it replaced or removed, by the layer that has them still. */
  readonly taken: readonly { readonly layer: number; readonly bytes: number }[];
  /** Bytes of its own files that later layers, or later entries of its own, replaced or removed. */
  readonly lost: number;
}

export interface FileAmount {
  readonly files: number;
  readonly bytes: number;
}

export interface PlaceSpace {
  readonly path: string;
  readonly bytes: number;
  /** How many; 1 for a file. */
  readonly files: number;
  /** Bytes that base layers brought; undefined where these are not known. */
  readonly fromBase: number | undefined;
  /** Index of the layer that brought most of it. */
  readonly layer: number;
}

export interface CacheSpace {
  /** Name in the table of caches. */
  readonly cache: string;
  readonly paths: readonly string[];
  /** Bytes that are free when it is cleared: files with another name elsewhere are not counted. */
  readonly bytes: number;
  readonly files: number;
  /** Bytes of these by layer, the most first. */
  readonly layers: readonly { readonly layer: number; readonly bytes: number }[];
}

export interface SpaceNode {
  /** The whole path. Folders that hold nothing but one other are shown as that one. */
  readonly path: string;
  readonly bytes: number;
  readonly fromBase: number | undefined;
  /** What it is made of, the biggest first; what is too small to be shown is missing from the sum. */
  readonly parts: readonly SpaceNode[];
}
