import type { Report } from "../evidence/report.ts";
import { isMust } from "../evidence/verdict.ts";
import {
  type FileLocation,
  type Finding,
  isFileLocation,
  type Location,
  type Severity,
  type TextEdit,
} from "../findings/finding.ts";
import { fingerprints } from "../findings/fingerprint.ts";
import type { Rule } from "../rules/rule.ts";
import { gapsOf } from "./gaps.ts";
import { jsonLine } from "./json-text.ts";
import { elsewhere, filePlace, plainPath, region } from "./places.ts";
import { plainText } from "./plain.ts";
import { vulnerabilityResults, vulnerabilityRules } from "./sarif-vulnerabilities.ts";
import { fixParts } from "./select.ts";

/** What a SARIF log tells of a rule. */
export type RuleWords = Pick<
  Rule,
  "id" | "title" | "category" | "severity" | "optIn" | "requirements" | "why" | "fix" | "aliases"
>;

export interface SarifOptions {
  /** Every rule that there is. */
  readonly rules: readonly RuleWords[];
  /** Absolute address of the folder with the rules' pages. SARIF takes no relative one, so without it there are no links. */
  readonly pages?: string;
}

const LEVELS: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "note" };
/** GitHub's words for the same. */
const PROBLEMS: Readonly<Record<Severity, string>> = {
  error: "error",
  warning: "warning",
  info: "recommendation",
};

/** The report as SARIF 2.1.0: findings and known vulnerabilities as results, what was not assessed as notifications of the run. */
export function renderSarif(report: Report, { rules, pages }: SarifOptions): string {
  const own = [...rules.map((rule) => describe(rule, pages)), ...unknownRules(report, rules)];
  const descriptors = [...own, ...vulnerabilityRules(report, new Set(own.map(({ id }) => id)))];
  const index = new Map(descriptors.map(({ id }, position) => [id, position]));
  const names = fingerprints(report.findings);
  return jsonLine({
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "pratique",
            semanticVersion: plainText(report.tool.version, 60),
            rules: descriptors,
            notifications: NOTIFICATIONS,
          },
        },
        automationDetails: { id: `pratique/${plainText(report.command, 20)}/` },
        columnKind: "utf16CodeUnits",
        invocations: [invocation(report)],
        artifacts: artifacts(report),
        results: [
          ...report.findings.map((finding, position) => ({
            ...result(finding, report),
            ruleIndex: index.get(plainText(finding.rule, 200)) ?? -1,
            partialFingerprints: { "pratique/v1": names[position] ?? "" },
          })),
          ...vulnerabilityResults(report, index, uri(filePlace({}, report).path)),
        ],
        properties: {
          verdict: report.verdict,
          summary: plainText(report.summary),
          profile: plainText(`${report.profile.id}@${report.profile.version}`, 200),
          requirements: report.requirements.map(({ id, status }) => ({ id: plainText(id, 60), status })),
        },
      },
    ],
  });
}

function describe(rule: RuleWords, pages: string | undefined) {
  return {
    id: rule.id,
    name: rule.id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.why },
    help: {
      text: `${rule.why}\n\n${rule.fix}`,
      markdown: `## Why it matters\n\n${rule.why}\n\n## What to do\n\n${rule.fix}\n`,
    },
    ...(pages === undefined ? {} : { helpUri: `${pages.replace(/\/+$/, "")}/${rule.id}.md` }),
    defaultConfiguration: { level: LEVELS[rule.severity], enabled: rule.optIn !== true },
    properties: {
      tags: [rule.category, ...rule.requirements],
      aliases: rule.aliases,
      "problem.severity": PROBLEMS[rule.severity],
    },
  };
}

/** Rules that only the report knows: it may have been written by another version. */
function unknownRules(report: Report, rules: readonly RuleWords[]) {
  const known = new Set(rules.map(({ id }) => id));
  const others = new Map<string, { id: string; shortDescription: { text: string } }>();
  for (const { rule, title } of report.findings) {
    const id = plainText(rule, 200);
    if (!known.has(id)) others.set(id, { id, shortDescription: message(title) });
  }
  return [...others.values()];
}

/** SARIF reads `[words](address)` in a message as a link; nothing from outside may become one. */
const message = (text: string): { text: string } => ({ text: plainText(text).replaceAll("](", "\\](") });

function result(finding: Finding, report: Report) {
  const { fix, edits = [], proofs = [], waived } = finding;
  return {
    ruleId: plainText(finding.rule, 200),
    level: LEVELS[finding.severity],
    message: message(fix === undefined ? finding.message : `${finding.message}\n\n${fix}`),
    locations: [place(finding, report)],
    ...(proofs.length === 0
      ? {}
      : {
          relatedLocations: proofs.map((proof, id) => ({
            id,
            ...place(proof, report),
            message: message(proof.message),
          })),
        }),
    // An empty list says that nobody accepted it; no list would say that nobody knows.
    suppressions:
      waived === undefined
        ? []
        : [
            {
              kind: waived.source === "comment" ? "inSource" : "external",
              status: "accepted",
              justification: justification(waived),
            },
          ],
    ...(edits.length === 0 ? {} : { fixes: [changes(edits, fix)] }),
    properties: {
      requirements: finding.requirements.map((id) => plainText(id, 60)),
      aliases: finding.aliases.map((alias) => plainText(alias, 200)),
      ...(finding.runtimes === undefined
        ? {}
        : { runtimes: finding.runtimes.map((runtime) => plainText(runtime, 60)) }),
    },
  };
}

