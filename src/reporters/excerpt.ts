import type { FileLocation } from "../findings/finding.ts";
import { plainText } from "./plain.ts";

/** A source line in three parts, each safe to show, so that escapes inside it cannot shift the mark. */
export interface MarkedLine {
  readonly before: string;
  /** What the finding is about; empty when the location points outside the line. */
  readonly marked: string;
  readonly after: string;
}

/** Splits the line that a location points at; indentation is dropped and tabs are one space wide. */
export function markedLine(excerpt: string, location: FileLocation): MarkedLine {
  const line = (excerpt.split("\n", 1)[0] ?? "").slice(0, 2000).trimEnd();
  const lead = line.length - line.trimStart().length;
  const end =
    location.endLine > location.startLine ? line.length : Math.min(location.endColumn - 1, line.length);
  const from = Math.min(Math.max(location.startColumn - 1, lead), line.length);
  const to = Math.max(from, end);
  const show = (part: string): string => plainText(part.replaceAll("\t", " "));
  return {
    before: show(line.slice(lead, from)),
    marked: show(line.slice(from, to)),
    after: show(line.slice(to)),
  };
}
