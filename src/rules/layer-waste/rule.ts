import { plural, sizeOf } from "../../findings/counting.ts";
import type { LayerSpace, SpaceFacts } from "../../image/layers/facts.ts";
import { fixOf, listOf } from "../helpers.ts";
import { shortInstruction } from "../instruction-text.ts";
import { defineRule } from "../rule.ts";
import { layerOf, spaceOf } from "../space-examples.ts";

/** What is worth a line: so many bytes, and so much of all that the layers hold. */
const LEAST_BYTES = 20_000_000;
const LEAST_SHARE = 0.02;

const base = layerOf({ index: 0, fromBase: true, bytes: 300_000_000, instruction: "ADD rootfs.tar.xz /" });
const copied = layerOf({
  index: 1,
  bytes: 900_000_000,
  lost: 900_000_000,
  instruction: "COPY models /opt/models",
});
const all = { files: 12, bytes: 900_000_000 };
const taken = [{ layer: 1, bytes: 900_000_000 }];

export default defineRule<"image">({
  id: "layer-waste",
  title: "Layers hold what a later one replaces or removes",
  category: "size",
  needs: "image",
  severity: "info",
  requirements: [],
  why: "A layer only ever adds to an image: what a later one deletes or changes is still in it, is transferred into the Safe Haven, and can be read by whoever has the image.",
  fix: "Delete files in the RUN that makes them, copy them with the owner and rights that they shall have, and build in a stage of its own.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "deleted in another RUN",
        facts: {
          space: spaceOf({
            layers: [
              base,
              copied,
              layerOf({ index: 2, instruction: "RUN rm -rf /opt/models", removed: all, taken }),
            ],
          }),
        },
      },
      {
        title: "the owner changed afterwards",
        facts: {
          space: spaceOf({
            layers: [
              base,
              copied,
              layerOf({
                index: 2,
                instruction: "RUN chown -R nonroot /opt/models",
                replaced: all,
                rewritten: all,
                taken,
              }),
            ],
          }),
        },
      },
      {
        title: "the base upgraded",
        facts: {
          space: spaceOf({
            layers: [
              base,
              layerOf({
                instruction: undefined,
                replaced: { files: 900, bytes: 80_000_000 },
                taken: [{ layer: 0, bytes: 80_000_000 }],
              }),
            ],
          }),
        },
      },
    ],
    good: [
      { title: "nothing was replaced", facts: {} },
      {
        title: "a little",
        facts: {
          space: spaceOf({ layers: [base, { ...copied, taken: [{ layer: 0, bytes: 6_000_000 }] }] }),
        },
      },
      {
        title: "what the base did to itself",
        facts: {
          space: spaceOf({
            layers: [base, { ...copied, fromBase: true, taken: [{ layer: 0, bytes: 90_000_000 }] }],
          }),
        },
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
    const whole = space.layers.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const layer of space.layers) {
      const bytes = layer.taken.reduce((sum, one) => sum + one.bytes, 0);
      if (layer.fromBase === true || bytes < LEAST_BYTES || bytes < whole * LEAST_SHARE) continue;
      const files = layer.replaced.files + layer.removed.files;
      const did = layer.removed.bytes > layer.replaced.bytes ? "removes" : "replaces";
      const holders = layer.taken.slice(0, 2).map((one) => named(space.layers[one.layer], one.layer));
      yield {
        message: `L${named(layer, layer.index).slice(1)} ${did} ${sizeOf(bytes)} in ${plural(files, "file")}, which ${listOf(holders)} still ${holders.length === 1 ? "holds" : "hold"}.`,
        fix: fixFor(layer, bytes, space),
        location: { imagePath: "config" },
        subjects: [`waste:${layer.diffId}`],
      };
    }
  },
});

const named = (layer: LayerSpace | undefined, index: number): string =>
  layer?.instruction === undefined
    ? `layer ${index + 1}`
    : `layer ${index + 1} (“${shortInstruction(layer.instruction)}”)`;

function fixFor(layer: LayerSpace, bytes: number, { base: { known }, layers }: SpaceFacts): string {
  const ofBase = layer.taken.reduce(
    (sum, one) => sum + (layers[one.layer]?.fromBase === true ? one.bytes : 0),
    0,
  );
  if (layer.rewritten.bytes > bytes / 2)
    return fixOf(
      "The files kept their size, so most likely only their owner or rights changed: give them these when they come in.",
      "COPY --chown=root:root --chmod=a+rX <source> <target>",
    );
  if (known !== "no" && ofBase > bytes / 2)
    return "Start from a newer or leaner base image in place of changing so much of this one.";
  if (layer.removed.bytes > layer.replaced.bytes)
    return fixOf(
      "Delete the files in the RUN that makes them, or make them in a stage of its own and copy what is needed.",
      "COPY --from=build /opt/app /opt/app",
    );
  return "Do both steps in one RUN, or in a stage of its own from which only the result is copied.";
}
