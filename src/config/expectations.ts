import type { FileLocation } from "../findings/finding.ts";

/** One thing that the settings ask of a test run, and where they ask for it. */
export interface Asked<T> {
  readonly value: T;
  readonly location: FileLocation;
  /** The line of the settings that the location points at. */
  readonly excerpt: string;
}

/** What a test run is expected to do; what is not said here is not judged. */
export interface Expectations {
  /** Any of these; undefined is 0. */
  readonly exitCode: Asked<readonly number[]> | undefined;
  readonly outputs: readonly Asked<ExpectedOutput>[];
  /** Patterns that no output may match. */
  readonly noOutputs: readonly Asked<string>[];
  /** Names, or patterns of names, that no column of an output may have. */
  readonly forbiddenColumns: readonly Asked<string>[];
  readonly log: { readonly match: readonly Asked<string>[]; readonly noMatch: readonly Asked<string>[] };
  /** Seconds. */
  readonly maxTime: Asked<number> | undefined;
  /** Bytes. */
  readonly maxMemory: Asked<number> | undefined;
  readonly allowAttempts: readonly Asked<AllowedAttempt>[];
}

export const TABLE_FORMATS = ["csv", "tsv", "json", "jsonl", "parquet"] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

export interface ExpectedOutput {
  /** A pattern below the outputs folder; at least one file must match. */
  readonly path: string;
  /** Every file that matches must be readable as this. */
  readonly format: TableFormat | undefined;
  /** Bytes. */
  readonly minSize: number | undefined;
  readonly rows: { readonly min: number; readonly max: number } | undefined;
}

/** A place that the program may try to reach although nobody answers. */
export interface AllowedAttempt {
  /** A name, `*.` and a domain for every name below it, or an address. */
  readonly host: string;
  readonly port: number | undefined;
  readonly reason: string;
}

export const nothingExpected: Expectations = {
  exitCode: undefined,
  outputs: [],
  noOutputs: [],
  forbiddenColumns: [],
  log: { match: [], noMatch: [] },
  maxTime: undefined,
  maxMemory: undefined,
  allowAttempts: [],
};
