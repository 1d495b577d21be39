import type { Finding } from "../findings/finding.ts";
import type { PackageChanges, ValueChange } from "./changes.ts";
import type { FileAmount } from "./report.ts";

/** Version of the document's shape; the same rules as for a report. */
export const DIFF_SCHEMA = "pratique-diff/1.0";

/** What two images have that is not the same. */
export interface ImageDiff {
  readonly schema: typeof DIFF_SCHEMA;
  readonly tool: { readonly name: "pratique"; readonly version: string };
  readonly before: ComparedImage;
  readonly after: ComparedImage;
  /** Whether anything differs that a job could notice, or a finding. Layers alone count for nothing. */
  readonly differs: boolean;
  /** Files were compared by their `contents`, or by their `sizes` only. */
  readonly filesComparedBy: "contents" | "sizes";
  /** User, working folder, entrypoint, command, platform, ports, volumes. */
  readonly settings: readonly ValueChange[];
  readonly environment: readonly ValueChange[];
  readonly labels: readonly ValueChange[];
  readonly layers: {
    /** How many of the lowest are the same in both. */
    readonly shared: number;
    readonly before: readonly ComparedLayer[];
    readonly after: readonly ComparedLayer[];
  };
  readonly packages: PackageChanges & {
    /** What may be there and could not be told, in either. */
    readonly notAssessed: readonly string[];
  };
  readonly files: {
    readonly added: FileAmount;
    readonly removed: FileAmount;
    readonly changed: { readonly files: number; readonly before: number; readonly after: number };
    /** Names of every kind that differ, the biggest first. */
    readonly list: readonly ComparedPath[];
    /** How many more there are than are listed. */
    readonly unlisted: number;
  };
  readonly findings: { readonly came: readonly Finding[]; readonly went: readonly Finding[] };
  readonly notes: readonly string[];
}

export interface ComparedImage {
  readonly name: string;
  readonly id: string;
  readonly digest: string | null;
  /** Bytes of all layers, as the image's source counts them, and of the files in the finished image. */
  readonly size: number;
  readonly bytes: number;
  readonly files: number;
  readonly layers: number;
}

export interface ComparedLayer {
  readonly index: number;
  readonly diffId: string;
  readonly instruction: string | null;
  readonly size: number;
}

export interface ComparedPath {
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
  /** What is not the same, where both have it: `kind`, `content`, `mode`, `owner`, `target`. */
  readonly what: readonly string[];
  readonly before: ComparedEntry | null;
  readonly after: ComparedEntry | null;
}

export interface ComparedEntry {
  readonly kind: string;
  readonly size: number;
  /** In octal: `755`. */
  readonly mode: string;
  readonly owner: string;
  /** Of a symbolic link. */
  readonly target?: string;
}
