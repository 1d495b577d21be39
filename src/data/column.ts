import { PratiqueError } from "../errors.ts";

/** What the values of a column are like. Bounds are part of the range. */
export type ValueType =
  /** 1, 2, 3, …; with a prefix `S0001`, `S0002`, … */
  | { readonly kind: "id"; readonly prefix: string }
  | { readonly kind: "integer"; readonly minimum: number; readonly maximum: number }
  | { readonly kind: "number"; readonly minimum: number; readonly maximum: number; readonly decimals: number }
  | { readonly kind: "boolean" }
  /** Days since 1970-01-01. */
  | { readonly kind: "date"; readonly minimum: number; readonly maximum: number }
  /** Seconds since 1970-01-01T00:00:00Z. */
  | { readonly kind: "datetime"; readonly minimum: number; readonly maximum: number }
  /** Made-up words, so many. */
  | { readonly kind: "text"; readonly minimum: number; readonly maximum: number }
  | { readonly kind: "category"; readonly choices: readonly Choice[] };

export interface Choice {
  readonly value: string | number | boolean;
  /** How often, against the others; above 0. */
  readonly weight: number;
}

export interface Column {
  readonly name: string;
  readonly type: ValueType;
  /** Share of values that are missing, 0 to 1. */
  readonly missing: number;
}

/** A table to be made, with what the description leaves open undefined. */
export interface TableDescription {
  readonly columns: readonly Column[];
  readonly rows: number | undefined;
  readonly seed: number | undefined;
  /** What of the description is not kept to, in words. */
  readonly notes: readonly string[];
}

const MOST_COLUMNS = 10_000;

export const invalid = (message: string, hint: string): PratiqueError =>
  new PratiqueError("data-schema.invalid", message, { hint });

/** A name in a message: on one line, and not too long. */
export const shown = (text: string): string => `“${text.replace(/[\p{C}\s]+/gu, " ").slice(0, 60)}”`;

/** The same columns, where they can be those of one table; else fails with `data-schema.invalid`. */
export function checked(columns: readonly Column[]): readonly Column[] {
  if (columns.length === 0) throw invalid("There is no column.", "Name at least one: id,age:int[18..90]");
  if (columns.length > MOST_COLUMNS)
    throw invalid(`There are ${columns.length} columns: more than ${MOST_COLUMNS}.`, "Make several tables.");
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (name === "" || name.length > 200 || /\p{Cc}/u.test(name))
      throw invalid(
        `${shown(name)} is no name of a column.`,
        "A name has 1 to 200 characters and no line breaks.",
      );
    if (seen.has(name))
      throw invalid(`Two columns are called ${shown(name)}.`, "Give each a name of its own.");
    seen.add(name);
  }
  return columns;
}
