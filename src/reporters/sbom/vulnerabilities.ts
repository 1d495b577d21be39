import type { InventorySummary, PackageSummary, Report } from "../../evidence/report.ts";
import {
  cureOf,
  packageKey,
  type Vulnerability,
  type VulnerabilitySummary,
} from "../../evidence/vulnerabilities.ts";
import { plainLine } from "../plain.ts";
import { waivedWords } from "../vulnerability-lines.ts";

/** CycloneDX's words for what scanners know against an image. */

/** Who was asked, each once: two reports of one scanner are one tool. */
export function scannerComponents(summary: VulnerabilitySummary | undefined): unknown[] {
  const named = (summary?.scanners ?? []).map(({ name, version }) => ({
    type: "application",
    name: plainLine(name, 300) || "unnamed",
    version: plainLine(version, 300),
  }));
  return [...new Map(named.map((one) => [JSON.stringify(one), one])).values()];
}

/**
 * `vulnerabilities`, which is missing where no scan was made: an empty list would say that nothing is known.
 *
 * @param image the `bom-ref` of the image, which stands for packages that only the scanner found
 */
export function vulnerabilities(
  { vulnerabilities: summary, inventory, space }: Report,
  image: string,
): { vulnerabilities?: unknown[] } {
  if (summary === undefined) return {};
  const references = inventory === undefined ? new Map<string, string[]>() : referencesOf(inventory);
  const base = space?.base.reference ?? null;
  return {
    vulnerabilities: summary.list.map((one) => entry(one, references.get(keyOf(one)) ?? [image], base)),
  };
}

const keyOf = (one: Pick<Vulnerability, "package" | "version">): string =>
  JSON.stringify([packageKey(one), one.version]);

/** The `bom-ref` of every package, by name and version: one name may be several packages. */
function referencesOf({ packages }: InventorySummary): Map<string, string[]> {
  const references = new Map<string, string[]>();
  const add = (list: readonly PackageSummary[]): void => {
    for (const { name, version, purl, contains = [] } of list) {
      const key = keyOf({ package: name, version });
      references.set(key, [...new Set([...(references.get(key) ?? []), purl])]);
      add(contains);
    }
  };
  add(packages);
  return references;
}

function entry(one: Vulnerability, references: readonly string[], base: string | null): unknown {
  const { id, aliases = [], package: name, version, fixedVersion, severity, cvss, epss, title } = one;
  return {
    "bom-ref": plainLine(`vulnerability:${id}/${name}@${version}`, 1000),
    id: plainLine(id, 100),
    ...(aliases.length === 0
      ? {}
      : { references: aliases.map((alias) => ({ id: plainLine(alias, 100), source: sourceOf(alias) })) }),
    ratings: [
      { ...(cvss === null ? {} : { score: cvss }), severity },
      ...(epss === undefined
        ? []
        : [{ source: { name: "EPSS", url: "https://www.first.org/epss/" }, score: epss, method: "other" }]),
    ],
    ...(title === "" ? {} : { description: plainLine(title) }),
    recommendation: plainLine(
      fixedVersion === "" ? cureOf(one, base) : `Upgrade ${name} to version ${fixedVersion}`,
    ),
    ...analysis(one),
    affects: references.map((ref) => ({ ref })),
    properties: [
      { name: "pratique:package", value: plainLine(`${name} ${version}`) },
      { name: "pratique:origin", value: one.origin },
      ...(one.exploited === true ? [{ name: "pratique:knownExploited", value: "true" }] : []),
      ...(one.scanners ?? []).map((value) => ({ name: "pratique:scanner", value: plainLine(value, 300) })),
    ],
  };
}

const sourceOf = (id: string): { name: string } => ({
  name: /^CVE-/i.test(id) ? "NVD" : /^GHSA-/i.test(id) ? "GitHub Advisories" : "unknown",
});

/** An accepted risk has no state: that somebody will not cure it does not say that it cannot be used. */
function analysis({ waived }: Vulnerability): { analysis?: unknown } {
  if (waived === undefined) return {};
  const said = waived.state === undefined ? { response: ["will_not_fix"] } : { state: waived.state };
  return { analysis: { ...said, detail: plainLine(waivedWords(waived)) } };
}
