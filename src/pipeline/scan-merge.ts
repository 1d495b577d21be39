import type { InventorySummary, SpaceSummary } from "../evidence/report.ts";
import { compareText } from "../findings/finding.ts";
import {
  packageKey,
  severityOf,
  VULNERABILITY_SEVERITIES,
  type Vulnerability,
  vulnerabilityName,
} from "../findings/vulnerability.ts";
import type { ImportedCatalogue } from "../scanners/imported.ts";
import type { ScannedVulnerability } from "../scanners/scanned.ts";

/** What one scanner says. */
export interface Said {
  readonly scanner: string;
  readonly vulnerabilities: readonly ScannedVulnerability[];
}

/** What is known of the image's packages, to tell who brought them. */
export interface Origins {
  readonly space: Pick<SpaceSummary, "layers"> | undefined;
  readonly inventory: Pick<InventorySummary, "packages" | "layers"> | undefined;
}

/**
 * One for each vulnerability, package and version, the worst first: a package in several places counts once, and so does
 * what several scanners say, by whichever of its names.
 */
export function mergeVulnerabilities(
  said: readonly Said[],
  origins: Origins,
  catalogues: readonly ImportedCatalogue[] = [],
): Vulnerability[] {
  const originOf = originFinder(origins);
  const merged: Vulnerability[] = [];
  const places = new Map<string, number>();
  for (const { scanner, vulnerabilities } of said) {
    for (const one of vulnerabilities) {
      const next = vulnerability(one, originOf(one), said.length > 1 ? [scanner] : undefined);
      const keys = namesOf(next).map((name) => JSON.stringify([name, packageKey(next), next.version]));
      const at = keys.map((key) => places.get(key)).find((place) => place !== undefined) ?? merged.length;
      const before = merged[at];
      merged[at] = before === undefined ? next : join(before, next);
      for (const key of keys) if (!places.has(key)) places.set(key, at);
    }
  }
  return merged
    .map((one) => withCatalogues(one, catalogues))
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        Number(b.exploited ?? false) - Number(a.exploited ?? false) ||
        (b.cvss ?? -1) - (a.cvss ?? -1) ||
        compareText(a.id, b.id) ||
        compareText(a.package, b.package) ||
        compareText(a.version, b.version),
    );
}

/** Distributions' advisories (`DSA-…`) speak of several vulnerabilities at once: they are no names of one. */
const IS_NAME = /^(?:CVE|GHSA)-/i;

const namesOf = ({ id, aliases = [] }: Pick<Vulnerability, "id" | "aliases">): readonly string[] => [
  id,
  ...aliases.filter((name) => name !== id),
];

const rank = ({ severity }: Vulnerability): number => VULNERABILITY_SEVERITIES.indexOf(severity);

function join(before: Vulnerability, next: Vulnerability): Vulnerability {
  // What the project added is what the project can cure, and what is waived in one place only still counts.
  const [leader, other] = outranks(next, before) ? [next, before] : [before, next];
  const { waived, ...rest } = leader;
  const worse = rank(other) < rank(leader) ? other.severity : leader.severity;
  const epss = leader.epss ?? other.epss;
  const aliases = [...new Set([...namesOf(leader), ...namesOf(other)])].filter((name) => name !== leader.id);
  const scanners = [...new Set([...(before.scanners ?? []), ...(next.scanners ?? [])])];
  return {
    ...rest,
    ...(aliases.length === 0 ? {} : { aliases }),
    fixedVersion: leader.fixedVersion || other.fixedVersion,
    severity: worse,
    cvss: leader.cvss ?? other.cvss,
    ...(epss === undefined ? {} : { epss }),
    title: leader.title || other.title,
    ...(scanners.length === 0 ? {} : { scanners }),
    ...(waived === undefined || other.waived === undefined ? {} : { waived }),
  };
}

function outranks(next: Vulnerability, before: Vulnerability): boolean {
  return next.origin === "project" && before.origin !== "project";
}

function vulnerability(
  one: ScannedVulnerability,
  origin: Vulnerability["origin"],
  scanners: readonly string[] | undefined,
): Vulnerability {
  const aliases = (one.aliases ?? []).filter((name) => IS_NAME.test(name) && name !== one.id);
  return {
    id: one.id,
    ...(aliases.length === 0 ? {} : { aliases }),
    package: one.package,
    version: one.version,
    fixedVersion: one.fixedVersion,
    severity: severityOf(one.severity),
    cvss: one.cvss,
    ...(one.epss === undefined ? {} : { epss: one.epss }),
    ...(one.exploited === undefined ? {} : { exploited: one.exploited }),
    title: one.title,
    origin,
    ...(scanners === undefined ? {} : { scanners }),
    ...(one.suppressed === undefined ? {} : { waived: one.suppressed }),
  };
}

/** By the layer that the scanner names, or else by the layer in which we found the package. */
function originFinder({ space, inventory }: Origins): (one: ScannedVulnerability) => Vulnerability["origin"] {
  const layers = new Map(space?.layers.map(({ diffId, fromBase }) => [diffId, fromBase]));
  const packages = new Map<string, string>();
  for (const one of (inventory?.packages ?? []).flatMap((each) => [each, ...(each.contains ?? [])])) {
    const diffId = inventory?.layers[one.layer]?.diffId;
    const key = JSON.stringify([packageKey({ package: one.name }), one.version]);
    // In two layers: what the project brought again is the project's.
    if (diffId !== undefined && layers.get(packages.get(key) ?? "") !== false) packages.set(key, diffId);
  }
  return (one) => {
    const known = one.diffId || packages.get(JSON.stringify([packageKey(one), one.version]));
    const fromBase = layers.get(known ?? "") ?? null;
    return fromBase === null ? "unknown" : fromBase ? "base" : "project";
  };
}

function withCatalogues(one: Vulnerability, catalogues: readonly ImportedCatalogue[]): Vulnerability {
  const names = namesOf(one).flatMap((name) => vulnerabilityName(name) ?? []);
  const epss = catalogues.flatMap((each) => names.flatMap((name) => each.epss.get(name) ?? []))[0];
  const exploited = catalogues.some((each) => names.some((name) => each.exploited.has(name)));
  return {
    ...one,
    ...(epss === undefined ? {} : { epss }),
    ...(exploited ? { exploited: true as const } : {}),
  };
}
