import type { FileLocation } from "../../findings/finding.ts";
import { plainText } from "../plain.ts";
import { placeOf } from "./words.ts";

/** Characters shown on either side of the marked span, and of the span itself: lines of made code are long. */
const AROUND = 160;
const SPAN = 600;

/** A line of the user's file with the span that the finding is about marked. */
export function Excerpt({ location, excerpt }: { location: FileLocation; excerpt: string }) {
  const [before, span, after] = divide(location, excerpt);
  return (
    <figure class="excerpt">
      <figcaption>
        <code>{placeOf(location)}</code>
      </figcaption>
      <pre>
        <code>
          {before}
          {span !== "" && <mark>{span}</mark>}
          {after}
        </code>
      </pre>
    </figure>
  );
}

/** Divided before it is made plain: escapes are longer than what they stand for, and would shift the columns. */
export function divide(
  location: FileLocation,
  excerpt: string,
): [before: string, span: string, after: string] {
  const lead = excerpt.length - excerpt.trimStart().length;
  const start = location.startColumn - 1;
  const last = location.endLine > location.startLine ? excerpt.trimEnd().length : location.endColumn - 1;
  const end = Math.min(Math.max(last, start + 1), excerpt.trimEnd().length);
  if (start < lead || start >= end) return [plainText(excerpt.trim(), AROUND * 2 + SPAN), "", ""];
  const from = start - lead > AROUND ? start - AROUND : lead;
  return [
    (from > lead ? "…" : "") + plainText(excerpt.slice(from, start)),
    plainText(excerpt.slice(start, end), SPAN),
    plainText(excerpt.slice(end).trimEnd(), AROUND),
  ];
}
