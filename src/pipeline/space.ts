import type { PlaceSummary, SpaceBox, SpaceSummary } from "../evidence/report.ts";
import { cacheKind } from "../image/layers/caches.ts";
import type { PlaceSpace, SpaceFacts, SpaceNode } from "../image/layers/facts.ts";
import { instructionText } from "../rules/instruction-text.ts";

/** What takes the room, as the report has it. */
export function spaceSummary(space: SpaceFacts): SpaceSummary {
  const { base, caches, files, folders, layers, map, wasted } = space;
  return {
    layers: layers.map(({ index: _, taken: __, instruction, fromBase, ...layer }) => ({
      ...layer,
      instruction: instruction === undefined ? null : instructionText(instruction),
      fromBase: fromBase ?? null,
    })),
    base: {
      known: base.known,
      layers: base.known === "no" ? null : base.layers,
      reference: base.known === "no" ? null : (base.reference ?? null),
      reason: base.known === "no" ? base.reason : "",
    },
    wasted,
    folders: folders.map(placeSummary),
    files: files.map(placeSummary),
    caches: caches.map((one) => {
      const kind = cacheKind(one.cache);
      return { ...one, what: kind?.what ?? one.cache, leftBehind: kind?.advice !== undefined };
    }),
    map: boxOf(map),
  };
}

const placeSummary = (place: PlaceSpace): PlaceSummary => ({ ...place, fromBase: place.fromBase ?? null });

const boxOf = ({ path, bytes, fromBase, parts }: SpaceNode): SpaceBox => ({
  path,
  bytes,
  fromBase: fromBase ?? null,
  parts: parts.map(boxOf),
});
