import {
  familiarRepository,
  type ImageReference,
  parseImageReference,
} from "../dockerfile/image-reference.ts";
import { type BaseImage, knownBase } from "../knowledge/bases.ts";
import { remembered } from "../remember.ts";

/** A base as the Dockerfile names it, with what the catalogue knows about it. */
export interface NamedBase {
  readonly reference: ImageReference;
  /** As people say it: `python`, `nvidia/cuda`. */
  readonly name: string;
  readonly known: BaseImage | undefined;
}

/** Many rules ask about the same base, and files of one folder have few. */
const MOST_BASES = 500;

export const namedBase = remembered(MOST_BASES, lookUp);

function lookUp(text: string): NamedBase {
  const reference = parseImageReference(text);
  return {
    reference,
    name: familiarRepository(reference).replace(/^library\//, ""),
    known: text.includes("$") ? undefined : knownBase(reference.registry, reference.repository),
  };
}

/** What an image starts by itself when the Dockerfile does not say, as far as the catalogue knows. */
export function baseStarts(text: string): NonNullable<BaseImage["starts"]> {
  const { known, reference } = namedBase(text);
  const starts = known?.starts;
  if (starts === undefined) return {};
  return starts.tag === undefined || reference.tag?.includes(starts.tag) === true ? starts : {};
}

/** The user that an image runs as when the Dockerfile does not say, where it is known not to be root. */
export function baseUser(text: string): string | undefined {
  const { known, reference } = namedBase(text);
  if (known !== undefined && reference.tag?.includes("nonroot") === true) return "nonroot";
  return known?.user === "root" ? undefined : known?.user;
}
