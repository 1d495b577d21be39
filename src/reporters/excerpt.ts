import type { FileLocation } from "../findings/finding.ts";
import { plainText } from "./plain.ts";

/** A source line in three parts, each safe to show, so that escapes inside it cannot shift the mark. */
export interface MarkedLine {
  readonly before: string;
  /** What the finding is about; empty when the location points outside the line: then all stands before it. */
  readonly marked: string;
  readonly after: string;
}

/** How many characters are kept on either side of the mark, and of what is marked: lines of made code are long. */
export interface Room {
  readonly around: number;
  readonly marked: number;
}

/** Splits the line that a location points at; indentation is dropped and tabs are one space wide. */
export function markedLine(
  excerpt: string,
  location: FileLocation,
  room: Room = { around: 2000, marked: 2000 },
): MarkedLine {
  const line = (excerpt.split("\n", 1)[0] ?? "").trimEnd();
  const lead = line.length - line.trimStart().length;
  const last =
    location.endLine > location.startLine ? line.length : Math.min(location.endColumn - 1, line.length);
  const start = Math.max(location.startColumn - 1, lead);
  const show = (part: string, most: number): string => plainText(part.replaceAll("\t", " "), most);
  if (last <= start)
    return { before: show(line.slice(lead), room.around * 2 + room.marked), marked: "", after: "" };
  const from = Math.max(lead, start - room.around);
  // Divided before it is made plain: escapes are longer than what they stand for.
  return {
    before: (from > lead ? "…" : "") + show(line.slice(from, start), room.around * 10),
    marked: show(line.slice(start, last), room.marked),
    after: show(line.slice(last), room.around),
  };
}
