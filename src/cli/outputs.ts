import { PratiqueError } from "../errors.ts";
import type { Report } from "../evidence/report.ts";
import { FORMATS, type FormatName } from "../reporters/formats.ts";

/** What `--format` asked for: one document on stdout, and any number in files. */
export interface Outputs {
  readonly screen: "text" | FormatName;
  readonly files: readonly { readonly format: FormatName; readonly path: string }[];
}

const isFormat = (name: string): name is FormatName => Object.hasOwn(FORMATS, name);

/** Names for help and errors. */
export const FORMAT_NAMES: readonly string[] = ["text", ...Object.keys(FORMATS)];

/**
 * Reads `--format sarif`, `--format sarif=lint.sarif`, given any number of times; `image` is whether the command looks
 * into one. Fails with `usage.bad-argument`.
 */
export function readOutputs(given: readonly string[], image = true): Outputs {
  let screen: Outputs["screen"] | undefined;
  const files: { format: FormatName; path: string }[] = [];
  for (const word of given) {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    const path = equals < 0 ? "" : word.slice(equals + 1);
    if (equals >= 0 && isFormat(name) && path !== "") files.push({ format: name, path });
    else if (equals < 0 && screen === undefined && (name === "text" || isFormat(name))) screen = name;
    else throw badFormat(word, equals < 0 ? screen : undefined);
  }
  const packages = [screen ?? "text", ...files.map(({ format }) => format)].find(aboutPackages);
  if (!image && packages !== undefined) {
    throw new PratiqueError(
      "usage.bad-argument",
      `A lint looks into no image, and “${packages}” is about what is in one.`,
      {
        hint: "“pratique inspect <image>” and “pratique check” write it.",
      },
    );
  }
  return { screen: screen ?? "text", files };
}

/** Whether it can be written only where an image was read. */
export const aboutPackages = (name: "text" | FormatName): boolean =>
  name !== "text" && FORMATS[name].ofPackages === true;

function badFormat(word: string, screen: Outputs["screen"] | undefined): PratiqueError {
  const shown = word.slice(0, 60);
  if (screen !== undefined && (word === "text" || isFormat(word))) {
    return new PratiqueError(
      "usage.bad-argument",
      `Only one format can go to the screen, and “${shown}” would be the second.`,
      { hint: `Write one to a file: --format ${word === "text" ? screen : word}=<file>` },
    );
  }
  return new PratiqueError("usage.bad-argument", `“${shown}” is not a format.`, {
    hint: `The formats are ${FORMAT_NAMES.join(", ")}; “<format>=<file>” writes to a file (text does not).`,
  });
}

/** `folder` leads from where the command was given to the project whose files the report names. */
export const renderAs = (format: FormatName, report: Report, folder: string | undefined): Promise<string> =>
  FORMATS[format].render(report, folder);
