import { plural, sizeOf } from "../../findings/counting.ts";
import { CACHES } from "../../image/layers/caches.ts";
import type { CacheSpace, SpaceFacts } from "../../image/layers/facts.ts";
import { fixOf, listOf } from "../helpers.ts";
import { shortInstruction } from "../instruction-text.ts";
import { defineRule } from "../rule.ts";
import { spaceOf } from "../space-examples.ts";

/** Less is not worth a line; an empty lock file or a stamp is always left. */
const LEAST = 1_000_000;

const pip: CacheSpace = {
  cache: "pip",
  paths: ["/root/.cache/pip"],
  bytes: 320_000_000,
  files: 14,
  layers: [{ layer: 1, bytes: 320_000_000 }],
};

export default defineRule<"image">({
  id: "cache-left-behind",
  title: "A cache is left behind in the image",
  category: "size",
  needs: "image",
  severity: "warning",
  requirements: ["IMG-06", "BG-02"],
  why: "Caches make the next installation quicker, and in a finished image there is none. They make the image larger, its transfer into the Safe Haven longer and its review harder.",
  fix: "Clear the cache in the RUN that fills it, or tell the program to keep none; a later RUN cannot make the image smaller.",
  aliases: [...new Set(CACHES.flatMap(({ aliases = [] }) => aliases))],
  examples: {
    bad: [
      { title: "the cache of pip", facts: { space: spaceOf({ caches: [pip] }) } },
      {
        title: "the package lists of apt, in two layers",
        facts: {
          space: spaceOf({
            caches: [
              {
                cache: "apt-lists",
                paths: ["/var/lib/apt/lists"],
                bytes: 43_000_000,
                files: 12,
                layers: [
                  { layer: 1, bytes: 42_000_000 },
                  { layer: 0, bytes: 1_000_000 },
                ],
              },
            ],
          }),
        },
      },
      {
        title: "nobody knows where the base ends",
        facts: {
          space: spaceOf({
            base: { known: "no", reason: "its history is empty" },
            caches: [{ ...pip, layers: [{ layer: 0, bytes: 320_000_000 }] }],
          }),
        },
      },
    ],
    good: [
      { title: "there is none", facts: {} },
      {
        title: "it came with the base",
        facts: { space: spaceOf({ caches: [{ ...pip, layers: [{ layer: 0, bytes: 320_000_000 }] }] }) },
      },
      {
        title: "a stamp",
        facts: { space: spaceOf({ caches: [{ ...pip, layers: [{ layer: 1, bytes: 400 }] }] }) },
      },
      {
        title: "models that the job needs",
        facts: { space: spaceOf({ caches: [{ ...pip, cache: "hugging-face" }] }) },
      },
      {
        title: "not assessed when the files cannot be read",
        facts: { space: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check({ space, treeProblem }) {
    if (space === undefined) {
      yield {
        notAssessed: `the image's files could not be read: ${treeProblem ?? "no reason is known"}`,
      };
      return;
    }
    for (const { advice, aliases = [], id, line, what } of CACHES) {
      const found = space.caches.find(({ cache }) => cache === id);
      if (found === undefined || advice === undefined) continue;
      const own = found.layers.filter(({ layer }) => !isBase(space, layer));
      const bytes = own.reduce((sum, one) => sum + one.bytes, 0);
      if (bytes < LEAST) continue;
      const [most] = own;
      const instruction = most === undefined ? undefined : space.layers[most.layer]?.instruction;
      const places = found.paths.slice(0, 3).map((path) => path.slice(0, 200));
      const more = found.paths.length - places.length;
      yield {
        message: `The image holds ${what} (${sizeOf(bytes)}) in ${listOf(more > 0 ? [...places, plural(more, "more place")] : places)}${instruction === undefined ? "" : `; most of it came with “${shortInstruction(instruction)}”`}.`,
        fix: fixOf(advice, ...(line?.split("\n") ?? [])),
        location: { imagePath: found.paths[0] ?? "/" },
        subjects: [`cache:${id}`],
        aliases,
      };
    }
  },
});

/** What the base brought nobody can clear here. */
const isBase = ({ base }: SpaceFacts, layer: number): boolean => base.known !== "no" && layer < base.layers;
