import type { Report, RequirementStatus, Verdict } from "../evidence/report.ts";
import { cureOf } from "../evidence/vulnerabilities.ts";
import { plural } from "../findings/counting.ts";
import { type Finding, isFileLocation } from "../findings/finding.ts";
import { placeOf } from "./finding-lines.ts";
import { markdownCode, markdownText } from "./markdown-text.ts";
import { fixParts, select } from "./select.ts";
import { exploitWords, vulnerabilityWords } from "./vulnerability-lines.ts";

const VERDICTS: Readonly<Record<Verdict, string>> = {
  clear: "✅ Clear",
  "clear-with-advice": "✅ Clear, with advice",
  "not-clear": "❌ Not clear",
  incomplete: "⚠️ Incomplete",
};

/** GitHub takes comments of 65,536 characters; what else a workflow says beside it needs room too. */
const ROOM = 60_000;

/**
 * The report as Markdown, for a comment at a pull request or the summary of a CI job: the verdict, what to do, and the
 * rest folded away. What does not fit is counted.
 */
export function renderMarkdown(report: Report): string {
  const { stopping, advice, remarks, waived, notShown } = select(report);
  const head = [
    `## ${VERDICTS[report.verdict]}: ${markdownText(report.subject.name, 200)}`,
    markdownText(report.summary),
    ...identity(report),
    ...failedSteps(report),
  ];
  const parts = [
    ...section("What would stop the job", stopping, detailed),
    ...folded(`${plural(advice.length, "piece")} of advice`, advice.map(brief)),
    ...folded(plural(remarks.length, "remark"), remarks.map(brief)),
    ...folded(
      `${plural(waived.length, "finding")} waived`,
      waived.map(
        (one) =>
          `${brief(one)} — ${markdownText(one.waived.reason, 300)}${one.waived.until === undefined ? "" : `, until ${markdownText(one.waived.until, 20)}`}`,
      ),
    ),
    ...folded(
      `${plural(notShown.length, "requirement")} not assessed, which is no pass`,
      notShown.map(
        ({ id, text, reason }) =>
          `- **${markdownText(id)}** ${markdownText(text, 300)}: ${markdownText(reason, 300)}`,
      ),
    ),
    ...folded("Known vulnerabilities", vulnerabilities(report)),
    ...folded("Requirements", table(report)),
    ...folded(
      `${plural(report.notes.length, "note")}`,
      report.notes.map((note) => `- ${markdownText(note)}`),
    ),
  ];
  const foot = `<sub>pratique ${markdownText(report.tool.version, 40)} · ${markdownText(report.profile.title, 200)} ${markdownText(report.profile.version, 40)}</sub>`;
  let text = head.filter(Boolean).join("\n\n");
  let left = 0;
  for (const part of parts) {
    if (text.length + part.length > ROOM) left++;
    else text += `\n\n${part}`;
  }
  if (left > 0) text += `\n\n${plural(left, "part")} did not fit; the report has all of it.`;
  return `${text}\n\n${foot}\n`;
}

function identity({ subject }: Report): string[] {
  const rows = [
    ["Image", subject.imageId],
    ["Manifest", subject.imageDigest],
    [
      "Commit",
      subject.git === null ? null : `${subject.git.commit}${subject.git.clean ? "" : " (with changes)"}`,
    ],
  ].filter((row): row is [string, string] => row[1] !== null);
  return rows.length === 0
    ? []
    : [
        [
          "| | |",
          "|---|---|",
          ...rows.map(([name, value]) => `| ${name} | ${markdownText(value, 200)} |`),
        ].join("\n"),
      ];
}

const failedSteps = ({ steps }: Report): string[] =>
  steps
    .filter(({ status }) => status === "failed")
    .map(({ id, reason }) => `**${id} failed:** ${markdownText(reason)}`);

/** One part for each finding, so that as many are kept as fit. */
const section = (
  title: string,
  findings: readonly Finding[],
  write: (finding: Finding) => string,
): string[] => (findings.length === 0 ? [] : [`### ${title}`, ...findings.map(write)]);

function detailed(finding: Finding): string {
  const { words, code } = fixParts(finding.fix ?? "");
  return [
    `**${markdownText(finding.title)}** (${markdownText(finding.rule, 60)})${whereOf(finding)}  `,
    markdownText(finding.message),
    ...(finding.excerpt !== undefined && isFileLocation(finding.location)
      ? ["", markdownCode(finding.excerpt, 500)]
      : []),
    ...(words === "" ? [] : ["", `Fix: ${markdownText(words)}`]),
    ...(code.length === 0 ? [] : ["", markdownCode(code.join("\n"))]),
  ].join("\n");
}

const brief = (finding: Finding): string =>
  `- ${markdownText(finding.message, 400)} (${markdownText(finding.rule, 60)})${whereOf(finding)}`;

function whereOf({ location }: Finding): string {
  const place = placeOf(location);
  return place === "" ? "" : ` — ${markdownText(place, 200)}`;
}

/** Lines below each other, folded away. A list that is too long for all of the room is cut. */
function folded(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const shown: string[] = [];
  let room = ROOM / 3;
  for (const line of lines) {
    room -= line.length + 1;
    if (room < 0) break;
    shown.push(line);
  }
  const more = lines.length - shown.length;
  const rest = more === 0 ? [] : ["", `and ${more} more`];
  return [`<details><summary>${title}</summary>\n\n${[...shown, ...rest].join("\n")}\n\n</details>`];
}

/** The worst first, since a long list is cut. */
function vulnerabilities({ space, vulnerabilities: known }: Report): string[] {
  if (known === undefined) return [];
  const base = space?.base.reference ?? null;
  return [
    markdownText(vulnerabilityWords(known)),
    "",
    ...known.list
      .filter(({ waived }) => waived === undefined)
      .map(
        (one) =>
          `- **${markdownText(one.id, 100)}** (${[one.severity, exploitWords(one)].filter(Boolean).join(", ")}) ${markdownText(`${one.package} ${one.version}`, 300)}: ${markdownText(cureOf(one, base), 300)}`,
      ),
  ];
}

const STATUS: Readonly<Record<RequirementStatus, string>> = {
  pass: "✅ shown",
  fail: "❌ not met",
  waived: "☑️ waived",
  "not-assessed": "– not assessed",
};

function table({ requirements }: Report): string[] {
  if (requirements.length === 0) return [];
  return [
    "| | Requirement | Status |",
    "|---|---|---|",
    ...requirements
      .filter(({ scope }) => scope === "image")
      .map(
        ({ id, text, status }) =>
          `| ${markdownText(id, 40)} | ${markdownText(text, 300)} | ${STATUS[status]} |`,
      ),
  ];
}
