import type { ImageFacts } from "../image/facts.ts";
import type { Found } from "../image/fitness/collect.ts";
import { listOf } from "./helpers.ts";
import type { NotAssessed } from "./rule.ts";

/** What a rule about the image's files says where they could not be read. */
export const filesNotRead = ({ treeProblem }: ImageFacts): NotAssessed => ({
  notAssessed: `the image's files could not be read: ${treeProblem ?? "no reason is known"}`,
});

export const shortPath = (path: string): string => path.slice(0, 120);

/** A name of the image's as a fix has it: one that a shell would take for more than a name is left to be filled in. */
export const pastable = (name: string): string => (/^[\w./+@%:-]{1,200}$/.test(name) ? name : "<name>");

/** The first few of what was found, and how many more there are. */
export function someOfFound({ count, paths }: Found, most = 3): string {
  const shown = paths.slice(0, most).map(shortPath);
  return count <= shown.length ? listOf(shown) : `${shown.join(", ")} and ${count - shown.length} more`;
}
