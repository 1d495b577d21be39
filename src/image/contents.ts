import type { DataInImage } from "./data/data.ts";
import type { FileSecrets } from "./secrets/secrets.ts";

/** What lies in the image beside its software. Reading only: no verdicts. */
export interface ImageContents {
  /** For each layer the instruction that made it, as it is written in a Dockerfile; empty where it is not known. */
  readonly instructions: readonly string[];
  /** All that the image says was done to make it, as the builder wrote it down. It may hold secrets: show none of it. */
  readonly history: readonly string[];
  readonly secrets: FileSecrets;
  readonly data: DataInImage;
}
