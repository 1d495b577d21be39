import type { HistoryEntry } from "../manifest.ts";
import type { BaseLayers } from "./facts.ts";

/** An image that another one is said to be built from. */
export interface BaseImage {
  readonly reference: string;
  /** Its layers; none for `scratch`. */
  readonly diffIds: readonly string[];
}

/** Which of the layers are the base's, and how that is known. */
export function baseLayers(
  diffIds: readonly string[],
  history: readonly HistoryEntry[],
  base: BaseImage | undefined,
): BaseLayers {
  if (base !== undefined) {
    if (base.diffIds.length <= diffIds.length && base.diffIds.every((id, index) => id === diffIds[index]))
      return { known: "compared", layers: base.diffIds.length, reference: base.reference };
    return {
      known: "no",
      reason: `the layers of ${base.reference} are not the lowest of this image: it was built from another version, or its layers were joined`,
    };
  }
  if (history.filter(({ empty }) => !empty).length !== diffIds.length)
    return { known: "no", reason: "the image's history does not account for every layer" };
  return fromHistory(history);
}

/** What Buildah and Podman note at the first instruction of a build; stages after that start from ids. */
const STARTED_FROM = /^FROM (?=\S*[^0-9a-f\s])(\S{1,500})$/;

/**
 * Most base images end with a CMD, and a Dockerfile's own start command comes after everything that makes layers. So the
 * last CMD before the last instruction with a layer ends the base.
 */
function fromHistory(history: readonly HistoryEntry[]): BaseLayers {
  const start = history.findLastIndex(({ comment = "" }) => STARTED_FROM.test(comment));
  const reference = STARTED_FROM.exec(history[start]?.comment ?? "")?.[1];
  if (reference !== undefined) return { known: "history", layers: layersIn(history, start), reference };
  const last = history.findLastIndex(({ empty }) => !empty);
  const end = history.findLastIndex(
    ({ empty, instruction }, index) =>
      index < last && empty && /^(?:\/bin\/sh -c #\(nop\)\s+)?CMD\b/.test(instruction),
  );
  if (end < 0) return { known: "no", reason: "nothing in the image's history tells where the base ends" };
  return { known: "history", layers: layersIn(history, end), reference: undefined };
}

const layersIn = (history: readonly HistoryEntry[], end: number): number =>
  history.slice(0, end).filter(({ empty }) => !empty).length;
