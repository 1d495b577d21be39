import { createHash } from "node:crypto";
import type { Collector, ContentSink, LayerVisitor } from "../collector.ts";
import { bytes32 } from "../paths.ts";

/** Where an entry's bytes are: the number of a layer's content, and the entry's place in its archive. */
interface Place {
  readonly content: number;
  readonly row: number;
}

/** Digests of files' contents, 16 bytes for each entry: enough that nobody finds two contents with the same one. */
export interface FileDigests extends Collector {
  /** The digest's four words of 32 bits. */
  at(place: Place): readonly number[] | undefined;
}

const WORDS = 4;

export function collectDigests(): FileDigests {
  const layers = new Map<number, ReturnType<typeof words>>();
  return {
    layer(content): LayerVisitor {
      const columns = words();
      layers.set(content, columns);
      return {
        entry(entry): ContentSink | undefined {
          const row = columns[0]?.length ?? 0;
          for (const column of columns) column.push(0);
          if (entry.kind !== "file" || entry.readable === 0) return undefined;
          const hash = createHash("sha256");
          return {
            write(chunk) {
              hash.update(chunk);
              return true;
            },
            end() {
              const digest = hash.digest();
              for (const [word, column] of columns.entries()) column.set(row, digest.readUInt32LE(word * 4));
            },
          };
        },
      };
    },
    at: ({ content, row }) => layers.get(content)?.map((column) => column.get(row)),
  };
}

const words = () => Array.from({ length: WORDS }, bytes32);

/** Whether two files have the same content, as far as their digests tell. */
export const sameDigest = (a: readonly number[] | undefined, b: readonly number[] | undefined): boolean =>
  a?.every((word, index) => word === b?.[index]) === true;
