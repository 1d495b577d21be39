import type { Column } from "./column.ts";
import { rowsOf, type Value } from "./generate.ts";

export interface TableToWrite {
  readonly columns: readonly Column[];
  readonly rows: number;
  readonly seed: number;
}

/** A table as CSV (RFC 4180, lines end with \n, what is missing is empty), line by line. */
export function* csvLines({ columns, rows, seed }: TableToWrite, delimiter = ","): Generator<string> {
  const field = (value: Value): string => {
    const text = value === null ? "" : String(value);
    return text.includes(delimiter) || /["\r\n]/.test(text) || /^\s|\s$/.test(text)
      ? `"${text.replaceAll('"', '""')}"`
      : text;
  };
  const line = (values: readonly Value[]): string => {
    const text = values.map(field).join(delimiter);
    // An empty line is none to most readers.
    return `${text === "" ? '""' : text}\n`;
  };
  yield line(columns.map(({ name }) => name));
  for (const values of rowsOf(columns, rows, seed)) yield line(values);
}

/** A table as JSON lines: one object for each row; what is missing is null. */
export function* jsonLines({ columns, rows, seed }: TableToWrite): Generator<string> {
  const names = columns.map(({ name }) => JSON.stringify(name));
  const numeric = columns.map(({ type }) => type.kind === "number");
  for (const values of rowsOf(columns, rows, seed)) {
    const pairs = values.map(
      (value, at) => `${names[at]}:${numeric[at] === true ? (value ?? "null") : JSON.stringify(value)}`,
    );
    yield `{${pairs.join(",")}}\n`;
  }
}
