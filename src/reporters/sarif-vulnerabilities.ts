import type { Report } from "../evidence/report.ts";
import { cureOf, type Vulnerability } from "../evidence/vulnerabilities.ts";
import { plainText } from "./plain.ts";
import { exploitWords, waivedWords } from "./vulnerability-lines.ts";

/** CVSS scores for vulnerabilities that nobody gave one: the least of each band, which is how GitHub sorts them. */
const LEAST: Readonly<Record<Vulnerability["severity"], number>> = {
  critical: 9,
  high: 7,
  medium: 4,
  low: 0.1,
  unknown: 0.1,
};

/** SARIF reads `[words](address)` in a message as a link; nothing from outside may become one. */
const message = (text: string): { text: string } => ({ text: plainText(text).replaceAll("](", "\\](") });

const nameOf = ({ id }: Vulnerability): string => plainText(id, 100);

/** Descriptors of the vulnerabilities that a scan lists, one for each name; those in `taken` are described already. */
export function vulnerabilityRules({ vulnerabilities }: Report, taken: ReadonlySet<string>) {
  const worst = new Map<string, Vulnerability>();
  for (const one of vulnerabilities?.list ?? []) if (!worst.has(nameOf(one))) worst.set(nameOf(one), one);
  return [...worst]
    .filter(([id]) => !taken.has(id))
    .map(([id, one]) => ({
      id,
      shortDescription: message(one.title || `${id} in ${one.package}`),
      defaultConfiguration: { level: "note" },
      properties: {
        tags: ["security", "vulnerability"],
        "security-severity": (one.cvss ?? LEAST[one.severity]).toFixed(1),
      },
    }));
}

/**
 * Every known vulnerability as a note: one that is not accepted is the finding of a rule besides. The lines of the message
 * are those that scanners write, so that others can read them. `uri` is the file that it is shown at.
 */
export function vulnerabilityResults(
  { space, vulnerabilities }: Report,
  index: ReadonlyMap<string, number>,
  uri: string,
) {
  const base = space?.base.reference ?? null;
  return (vulnerabilities?.list ?? []).map((one) => {
    const { id, package: name, version, fixedVersion, severity, origin, waived } = one;
    const lines = [
      `Package: ${name}`,
      `Installed Version: ${version}`,
      `Vulnerability ${id}`,
      `Severity: ${severity.toUpperCase()}`,
      `Fixed Version: ${fixedVersion}`,
      exploitWords(one),
      cureOf(one, base),
    ];
    return {
      ruleId: nameOf(one),
      ruleIndex: index.get(nameOf(one)) ?? -1,
      level: "note",
      message: message(lines.filter(Boolean).join("\n")),
      locations: [
        {
          physicalLocation: { artifactLocation: { uri }, region: { startLine: 1 } },
          logicalLocations: [
            {
              name: plainText(name, 300),
              fullyQualifiedName: plainText(`image:${name}@${version}`, 600),
              kind: "package",
            },
          ],
          message: message(`${name} ${version} in the image`),
        },
      ],
      suppressions:
        waived === undefined
          ? []
          : [{ kind: "external", status: "accepted", justification: plainText(waivedWords(waived)) }],
      partialFingerprints: { "pratique/v1": plainText(`${id}/${name}@${version}`, 600) },
      properties: { origin, requirements: [] },
    };
  });
}
