import * as z from "zod";
import { vulnerabilityName } from "../findings/vulnerability.ts";
import type { ImportedScan } from "./imported.ts";
import { readPurl } from "./purl.ts";
import { MOST_SCANNED, type ScannedVulnerability, textOf } from "./scanned.ts";

/** What is read of SARIF 2.1.0; the rest is passed over. */

const text = z.string().nullish();
const message = z.object({ text }).nullish();
const properties = z.record(z.string(), z.unknown()).nullish();
const rule = z.object({
  id: text,
  shortDescription: message,
  fullDescription: message,
  help: message,
  properties,
});
const result = z.object({
  ruleId: text,
  ruleIndex: z.number().nullish(),
  rule: z.object({ id: text, index: z.number().nullish() }).nullish(),
  message,
  level: text,
  kind: text,
  suppressions: z.array(z.object({ status: text, justification: text })).nullish(),
  properties,
});
const log = z.object({
  runs: z
    .array(
      z.object({
        tool: z.object({
          driver: z.object({
            name: text,
            version: text,
            semanticVersion: text,
            rules: z.array(rule).max(MOST_SCANNED).nullish(),
          }),
        }),
        results: z.array(result).max(MOST_SCANNED).nullish(),
        properties,
      }),
    )
    .min(1)
    .max(20),
});
type Result = z.infer<typeof result>;
type Rule = z.infer<typeof rule>;

/** Reads a scanner's log; a text says why it cannot be read. */
export function readSarif(value: unknown): ImportedScan | string {
  const read = log.safeParse(value);
  if (!read.success) return `is no SARIF that can be read (${read.error.issues[0]?.path.join(".") ?? ""})`;
  const { runs } = read.data;
  // A run without a list says that the scanner did not come to its end.
  if (runs.some(({ results }) => !Array.isArray(results)))
    return "holds a run without a list of results: the scan did not come to its end";
  const found: ScannedVulnerability[] = [];
  let others = 0;
  for (const { tool, results } of runs) {
    const rules = tool.driver.rules ?? [];
    const byId = new Map(rules.map((one) => [one.id, one]));
    for (const one of results ?? []) {
      if (one.kind !== undefined && one.kind !== null && one.kind !== "fail" && one.kind !== "open") continue;
      const about = byId.get(one.ruleId ?? one.rule?.id) ?? rules[one.ruleIndex ?? one.rule?.index ?? -1];
      const vulnerability = vulnerabilityOf(one, about);
      if (vulnerability === undefined) others++;
      else found.push(vulnerability);
    }
  }
  if (found.length > MOST_SCANNED) return "lists more vulnerabilities than could be true";
  const driver = runs[0]?.tool.driver;
  return {
    kind: "scan",
    scanner: {
      name: textOf(driver?.name, 60) || "an unnamed scanner",
      version: textOf(driver?.semanticVersion, 60) || textOf(driver?.version, 60) || "unknown",
    },
    about: runs.flatMap((run) => digestsOf(run.properties)),
    vulnerabilities: found,
    others,
  };
}

const line = (name: string): RegExp => new RegExp(`^[ \\t]*${name}[ \\t]*:[ \\t]*(.*)$`, "im");
const PACKAGE = line("Package");
const VERSION = line("(?:Installed )?Version");
const FIXED = line("Fix(?:ed)? Versions?");
const SEVERITY = line("Severity");
const EPSS = line("EPSS Score");

/**
 * SARIF has no place for packages. Scanners put them into lines of the message (Trivy, Docker Scout), of the
 * rule's help (Grype), or into properties.
 */
function vulnerabilityOf(one: Result, about: Rule | undefined): ScannedVulnerability | undefined {
  const ruleId = one.ruleId ?? one.rule?.id ?? about?.id ?? "";
  const said = textOf(one.message?.text, 2000);
  const help = textOf(about?.help?.text, 2000);
  const id = vulnerabilityName(ruleId) ?? vulnerabilityName(said) ?? vulnerabilityName(help);
  if (id === undefined) return undefined;
  const given = { ...about?.properties, ...one.properties };
  // A message that names a package says all of it: the help of its rule may speak of another one.
  const texts = PACKAGE.test(said) ? [said] : [said, help];
  const word = (line: RegExp): string =>
    texts.map((lines) => line.exec(lines)?.[1]?.trim() ?? "").find(Boolean) ?? "";
  const property = (name: string): string => textOf(given[name], 300);
  const named = word(PACKAGE);
  const purls = [named, ...(Array.isArray(given.purls) ? given.purls : [given.purl])];
  const purl = purls.map((item) => readPurl(textOf(item, 1000))).find(Boolean);
  const [, spoken = "", spokenVersion = ""] =
    /package: ([^,\n]{1,300}), version (\S{1,200})/.exec(said) ?? [];
  const score = Number(given["security-severity"] ?? Number.NaN);
  const epss = probability(word(EPSS));
  const title =
    textOf(about?.shortDescription?.text, 300) ||
    textOf(about?.fullDescription?.text, 300) ||
    said.slice(0, 300).replace(/\s+/g, " ");
  const accepted = (one.suppressions ?? []).find(
    ({ status, justification }) => (status ?? "accepted") === "accepted" && textOf(justification, 500) !== "",
  );
  return {
    id,
    package: (
      (named.startsWith("pkg:") ? "" : named) ||
      spoken ||
      purl?.name ||
      "a package that is not named"
    ).slice(0, 300),
    version: (
      word(VERSION) ||
      spokenVersion.replace(/[.,]$/, "") ||
      purl?.version ||
      property("affected_version")
    ).slice(0, 200),
    fixedVersion: (word(FIXED) || property("fixed_version")).replace(/^not fixed$/i, "").slice(0, 300),
    severity: (word(SEVERITY) || property("cvssV3_severity") || bandOf(score) || levelOf(one.level)).slice(
      0,
      20,
    ),
    ...(epss === undefined ? {} : { epss }),
    cvss: score > 0 && score <= 10 ? score : null,
    title,
    diffId: "",
    ...(accepted === undefined
      ? {}
      : { suppressed: { reason: textOf(accepted.justification, 500), source: "SARIF" } }),
  };
}

/** `0.00164` or `14.45%`. */
function probability(words: string): number | undefined {
  const [, digits, percent] = /^(\d(?:\d|\.\d){0,12})\s*(%?)$/.exec(words) ?? [];
  const value = Number(digits) / (percent === "%" ? 100 : 1);
  return value >= 0 && value <= 1 ? value : undefined;
}

/** The bands of CVSS 3 and 4. */
function bandOf(score: number): string {
  if (!(score > 0)) return "";
  return score >= 9 ? "critical" : score >= 7 ? "high" : score >= 4 ? "medium" : "low";
}

const levelOf = (level: unknown): string =>
  level === "error" ? "high" : level === "warning" ? "medium" : level === "note" ? "low" : "unknown";

/** Every digest by which a log may name its image. */
const digestsOf = (given: z.infer<typeof properties>): string[] =>
  Object.values(given ?? {})
    .slice(0, 50)
    .flatMap((value) => (Array.isArray(value) ? value.slice(0, 50) : [value]))
    .flatMap((value) =>
      [...textOf(value, 2000).matchAll(/sha256:([0-9a-f]{64})/gi)].map(([, hex = ""]) => hex.toLowerCase()),
    );
