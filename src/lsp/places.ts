import type { TextEdit as EditorEdit, Range } from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { FileLocation, TextEdit } from "../findings/finding.ts";

type Place = Omit<FileLocation, "file">;

/**
 * Turns places of findings into those of an editor, for one version of a text. Both count UTF-16 units, but findings
 * count from 1, pass over a byte order mark, and know no line that ends with a carriage return alone.
 */
export class Places {
  readonly text: string;
  readonly version: number;
  readonly #document: TextDocument;
  /** Where each line starts and its text ends. */
  readonly #lines: readonly { readonly start: number; readonly end: number }[];

  constructor(text: string, version: number) {
    this.text = text;
    this.version = version;
    this.#document = TextDocument.create("", "", version, text);
    this.#lines = readLines(text);
  }

  /** The range as far as it lies in the text. */
  range({ startLine, startColumn, endLine, endColumn }: Place): Range {
    const start = this.#offset(startLine, startColumn);
    return this.rangeOf(start, Math.max(start, this.#offset(endLine, endColumn)));
  }

  rangeOf(start: number, end: number): Range {
    return { start: this.#document.positionAt(start), end: this.#document.positionAt(end) };
  }

  /** The first line: where a finding stands that is about the whole file. */
  top(): Range {
    return this.range({ startLine: 1, startColumn: 1, endLine: 1, endColumn: Number.MAX_SAFE_INTEGER });
  }

  edit(edit: TextEdit): EditorEdit {
    const newText = this.#hasCarriage(edit.startLine) ? edit.text.replaceAll("\n", "\r\n") : edit.text;
    return { range: this.range(edit), newText };
  }

  /** True when the line, or for the last one that before it, ends as on Windows. */
  #hasCarriage(line: number): boolean {
    const found = this.#lines[Math.min(line, this.#lines.length - 1) - 1];
    return found !== undefined && this.text.startsWith("\r\n", found.end);
  }

  /** One edit that turns the text into another one: of the lines between the first and the last that differ. */
  editTo(other: string): EditorEdit {
    const shortest = Math.min(this.text.length, other.length);
    let start = 0;
    for (let at = 0; at < shortest && this.text[at] === other[at]; at++)
      if (this.text[at] === "\n") start = at + 1;
    let kept = 0;
    const most = shortest - start;
    for (let at = 1; at <= most; at++) {
      if (this.text[this.text.length - at] !== other[other.length - at]) break;
      // What is kept begins at a line of both.
      if (isLineStart(this.text, this.text.length - at) && isLineStart(other, other.length - at)) kept = at;
    }
    return {
      range: this.rangeOf(start, this.text.length - kept),
      newText: other.slice(start, other.length - kept),
    };
  }

  #offset(line: number, column: number): number {
    const found = this.#lines[Math.min(Math.max(line, 1), this.#lines.length) - 1];
    if (found === undefined) return 0;
    return line > this.#lines.length ? found.end : Math.min(found.start + Math.max(column, 1) - 1, found.end);
  }
}

const isLineStart = (text: string, at: number): boolean => at === 0 || text[at - 1] === "\n";

function readLines(text: string): { start: number; end: number }[] {
  const lines: { start: number; end: number }[] = [];
  let start = text.startsWith("\uFEFF") ? 1 : 0;
  for (;;) {
    const feed = text.indexOf("\n", start);
    if (feed < 0) {
      lines.push({ start, end: text.length });
      return lines;
    }
    lines.push({ start, end: feed > start && text[feed - 1] === "\r" ? feed - 1 : feed });
    start = feed + 1;
  }
}

/** The range in a file that no editor has told us the text of. */
export function plainRange({ startLine, startColumn, endLine, endColumn }: Place): Range {
  const from0 = (value: number): number => Math.max(value - 1, 0);
  return {
    start: { line: from0(startLine), character: from0(startColumn) },
    end: { line: from0(endLine), character: from0(endColumn) },
  };
}
