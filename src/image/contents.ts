import type { DataInImage } from "./data/data.ts";
import type { GpuSoftware } from "./gpu/gpu.ts";
import type { ModelCaches } from "./offline/caches.ts";
import type { FileSecrets } from "./secrets/secrets.ts";

/** What lies in the image beside its software. Reading only: no verdicts. */
export interface ImageContents {
  /** For each layer the instruction that made it, as it is written in a Dockerfile; empty where it is not known. */
  readonly instructions: readonly string[];
  /** All that the image says was done to make it, as the builder wrote it down. It may hold secrets: show none of it. */
  readonly history: readonly string[];
  readonly secrets: FileSecrets;
  readonly data: DataInImage;
  readonly caches: ModelCaches;
  readonly gpu: GpuSoftware;
  /** What the project's code loads by name, where it is known; undefined where the image was looked at by itself. */
  readonly asked: readonly AskedFor[] | undefined;
}

/** A model or word list that a line of the project's code loads. */
export interface AskedFor {
  /** The kind of cache that it would be found in. */
  readonly kind: string;
  readonly name: string;
  readonly place: {
    readonly file: string;
    readonly startLine: number;
    readonly startColumn: number;
    readonly endLine: number;
    readonly endColumn: number;
  };
  readonly excerpt: string;
}
