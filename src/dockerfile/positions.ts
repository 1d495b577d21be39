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
