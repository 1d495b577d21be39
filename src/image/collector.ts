import type { ImageRead } from "./image.ts";
import type { TreeEntry } from "./merged.ts";

/**
 * What a layer's archive says of one path. `removal` takes away what lies below it in earlier layers (a whiteout, whose
 * path is that of what it removes); `opaque` takes away all that earlier layers have in that folder.
 */
export type EntryKind =
  | "file"
  | "folder"
  | "symlink"
  | "hardlink"
  | "character"
  | "block"
  | "fifo"
  | "other"
  | "removal"
  | "opaque";

/** One member of a layer. It may be kept; its paths are made when they are first asked for. */
export interface LayerEntry {
  /** Absolute, without `.`, `..` or double slashes: `/usr/bin/python3`. Names that are no text are shown as far as they are. */
  readonly path: string;
  /** The last part of the path. */
  readonly name: string;
  readonly kind: EntryKind;
  /** Bytes of a file, holes included; 0 for anything else. */
  readonly size: number;
  /** How much of it can be read: less than `size` only where a sparse file has holes beyond 64 MB. */
  readonly readable: number;
  /** Permission bits, with set-user-ID, set-group-ID and sticky: 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Where a symbolic link leads, as written; for a hard link the absolute path of the file that it is. */
  readonly target: string;
  /** Names of extended attributes: `security.capability`, `user.mime_type`. */
  readonly attributes: readonly string[];
}

/** Takes a file's whole content, whatever its size, as it passes. */
export interface ContentSink {
  /**
   * The next bytes, which are valid until it returns. False when no more is wanted; a number where so many of the next
   * ones are not, which are then not shown.
   */
  write(chunk: Buffer): boolean | number | undefined;
  /** Called when the content is over, or no more of it was wanted. */
  end?(): void;
}

/**
 * Looks at the entries of one layer, in the archive's order. For each file it says how much of the content it wants:
 * nothing (undefined or 0), so many bytes from the start (at most 64 MB: a file that is shorter comes whole), or all of
 * it as it passes. Only what somebody wants is read at all, where it can be passed over.
 */
export interface LayerVisitor {
  entry(entry: LayerEntry): number | ContentSink | undefined;
  /**
   * The bytes that `entry` asked for by number, before the next `entry`. They are valid until it returns: copy what is
   * kept (`Buffer.from(bytes)`). Called for empty files too.
   */
  content?(entry: LayerEntry, bytes: Buffer): void;
}

/**
 * Collects facts of one kind. Several collectors share one pass over the image.
 *
 * Layers may be read side by side and in any order, before it is known which place they have in the image, and layers
 * with the same content are read once. So a collector keeps what it sees by `content`, the number of the layer's
 * content; afterwards `ImageLayer.content` and `TreeEntry.content` say where it belongs. Content that the image does not use
 * after all (an archive may hold several images) is to be ignored.
 */
export interface Collector {
  layer(content: number): LayerVisitor;
}

/** Files' bytes as the layers have them, kept by path. */
export interface FileCollector extends Collector {
  /** The bytes of the file in the finished image, with the entry; undefined where it is not there or was not wanted. */
  final(image: Pick<ImageRead, "tree">, path: string): CollectedFile | undefined;
  /** All that are in the finished image, in the order of their paths' first appearance. */
  finals(image: Pick<ImageRead, "tree" | "layers">): CollectedFile[];
  /** All that any layer of the image has, deleted or replaced ones included, from the base up. */
  all(image: Pick<ImageRead, "layers">): LayerFile[];
  /** True when `most` bytes were reached and files after that were not kept: say so, do not take them for absent. */
  readonly full: boolean;
}

export interface CollectedFile {
  readonly path: string;
  readonly entry: TreeEntry;
  readonly bytes: Buffer;
}

export interface LayerFile {
  readonly path: string;
  /** Index of the layer in the image. */
  readonly layer: number;
  readonly size: number;
  readonly bytes: Buffer;
}

/**
 * Keeps the first bytes of files: `wanted` says how many of which (0 or undefined: none). `most` bounds all of them
 * together; `keep` looks at the bytes and may let them go at once.
 */
export function collectFiles(
  wanted: (entry: LayerEntry) => number | undefined,
  most = 32 * 1024 * 1024,
  keep: (bytes: Buffer, entry: LayerEntry) => boolean = () => true,
): FileCollector {
  const kept = new Map<number, Map<string, { bytes: Buffer; size: number }>>();
  let room = most;
  let full = false;
  const forget = (files: Map<string, { bytes: Buffer }>, path: string): void => {
    const before = files.get(path);
    if (before === undefined) return;
    room += before.bytes.length + 200;
    files.delete(path);
  };
  const at = (content: number, path: string) => kept.get(content)?.get(path);
  return {
    get full() {
      return full;
    },
    layer(content) {
      const files = new Map<string, { bytes: Buffer; size: number }>();
      kept.set(content, files);
      return {
        entry(entry) {
          if (entry.kind !== "file") return undefined;
          // Of two entries of one name the last one counts.
          if (files.size > 0) forget(files, entry.path);
          const bytes = wanted(entry);
          return bytes === undefined || bytes <= 0 ? undefined : bytes;
        },
        content(entry, bytes) {
          if (!keep(bytes, entry)) return;
          // The path and the map's own entry are counted too: a million empty files are no small thing.
          const cost = bytes.length + 200;
          if (cost > room) {
            full = true;
            return;
          }
          room -= cost;
          files.set(entry.path, { bytes: Buffer.from(bytes), size: entry.size });
        },
      };
    },
    final(image, path) {
      const entry = image.tree.entry(path);
      if (entry === undefined) return undefined;
      // The name under which the content is in its layer: another one for a hard link.
      const file = at(entry.content, entry.source);
      return file === undefined ? undefined : { path, entry, bytes: file.bytes };
    },
    finals(image) {
      const found = new Map<string, CollectedFile>();
      for (const { content } of image.layers) {
        for (const [path, { bytes }] of kept.get(content) ?? []) {
          const entry = image.tree.entry(path);
          if (entry?.content === content && entry.source === path) found.set(path, { path, entry, bytes });
        }
      }
      return [...found.values()];
    },
    all(image) {
      return image.layers.flatMap(({ index, content }) =>
        [...(kept.get(content) ?? [])].map(([path, { bytes, size }]) => ({
          path,
          layer: index,
          size,
          bytes,
        })),
      );
    },
  };
}
