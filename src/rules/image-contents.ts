import type { ImageContents } from "../image/contents.ts";
import type { ImageFacts } from "../image/facts.ts";
import type { NotAssessed } from "./rule.ts";

/** How rules speak of the image's layers, and of what could not be looked at. */

/** “layer 3 (COPY . /opt/app)”. */
export function layerWords({ instructions }: Pick<ImageContents, "instructions">, index: number): string {
  // Old builders write a digest in the place of what was copied.
  const text = (instructions[index] ?? "").replace(/\b(dir|file|multi):[0-9a-f]{16,}/g, "$1");
  if (text === "") return `layer ${index + 1}`;
  return `layer ${index + 1} (${text.length > 80 ? `${text.slice(0, 80)}…` : text})`;
}

/** What is said where the files could not be read, or not all of them. */
export function* unread(
  image: Pick<ImageFacts, "treeProblem">,
  notAssessed: readonly string[] | undefined,
): Generator<NotAssessed> {
  if (notAssessed === undefined)
    yield {
      notAssessed: `the image's files could not be read: ${image.treeProblem ?? "no reason is known"}`,
    };
  else if (notAssessed.length > 0) yield { notAssessed: `not looked at: ${notAssessed.join("; ")}` };
}
