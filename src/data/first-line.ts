import { type Column, checked, invalid, shown } from "./column.ts";
import { guessType } from "./guess.ts";

/** What a table's first line tells: names of columns, and the sign between them. */
export interface FirstLine {
  readonly columns: readonly Column[];
  readonly delimiter: string;
}

const DELIMITERS = [",", ";", "\t", "|"] as const;

/**
 * Reads the first line of a table. A line that looks like values is refused: its values would become names, and leave
 * with the made-up data. Fails with `data-schema.invalid`, which quotes nothing of such a line.
 */
export function readFirstLine(line: string): FirstLine {
  const text = line.replace(/^\uFEFF/, "").replace(/\r$/, "");
  const split = DELIMITERS.map((delimiter) => ({ delimiter, fields: fieldsOf(text, delimiter) }));
  const { delimiter, fields } = split.reduce((best, one) =>
    one.fields.length > best.fields.length ? one : best,
  );
  if (fields.some(isValue) || new Set(fields).size < fields.length)
    throw invalid(
      "The first line of the file looks like values and not like names, so nothing of it was used.",
      "Write the names yourself: pratique data --header id,age,sex",
    );
  return { columns: checked(fields.map((name) => ({ name, type: guessType(name), missing: 0 }))), delimiter };
}

/** Numbers, dates, nothing, addresses of mail; long digits inside, as in identifiers; sentences. */
const isValue = (field: string): boolean =>
  field === "" ||
  !/\p{L}/u.test(field) ||
  /\d{5}/.test(field) ||
  field.includes("@") ||
  field.split(/\s+/).length > 6;

function fieldsOf(line: string, delimiter: string): string[] {
  const fields: string[] = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const here = line[at];
    if (here === '"' && quoted && line[at + 1] === '"') {
      field += '"';
      at++;
    } else if (here === '"') quoted = !quoted;
    else if (here === delimiter && !quoted) {
      fields.push(field.trim());
      field = "";
    } else field += here;
  }
  return [...fields, field.trim()];
}

/** What was guessed, for a person: `age int[0..100]`. */
export const describeGuesses = (columns: readonly Column[]): string =>
  columns.map(({ name, type }) => `${shown(name).slice(1, -1)}: ${type.kind}`).join(", ");
