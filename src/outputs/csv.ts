import { plural } from "../findings/counting.ts";
import { broken, ColumnNames, type TableFacts, type TextReader, unread } from "./facts.ts";

/** No header of a real table is longer. */
const LONGEST_HEADER = 1024 * 1024;
const DELIMITERS = [",", "\t", ";", "|"];

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

type State = "start" | "plain" | "quoted" | "quote";

/**
 * Delimited text: quoted fields may hold delimiters, line breaks and doubled quotes; empty lines count for nothing; the
 * first record is the header. The delimiter is the one that the header has most of, unless it is given.
 */
export class CsvReader implements TextReader {
  readonly #columns = new ColumnNames();
  #delimiter: number | undefined;
  #header: string | undefined = "";
  /** Where to look on in the header, and whether that is within quotes. */
  #scanned = 0;
  #open = false;
  #problem: TableFacts | undefined;

  #state: State = "start";
  #fields = 1;
  #empty = true;
  #rows = 0;
  #width = 0;
  #least = Number.POSITIVE_INFINITY;
  #most = 0;
  #uneven: { readonly row: number; readonly fields: number } | undefined;

  constructor(delimiter?: "," | "\t") {
    this.#delimiter = delimiter?.charCodeAt(0);
  }

  write(text: string): boolean {
    if (this.#problem !== undefined) return false;
    if (text.includes("\0")) {
      this.#problem = broken("it holds bytes that are no text");
      return false;
    }
    if (this.#header === undefined) this.#body(text);
    else this.#readHeader(this.#header + text);
    return this.#problem === undefined;
  }

  end(): TableFacts {
    if (this.#problem === undefined && this.#header !== undefined) {
      if (this.#open) return broken("a quote in its first line is never closed");
      this.#useHeader(this.#header);
    }
    if (this.#problem !== undefined) return this.#problem;
    if (this.#width === 0) return broken("it is empty: not even a header was written");
    if (this.#state === "quoted")
      return broken(`a quote that is opened in row ${this.#rows + 1} is never closed`);
    this.#endRecord();
    // R writes the names of rows without a name for their column; others end each line with a delimiter.
    const shifted = this.#least === this.#width + 1 && this.#most === this.#width + 1;
    if (this.#uneven !== undefined && !shifted) {
      const { row, fields } = this.#uneven;
      return broken(`row ${row} has ${plural(fields, "field")}, and the header has ${this.#width}`);
    }
    return {
      kind: "table",
      rows: this.#rows,
      columns: this.#columns.list,
      moreColumns: this.#columns.more,
    };
  }

  #readHeader(text: string): void {
    let start = 0;
    for (let i = this.#scanned; i < text.length; i++) {
      const char = text.charCodeAt(i);
      if (char === QUOTE) this.#open = !this.#open;
      if ((char !== NEWLINE && char !== RETURN) || this.#open) continue;
      const line = text.slice(start, i);
      start = i + 1;
      if (line.trim() === "") continue;
      this.#useHeader(line);
      this.#body(text.slice(start));
      return;
    }
    this.#header = text.slice(start);
    this.#scanned = this.#header.length;
    if (this.#scanned > LONGEST_HEADER) this.#problem = unread("its first line is longer than 1 MB");
  }

  #useHeader(line: string): void {
    this.#header = undefined;
    if (line.trim() === "") return;
    this.#delimiter ??= mostOf(line).charCodeAt(0);
    const fields = headerFields(line, String.fromCharCode(this.#delimiter));
    for (const field of fields) this.#columns.add(field);
    this.#width = fields.length;
  }

  #body(text: string): void {
    const delimiter = this.#delimiter;
    let state = this.#state;
    for (let i = 0; i < text.length; i++) {
      const char = text.charCodeAt(i);
      if (state === "quoted") {
        if (char === QUOTE) state = "quote";
        continue;
      }
      if (char === QUOTE) {
        this.#empty = false;
        if (state === "start" || state === "quote") state = "quoted";
        continue;
      }
      if (char === delimiter) {
        this.#fields++;
        this.#empty = false;
        state = "start";
      } else if (char === NEWLINE || char === RETURN) {
        this.#endRecord();
        state = "start";
      } else {
        if (char !== 0x20) this.#empty = false;
        state = "plain";
      }
    }
    this.#state = state;
  }

  #endRecord(): void {
    if (!this.#empty) {
      const fields = this.#fields;
      this.#rows++;
      if (fields !== this.#width) this.#uneven ??= { row: this.#rows, fields };
      if (fields < this.#least) this.#least = fields;
      if (fields > this.#most) this.#most = fields;
    }
    this.#fields = 1;
    this.#empty = true;
  }
}

/** The delimiter that stands most often outside quotes; a comma where there is none. */
function mostOf(line: string): string {
  const counts = new Map(DELIMITERS.map((delimiter) => [delimiter, 0]));
  let open = false;
  for (const char of line) {
    if (char === '"') open = !open;
    const count = open ? undefined : counts.get(char);
    if (count !== undefined) counts.set(char, count + 1);
  }
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

function headerFields(line: string, delimiter: string): string[] {
  const fields: string[] = [];
  let start = 0;
  let open = false;
  for (let i = 0; i <= line.length; i++) {
    if (line[i] === '"') open = !open;
    if (i < line.length && (open || line[i] !== delimiter)) continue;
    fields.push(nameOf(line.slice(start, i)));
    start = i + 1;
  }
  return fields;
}

function nameOf(field: string): string {
  const text = field.trim();
  const quoted = text.length > 1 && text.startsWith('"') && text.endsWith('"');
  return quoted ? text.slice(1, -1).replaceAll('""', '"') : text;
}
