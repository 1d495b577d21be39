import type { FileLocation } from "../../findings/finding.ts";
import { markedLine } from "../excerpt.ts";
import { placeOf } from "./words.ts";

const ROOM = { around: 160, marked: 600 } as const;

/** A line of the user's file with the span that the finding is about marked. */
export function Excerpt({ location, excerpt }: { location: FileLocation; excerpt: string }) {
  const { before, marked, after } = markedLine(excerpt, location, ROOM);
  return (
    <figure class="excerpt">
      <figcaption>
        <code>{placeOf(location)}</code>
      </figcaption>
      <pre>
        <code>
          {before}
          {marked !== "" && <mark>{marked}</mark>}
          {after}
        </code>
      </pre>
    </figure>
  );
}
