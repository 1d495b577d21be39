import type { ContentSink, LayerEntry } from "../collector.ts";
import { type Licence, NO_LICENCE } from "./licence.ts";

/** Where packages come from, by the tool that installs them. */
export const PACKAGE_TYPES = [
  "deb",
  "apk",
  "rpm",
  "conda",
  "python",
  "r",
  "julia",
  "npm",
  "java",
  "go",
  "rust",
] as const;
export type PackageType = (typeof PACKAGE_TYPES)[number];

/** A package as one file of the image declares it. */
export interface Declared {
  readonly type: PackageType;
  readonly name: string;
  /** Empty where the file says none. */
  readonly version: string;
  readonly purl: PackageUrl;
  readonly licence: Licence;
}

/** The parts of a package URL; the distribution is put in when the whole image is known. */
export interface PackageUrl {
  readonly type: string;
  readonly namespace?: string;
  readonly name: string;
  readonly qualifiers?: Readonly<Record<string, string>>;
}

/** What one file says. */
export interface FileFacts {
  readonly packages?: readonly Declared[];
  /** Files that a package put there, of those that declare packages themselves. */
  readonly owned?: { readonly type: PackageType; readonly name: string; readonly paths: readonly string[] }[];
  /** Licences that are kept apart from the package's entry. */
  readonly licences?: ReadonlyMap<string, Licence>;
  readonly distribution?: Distribution;
  /** In words, why packages that are there could not be told: “rpm packages (…)”. */
  readonly problem?: string;
}

export interface Distribution {
  /** `debian`, `alpine`. */
  readonly id: string;
  readonly version: string;
}

/** Reads the files of one kind. Whatever the bytes are, it gives an answer, in time that grows with them. */
export interface Ecosystem {
  /** How much of a file it wants, from the start. */
  wanted(entry: LayerEntry): number | undefined;
  read(bytes: Buffer, path: string): FileFacts;
  /** Set where the start of a file says all; other files that are larger than wanted are named and not read. */
  readonly startSuffices?: true;
  /** In place of `wanted`, for files that are looked at as they pass. */
  watch?(entry: LayerEntry, found: (facts: FileFacts) => void): ContentSink | undefined;
}

export const KB = 1024;
export const MB = 1024 * KB;

/** A package with names that a name can be; undefined for what is none. */
export function declared(
  type: PackageType,
  name: string | undefined,
  version: string | undefined,
  purl: PackageUrl,
  licence: Licence = NO_LICENCE,
): Declared | undefined {
  const word = wordOf(name);
  const number = wordOf(version ?? "") ?? "";
  return word === undefined || word === "" ? undefined : { type, name: word, version: number, purl, licence };
}

/** Names and versions have neither spaces nor signs that are not seen. */
export function wordOf(text: string | undefined): string | undefined {
  const word = text?.trim();
  return word === undefined || word.length > 200 || /[\s\p{C}]/u.test(word) ? undefined : word;
}

/** Of the files that a package owns, those that may declare packages too. */
export const mayDeclare = (path: string): boolean =>
  /(?:\/(?:METADATA|PKG-INFO|DESCRIPTION|package\.json|Project\.toml|Manifest\.toml|vendor\.txt)|\.egg-info|\.jar|\.war)$/.test(
    path,
  ) || /\/(?:s?bin|libexec)\//.test(path);

/** What JSON says, if it is JSON and an object. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const stringOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined;
