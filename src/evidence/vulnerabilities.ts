import {
  VULNERABILITY_SEVERITIES,
  type Vulnerability,
  type VulnerabilitySeverity,
} from "../findings/vulnerability.ts";

export {
  cureOf,
  packageKey,
  VEX_STATES,
  VULNERABILITY_SEVERITIES,
  type Vulnerability,
} from "../findings/vulnerability.ts";

/** A program that was asked about the image, or whose report was taken in. */
export interface ScannerSummary {
  readonly name: string;
  readonly version: string;
  /** When its database was made, ISO 8601; null where nobody says. */
  readonly databaseOf: string | null;
  /** Name of the file that its report was read from; absent where it was asked itself. */
  readonly file?: string;
}

export interface CatalogueSummary {
  readonly name: string;
  /** As the catalogue says; empty where it does not. */
  readonly date: string;
  readonly file: string;
}

/** A licence that a scanner calls worth a look. */
export interface LicenceNote {
  readonly name: string;
  /** Google's classes, as Trivy gives them: `forbidden`, `restricted`, `reciprocal`, ... */
  readonly category: string;
  readonly packages: readonly string[];
}

/** What scanners said of the image. */
export interface VulnerabilitySummary {
  readonly scanners: readonly ScannerSummary[];
  /** Lists of what is exploited, or likely to be, that were taken in. */
  readonly catalogues?: readonly CatalogueSummary[];
  /** The worst first. */
  readonly list: readonly Vulnerability[];
  /** Licences that a scanner calls forbidden, restricted or reciprocal; absent where none looked. */
  readonly licences?: readonly LicenceNote[];
  /** What was not looked at, in words. */
  readonly notAssessed: readonly string[];
}

/** How many of each severity count, the worst first; what is waived is left out. */
export function countBySeverity(
  list: readonly Vulnerability[],
): readonly { readonly severity: VulnerabilitySeverity; readonly count: number }[] {
  return VULNERABILITY_SEVERITIES.map((severity) => ({
    severity,
    count: list.filter((one) => one.severity === severity && one.waived === undefined).length,
  })).filter(({ count }) => count > 0);
}
