import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { notWritable } from "../system/files.ts";
import type { Collector, ContentSink, LayerVisitor } from "./collector.ts";

/** Keeps one file of every layer that has it in a temporary file, until it is known which of them is the image's. */
export interface Extraction extends Collector {
  /** Where the file's bytes in this layer's content are; undefined where they were not seen whole. */
  at(content: number): string | undefined;
  /** Removes what is kept. */
  clear(): void;
}

/** `place` begins the names of the temporary files. Nothing of the image has a say in them. */
export function extractFile(path: string, place: string): Extraction {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const kept = new Map<number, { readonly file: string; whole: boolean; fd: number | undefined }>();
  return {
    layer(content): LayerVisitor {
      const file = `${place}.${content}.part`;
      return {
        entry(entry): ContentSink | undefined {
          if (entry.name !== name || entry.path !== path) return undefined;
          // Of two entries of one name the last one counts.
          if (kept.delete(content)) rmSync(file, { force: true });
          if (entry.kind !== "file") return undefined;
          const fd = opened(file);
          const state = { file, whole: false, fd: fd as number | undefined };
          kept.set(content, state);
          let written = 0;
          return {
            write(chunk) {
              try {
                for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
              } catch (error) {
                throw notWritable(file, error);
              }
              written += chunk.length;
              return true;
            },
            end() {
              closeSync(fd);
              state.fd = undefined;
              state.whole = written === entry.size;
            },
          };
        },
      };
    },
    at(content) {
      const found = kept.get(content);
      return found?.whole === true ? found.file : undefined;
    },
    clear() {
      for (const { fd, file } of kept.values()) {
        if (fd !== undefined) closeSync(fd);
        rmSync(file, { force: true });
      }
      kept.clear();
    },
  };
}

function opened(file: string): number {
  try {
    return openSync(file, "wx", 0o600);
  } catch (error) {
    throw notWritable(file, error);
  }
}
