import type { Report } from "../evidence/report.ts";
import { plural } from "../findings/counting.ts";
import { compareFindings, type Finding, type Severity } from "../findings/finding.ts";
import { filePlace, messageAt } from "./places.ts";
import { plainText } from "./plain.ts";

/** GitHub shows this many annotations of each level for one step, and drops the rest without a word. */
const MOST = 10;

const LEVELS = { error: "error", warning: "warning", info: "notice" } as const satisfies Record<
  Severity,
  string
>;
type Level = (typeof LEVELS)[Severity];

/** Workflow commands that GitHub Actions turns into annotations: the worst first, and how many are left out. */
export function renderGithub(report: Report): string {
  const open = report.findings.filter((finding) => finding.waived === undefined).toSorted(compareFindings);
  const about = aboutRun(report);
  const shown = { error: 0, warning: 0, notice: 0 };
  for (const { level } of about) shown[level]++;
  // Room for the line that counts the rest.
  shown.notice++;
  const lines: string[] = [];
  const left = new Map<Severity, number>();
  for (const finding of open) {
    const level = LEVELS[finding.severity];
    if (shown[level] >= MOST) {
      left.set(finding.severity, (left.get(finding.severity) ?? 0) + 1);
    } else {
      shown[level]++;
      lines.push(annotation(finding, level, report));
    }
  }
  const all = [...about.map(({ level, title, text }) => command(level, { title }, text)), ...lines];
  if (left.size > 0) all.push(command("notice", { title: "pratique" }, restOf(left)));
  return all.map((line) => `${line}\n`).join("");
}

interface Remark {
  readonly level: Level;
  readonly title: string;
  readonly text: string;
}

/** What no finding says: that a step failed, and that the verdict is open, so that silence is not taken for a pass. */
function aboutRun({ steps, verdict, summary }: Report): Remark[] {
  const failed = steps
    .filter(({ status }) => status === "failed")
    .map(({ id, reason }): Remark => ({ level: "error", title: `pratique: ${id} failed`, text: reason }));
  return verdict === "incomplete"
    ? [...failed, { level: "notice", title: "pratique: incomplete", text: summary }]
    : failed;
}

function annotation(finding: Finding, level: Level, report: Report): string {
  const { path, startLine, startColumn, endLine, endColumn, about } = filePlace(finding, report);
  // GitHub drops columns that stand on different lines.
  const columns = endLine === startLine && about === "" ? { col: startColumn, endColumn } : {};
  const text = messageAt(finding);
  return command(
    level,
    { file: path, line: startLine, endLine, ...columns, title: `${finding.title} (${finding.rule})` },
    finding.fix === undefined ? text : `${text}\n${finding.fix}`,
  );
}

function restOf(left: ReadonlyMap<Severity, number>): string {
  const words = { error: "error", warning: "warning", info: "remark" } as const;
  const counts = [...left].map(([severity, count]) => plural(count, words[severity]));
  return `${counts.join(", ")} more: GitHub shows at most ${MOST} of a kind. The other formats have them all.`;
}

/** One command on one line. Nothing in its parts can end it, or begin another. */
function command(level: Level, properties: Readonly<Record<string, string | number>>, text: string): string {
  const written = Object.entries(properties)
    .map(([name, value]) => `${name}=${escapeProperty(plainText(String(value), 1000))}`)
    .join(",");
  return `::${level} ${written}::${escapeData(plainText(text))}`;
}

const escapeData = (text: string): string =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
