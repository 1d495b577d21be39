import type { VexState } from "../findings/vulnerability.ts";

/** What scanners say, each in its own form, in one shape. Texts are cut to what a report has room for. */

/** A vulnerability of a package. */
export interface ScannedVulnerability {
  readonly id: string;
  /** Other names of the same. */
  readonly aliases?: readonly string[];
  readonly package: string;
  readonly version: string;
  readonly fixedVersion: string;
  /** In the scanner's words: `CRITICAL`, `moderate`, ... */
  readonly severity: string;
  readonly cvss: number | null;
  /** 0 to 1. */
  readonly epss?: number;
  readonly exploited?: true;
  readonly title: string;
  /** Layer that brought the package, as the image's configuration names it; empty where the scanner does not say. */
  readonly diffId: string;
  /** Set where an ignore file or a VEX document passes over it. */
  readonly suppressed?: { readonly reason: string; readonly source: string; readonly state?: VexState };
}

/** A check of the Dockerfile that failed. */
export interface ScannedMisconfiguration {
  /** `DS-0002`. */
  readonly id: string;
  readonly title: string;
  readonly message: string;
  readonly resolution: string;
  readonly severity: string;
  /** 0 where the scanner names no place. */
  readonly line: number;
  readonly endLine: number;
  /** Rules of ours for the same. */
  readonly rules?: readonly string[];
}

/** A secret in a file of the image; never its value. */
export interface ScannedSecret {
  readonly rule: string;
  readonly title: string;
  readonly severity: string;
  /** Absolute. */
  readonly path: string;
  readonly line: number;
}

export interface ScannedLicence {
  readonly name: string;
  readonly category: string;
  /** Empty for a licence that lies in a file. */
  readonly package: string;
}

export type Fields = Readonly<Record<string, unknown>>;

/** No image has as many; a longer list is an attack on whoever reads it. */
export const MOST_SCANNED = 50_000;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A list of objects; none for what is absent, undefined for anything else. */
export function listOf(value: unknown): readonly Fields[] | undefined {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) && value.every(isFields) ? value : undefined;
}

export const textOf = (value: unknown, max: number): string =>
  typeof value === "string" ? value.slice(0, max).toWellFormed().trim() : "";

export const lineOf = (value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;

/** The value of a JSON text; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
