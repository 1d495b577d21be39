import type { Word } from "../dockerfile/model.ts";
import { expandKnown, type Step } from "./helpers.ts";

export const HIGHEST_PORT = 65_535;

/** One word of EXPOSE. */
export interface ExposedPort {
  readonly word: Word;
  /** With variables expanded as far as they are known. */
  readonly text: string;
  /** What stands before the container's port: an address, a port of the host. */
  readonly mapping: string;
  /** The ports of the container: one, or the first and the last of a range; empty where they are not numbers. */
  readonly numbers: readonly number[];
  readonly port: string;
  /** As written, without the slash. */
  readonly protocol: string;
}

/** The ports that an instruction names; those that hang on an unknown variable are left out. */
export function exposedPorts({ instruction, variables }: Step): ExposedPort[] {
  if (instruction.keyword !== "EXPOSE") return [];
  return instruction.words.flatMap((word) => {
    const text = word.expands ? expandKnown(word.value, variables) : word.value;
    if (text.includes("$")) return [];
    const slash = text.indexOf("/");
    const whole = slash < 0 ? text : text.slice(0, slash);
    const colon = whole.lastIndexOf(":");
    const port = whole.slice(colon + 1);
    const range = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(port);
    const numbers = range === null ? [] : [range[1], range[2]].filter((n) => n !== undefined).map(Number);
    return [
      {
        word,
        text,
        mapping: colon < 0 ? "" : whole.slice(0, colon),
        numbers,
        port,
        protocol: slash < 0 ? "" : text.slice(slash + 1),
      },
    ];
  });
}