function justification({ reason, by, until }: NonNullable<Finding["waived"]>): string {
  const parts = [by === undefined ? "" : `agreed by ${by}`, until === undefined ? "" : `until ${until}`];
  const more = parts.filter(Boolean).join(", ");
  return plainText(more === "" ? reason : `${reason} (${more})`);
}

/**
 * Where it is. Readers such as GitHub refuse a result that is in no file: what was found in the image or in a process
 * has that as its logical location, and the Dockerfile's first line as the physical one.
 */
function place({ location, excerpt }: Pick<Finding, "location" | "excerpt">, report: Report) {
  const { path, about, ...lines } = filePlace({ ...(location === undefined ? {} : { location }) }, report);
  const physicalLocation = {
    artifactLocation: { uri: uri(path) },
    region: {
      ...(isFileLocation(location) ? lines : { startLine: 1 }),
      ...(excerpt === undefined || !isFileLocation(location)
        ? {}
        : { snippet: { text: plainText(excerpt) } }),
    },
  };
  return {
    physicalLocation,
    ...(about === "" ? {} : { logicalLocations: [logical(location)], message: message(elsewhere(location)) }),
  };
}

function logical(location: Location | undefined) {
  if (location !== undefined && "imagePath" in location) {
    const name = plainPath(location.imagePath);
    return { name, fullyQualifiedName: `image:${name}`, kind: "resource" };
  }
  const name = plainPath(location !== undefined && "process" in location ? location.process.command : "");
  return { name, fullyQualifiedName: `process:${name}`, kind: "process" };
}

/** A relative reference; every character that is not plainly part of a name is written in per cent. */
function uri(path: string): string {
  const parts = path.toWellFormed().split("/").map(encodeURIComponent);
  return parts.join("/").replace(/^\/+/, "") || ".";
}

/** The edits, file by file. Their text is applied by machines, and so is kept as it is. */
function changes(edits: readonly TextEdit[], fix: string | undefined) {
  const files = new Map<string, TextEdit[]>();
  for (const edit of edits) files.set(edit.file, [...(files.get(edit.file) ?? []), edit]);
  return {
    ...(fix === undefined ? {} : { description: message(fixParts(fix).words) }),
    artifactChanges: [...files].map(([file, list]) => ({
      artifactLocation: { uri: uri(plainPath(file)) },
      replacements: list.map((edit) => ({
        deletedRegion: region(edit satisfies FileLocation),
        insertedContent: { text: edit.text.toWellFormed() },
      })),
    })),
  };
}

const NOTIFICATIONS = [
  {
    id: "not-assessed",
    shortDescription: { text: "A requirement was not assessed: it counts as neither met nor failed." },
  },
  { id: "step-not-done", shortDescription: { text: "A step failed or was not taken." } },
  { id: "note", shortDescription: { text: "Something that the reader should know." } },
];

function invocation(report: Report) {
  const steps = report.steps
    .filter(({ status }) => status !== "done")
    .map(({ id, status, reason }) =>
      notification(
        "step-not-done",
        status === "failed" ? "error" : "warning",
        `${id}: ${status === "failed" ? "failed" : "not assessed"}: ${reason}`,
      ),
    );
  const gaps = gapsOf(report).map(({ reason, requirements }) => ({
    ...notification(
      "not-assessed",
      requirements.some(isMust) ? "warning" : "note",
      `${requirements.map(({ id }) => id).join(", ")}: not assessed: ${reason}`,
    ),
    properties: { requirements: requirements.map(({ id }) => plainText(id, 60)) },
  }));
  const started = report.times.startedAt;
  return {
    executionSuccessful: report.steps.every(({ status }) => status !== "failed"),
    ...(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(started) ? { startTimeUtc: started } : {}),
    toolExecutionNotifications: [
      ...steps,
      ...gaps,
      ...report.notes.map((note) => notification("note", "note", note)),
    ],
  };
}

const notification = (id: string, level: string, text: string) => ({
  descriptor: { id },
  level,
  message: message(text),
});

function artifacts({ subject }: Report) {
  if (subject.dockerfile === null) return [];
  const { path, sha256 } = subject.dockerfile;
  return [
    {
      location: { uri: uri(plainPath(path)) },
      sourceLanguage: "dockerfile",
      hashes: { "sha-256": plainText(sha256, 64) },
    },
  ];
}
