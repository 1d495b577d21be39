import type { Position } from "./model.ts";

/** Where a run of characters of a text came from. */
export interface Segment {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** The place in the file of an offset in the text that the segments make up, in order. */
export function locate(segments: readonly Segment[], offset: number): Position {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((segments[middle]?.offset ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const segment = segments[low];
  if (segment === undefined) return { line: 1, column: 1 };
  return { line: segment.line, column: segment.column + offset - segment.offset };
}

/** Finds places in a text whose first line has this number. */
export function lineLocator(text: string, firstLine: number): (offset: number) => Position {
  const segments: Segment[] = [{ offset: 0, line: firstLine, column: 1 }];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    segments.push({ offset: at + 1, line: firstLine + segments.length, column: 1 });
  }
  return (offset) => locate(segments, offset);
}
