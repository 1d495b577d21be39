import type { TextEdit } from "../findings/finding.ts";

/** The edits that cure one finding: all of them are made, or none. */
export type EditGroup = readonly TextEdit[];

export interface Applied {
  readonly text: string;
  /** Indices of the groups that were applied; the others stand in the way of these, or are out of the text. */
  readonly applied: readonly number[];
}

/** An edit with its place as offsets into the text. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Applies edits to a text whose lines and columns they count as the parser does: from 1, in UTF-16 units, without a
 * byte order mark. Where groups are in each other's way the first in file order wins; what stood there before keeps its
 * line endings, and what is added takes those of its neighbourhood.
 */
export function applyEdits(text: string, groups: readonly EditGroup[]): Applied {
  const mark = text.startsWith("\uFEFF") ? 1 : 0;
  const lines = readLines(text, mark);
  const known = groups
    .map((group, index) => ({ index, spans: spansOf(group, text, lines) }))
    .filter((group): group is { index: number; spans: readonly Span[] } => group.spans !== undefined)
    .sort((a, b) => firstStart(a.spans) - firstStart(b.spans) || a.index - b.index);

  const taken: Span[] = [];
  const applied: number[] = [];
  for (const { index, spans } of known) {
    if (spans.some((span) => meetsAny(span, taken))) continue;
    // Insertions of one group at one place keep the order they were given in.
    for (const span of spans) taken.splice(placeAfter(taken, span.start), 0, span);
    applied.push(index);
  }
  return { text: rebuild(text, taken), applied: applied.sort((a, b) => a - b) };
}

function rebuild(text: string, spans: readonly Span[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const span of spans) {
    parts.push(text.slice(at, span.start), span.text);
    at = span.end;
  }
  parts.push(text.slice(at));
  return parts.join("");
}

const firstStart = (spans: readonly Span[]): number => spans[0]?.start ?? 0;

/** Two groups that touch are in each other's way too: which of them goes first would be a guess. */
const meet = (a: Span, b: Span): boolean => a.start <= b.end && b.start <= a.end;

/** Spans in `taken` are sorted and do not overlap, so only the neighbours can be met. */
function meetsAny(span: Span, taken: readonly Span[]): boolean {
  const after = placeAfter(taken, span.start);
  const before = taken[after - 1];
  const next = taken[after];
  return (before !== undefined && meet(before, span)) || (next !== undefined && meet(span, next));
}

/** Index of the first span that starts behind `offset`. */
function placeAfter(spans: readonly Span[], offset: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.start ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Line {
  readonly start: number;
  /** Where its text ends and its line ending begins. */
  readonly end: number;
  /** Empty for the last line. */
  readonly ending: "" | "\n" | "\r\n";
}

function readLines(text: string, from: number): Line[] {
  const lines: Line[] = [];
  let start = from;
  for (;;) {
    const feed = text.indexOf("\n", start);
    if (feed < 0) {
      lines.push({ start, end: text.length, ending: "" });
      return lines;
    }
    const carriage = feed > start && text[feed - 1] === "\r";
    lines.push({ start, end: carriage ? feed - 1 : feed, ending: carriage ? "\r\n" : "\n" });
    start = feed + 1;
  }
}

/** The spans of a group in file order; undefined when an edit is not in the text or two of them overlap. */
function spansOf(group: EditGroup, text: string, lines: readonly Line[]): readonly Span[] | undefined {
  if (group.length === 0) return undefined;
  const spans: Span[] = [];
  for (const edit of group) {
    const start = offsetOf(lines, edit.startLine, edit.startColumn);
    const end = offsetOf(lines, edit.endLine, edit.endColumn);
    if (start === undefined || end === undefined || end < start) return undefined;
    const ending = endingAt(lines, edit.startLine);
    spans.push({ start, end, text: ending === "\n" ? edit.text : edit.text.replaceAll("\n", ending) });
  }
  spans.sort((a, b) => a.start - b.start);
  const overlap = spans.some((span, index) => index > 0 && span.start < (spans[index - 1]?.end ?? 0));
  // An edit that changes nothing would be made again in every pass.
  const idle = spans.every((span) => text.slice(span.start, span.end) === span.text);
  return overlap || idle ? undefined : spans;
}

function offsetOf(lines: readonly Line[], line: number, column: number): number | undefined {
  const found = lines[line - 1];
  if (found === undefined || column < 1 || !Number.isInteger(column)) return undefined;
  const offset = found.start + column - 1;
  return offset <= found.end ? offset : undefined;
}

/** The line ending in use at a line: its own, or that of the line before when it is the last. */
function endingAt(lines: readonly Line[], line: number): string {
  return lines[line - 1]?.ending || lines[line - 2]?.ending || "\n";
}
