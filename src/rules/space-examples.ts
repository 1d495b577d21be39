import type { LayerSpace, SpaceFacts } from "../image/layers/facts.ts";

/** What takes the room in an image of the rules' examples. */

/** A base of one layer and a project's of another. */
export function spaceOf(differences: Partial<SpaceFacts> = {}): SpaceFacts {
  return {
    layers: [
      layerOf({
        index: 0,
        instruction: "ADD rootfs.tar.xz / # buildkit",
        fromBase: true,
        bytes: 300_000_000,
      }),
      layerOf({ index: 1, instruction: "COPY . /opt/heart-risk # buildkit", bytes: 100_000_000 }),
    ],
    base: { known: "compared", layers: 1, reference: "docker.io/library/python:3.12" },
    wasted: 0,
    folders: [],
    files: [],
    caches: [],
    map: { path: "/", bytes: 400_000_000, fromBase: 300_000_000, parts: [] },
    ...differences,
  };
}

export function layerOf(differences: Partial<LayerSpace> = {}): LayerSpace {
  const nothing = { files: 0, bytes: 0 };
  return {
    index: 1,
    diffId: `sha256:${"1".repeat(64)}`,
    instruction: undefined,
    fromBase: false,
    storedSize: 0,
    size: 0,
    files: 0,
    bytes: 0,
    added: nothing,
    replaced: nothing,
    rewritten: nothing,
    removed: nothing,
    taken: [],
    lost: 0,
    ...differences,
  };
}
