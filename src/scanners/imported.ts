import { readCatalogue } from "./catalogue.ts";
import { readCycloneDx } from "./cyclonedx.ts";
import { readSarif } from "./sarif.ts";
import { isFields, jsonOf, type ScannedVulnerability } from "./scanned.ts";

/** What another scanner's report says. */
export interface ImportedScan {
  readonly kind: "scan";
  readonly scanner: { readonly name: string; readonly version: string };
  /** SHA-256 digests, in hexadecimal, by which the report names the image. */
  readonly about: readonly string[];
  readonly vulnerabilities: readonly ScannedVulnerability[];
  /** Entries that name no vulnerability of a package. */
  readonly others: number;
}

/** What is known of vulnerabilities whoever has them, by their names. */
export interface ImportedCatalogue {
  readonly kind: "catalogue";
  readonly title: string;
  /** As the catalogue says; empty where it does not. */
  readonly date: string;
  /** Those that are known to be exploited. */
  readonly exploited: ReadonlySet<string>;
  /** EPSS, 0 to 1. */
  readonly epss: ReadonlyMap<string, number>;
}

export type Imported = ImportedScan | ImportedCatalogue;

/**
 * Reads another scanner's report (SARIF 2.1.0, CycloneDX 1.4 to 1.7 as JSON), CISA's catalogue of exploited
 * vulnerabilities (JSON) or FIRST's EPSS scores (CSV). A text is returned for anything else: why it cannot be read, to go
 * on after “it”.
 */
export function readImported(text: string): Imported | string {
  const document = jsonOf(text);
  if (document === undefined) return readCatalogue(text) ?? "is neither JSON nor a table of EPSS scores";
  if (!isFields(document)) return "holds no JSON object";
  if (document.bomFormat === "CycloneDX") return readCycloneDx(document);
  if (Array.isArray(document.runs)) return readSarif(document);
  return (
    readCatalogue(document) ??
    "is neither SARIF, nor CycloneDX, nor CISA's catalogue of exploited vulnerabilities"
  );
}
