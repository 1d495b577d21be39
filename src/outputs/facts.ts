import type { TableFormat } from "../config/expectations.ts";

/** What lies in the outputs folder after a run. No verdicts; what could not be looked at says why. */
export interface OutputFacts {
  /** Regular files, in the order of their paths. */
  readonly files: readonly OutputFile[];
  /** Why there may be files that are not listed; empty where all are. */
  readonly unlisted: string;
}

export interface OutputFile {
  /** Below the outputs folder, with forward slashes. */
  readonly path: string;
  readonly size: number;
  /** What was read of it, in each of the formats that it was to be read in. */
  readonly tables: Readonly<Partial<Record<TableFormat, TableFacts>>>;
}

export type TableFacts = Table | BrokenTable | UnreadTable;

export interface Table {
  readonly kind: "table";
  /** Undefined where the format knows rows and this file has none, such as JSON that is no list. */
  readonly rows: number | undefined;
  /** Names of columns; for JSON those of all keys, at whatever depth. Never values. */
  readonly columns: readonly string[];
  /** Set when there are more columns than are kept. */
  readonly moreColumns: boolean;
}

/** It is not what its format says. */
export interface BrokenTable {
  readonly kind: "broken";
  readonly reason: string;
}

/** It may be what its format says: we did not look, or not to the end. */
export interface UnreadTable {
  readonly kind: "unread";
  readonly reason: string;
}

export const broken = (reason: string): BrokenTable => ({ kind: "broken", reason });
export const unread = (reason: string): UnreadTable => ({ kind: "unread", reason });

const MOST_COLUMNS = 10_000;
/** Characters of a name that are kept. */
export const LONGEST_NAME = 500;

/** Different names in the order they were met, up to a bound. */
export class ColumnNames {
  readonly #names = new Set<string>();
  more = false;

  add(name: string): void {
    const short = name.slice(0, LONGEST_NAME);
    if (this.#names.has(short)) return;
    if (this.#names.size >= MOST_COLUMNS) this.more = true;
    else this.#names.add(short);
  }

  get list(): readonly string[] {
    return [...this.#names];
  }
}

/** Reads text piece by piece, in memory that does not grow with it. */
export interface TextReader {
  /** False when nothing that follows can change the result. */
  write(text: string): boolean;
  end(): TableFacts;
}
