export const VULNERABILITY_SEVERITIES = ["critical", "high", "medium", "low", "unknown"] as const;
export type VulnerabilitySeverity = (typeof VULNERABILITY_SEVERITIES)[number];

/** A known vulnerability of one package: one for each id, package and version. */
export interface Vulnerability {
  /** `CVE-2023-45853`, `GHSA-…`. */
  readonly id: string;
  readonly package: string;
  readonly version: string;
  /** Versions that cure it, in the scanner's words; empty where there is none yet. */
  readonly fixedVersion: string;
  readonly severity: VulnerabilitySeverity;
  /** CVSS base score, 0 to 10: the newest version of it that the data has. */
  readonly cvss: number | null;
  readonly title: string;
  /** Who brought the package; unknown where the base's layers are not known. */
  readonly origin: "base" | "project" | "unknown";
  /** Set where an ignore file or a VEX document says that it does not count. */
  readonly waived?: { readonly reason: string; readonly source: string };
}

/** What a scanner said of the image. */
export interface VulnerabilitySummary {
  readonly scanner: { readonly name: string; readonly version: string };
  /** When the scanner's database was made, ISO 8601; null where the scanner does not say. */
  readonly databaseOf: string | null;
  /** The worst first. */
  readonly list: readonly Vulnerability[];
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

/** What to do about it, in one sentence. */
export function cureOf({ fixedVersion, origin, package: name }: Vulnerability, base: string | null): string {
  if (fixedVersion === "") return "No fixed version is known yet.";
  if (origin === "base")
    return `Update the base image${base === null ? "" : ` ${base}`}: ${name} ${fixedVersion} cures it.`;
  return `Update ${name} to ${fixedVersion}.`;
}
