import type { Range } from "../dockerfile/model.ts";

/** Steps from the top of a document to one of its parts: `["spec", "containers", 0]`. */
export type Path = readonly (string | number)[];

/** One Kubernetes object of a manifest; the items of a `List` are objects of their own. */
export interface ManifestDocument {
  /** As written; empty when it is missing. */
  readonly kind: string;
  readonly apiVersion: string;
  /** Maps have no prototype; aliases and merge keys are resolved. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Place of a part, on one line: its value, or its key when the value is a map or a list. A missing part is shown where it would stand. */
  rangeOf(path: Path): Range;
  /** Place of a part's key. */
  keyOf(path: Path): Range;
}

/** Why a manifest, or a part of it, could not be read. */
export interface ManifestProblem {
  readonly message: string;
  readonly range: Range;
}

/** A file of Kubernetes objects. */
export interface JobFacts {
  readonly file: string;
  readonly lines: readonly string[];
  readonly documents: readonly ManifestDocument[];
  readonly problems: readonly ManifestProblem[];
}
