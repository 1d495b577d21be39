import type { Report, RequirementStatus, Step, Verdict } from "../evidence/report.ts";
import { isMust } from "../evidence/verdict.ts";
import { binarySizeOf, plural } from "../findings/counting.ts";
import { type Finding, isFileLocation, type Severity } from "../findings/finding.ts";
import { contentsLine } from "./contents-line.ts";
import { endedWell, expectedRuns } from "./expected.ts";
import { FindingText, fixLines, placeLines, placeOf, sourceLines } from "./finding-lines.ts";
import { fitnessLine } from "./fitness-line.ts";
import { dotted, type Look, paint, type Style } from "./look.ts";
import { plainLine, plainText } from "./plain.ts";
import { runtimeLines } from "./runtime-lines.ts";
import { checklists, type Selection, select } from "./select.ts";
import { spaceLines } from "./space-lines.ts";
import { vulnerabilityLine } from "./vulnerability-lines.ts";
import { clip, displayWidth, indent, wrap } from "./wrap.ts";

export type { Look } from "./look.ts";

export interface ReportPaths {
  readonly page: string;
  readonly evidence: string;
}

export interface ScreenOptions extends Look {
  readonly reportPaths?: ReportPaths;
  /** Set when the progress display has left the lines of the steps on the same terminal. */
  readonly stepsShown?: boolean;
}

/** Findings that get a full block; the rest get a short one, so that a bad project still fits a screen or two. */
const FULL_BLOCKS = 3;
const SHORT_BLOCKS = 8;
const ADVICE_LINES = 6;
const GAP_LINES = 5;
const CASE_LINES = 10;

const VERDICTS: Readonly<Record<Verdict, { readonly words: string; readonly style: Style }>> = {
  clear: { words: "CLEAR", style: ["bold", "green"] },
  "clear-with-advice": { words: "CLEAR WITH ADVICE", style: ["bold", "green"] },
  "not-clear": { words: "NOT CLEAR", style: ["bold", "red"] },
  incomplete: { words: "INCOMPLETE", style: ["bold", "yellow"] },
};

/** The screen that a command ends with. Ends with a newline. */
export function renderTerminal(report: Report, options: ScreenOptions): string {
  const look = options;
  const selection = select(report);
  const lines = [
    ...header(report, look),
    "",
    ...(options.stepsShown === true ? [] : [...report.steps.map((step) => stepLine(step, look)), ""]),
    ...verdictLines(report, look),
    ...selection.stopping.flatMap((finding, index) => stoppingBlock(finding, index, report, look)),
    ...spaced(moreLine(selection.stopping.length - FULL_BLOCKS - SHORT_BLOCKS, "things like these", look)),
    ...gapLines(report, selection, look),
    ...runtimeLines(report, look),
    ...adviceLines(selection.advice, look),
    ...spaceLines(report, look),
    ...countLines(report, selection, look),
    ...contentsLine(report, look),
    ...vulnerabilityLine(report, look),
    ...usageLine(report, look),
    ...fitnessLines(report, look),
    ...publicationLines(report, look),
    ...pathLines(report, options),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

/** What an image starts is of interest where it was looked at alone; a test shows more. */
function fitnessLines({ command, fitness }: Report, look: Look): string[] {
  if (command !== "inspect" || fitness === undefined) return [];
  return indent(fitnessLine(fitness), 1, look.width);
}

function publicationLines({ publication }: Report, look: Look): string[] {
  if (publication === undefined) return [];
  const { image, tags, at, override } = publication;
  const why = override === null ? "" : `, though it is ${override.verdict}: ${override.reason}`;
  const text = `Published as ${image}:${tags[0] ?? ""} on ${at.slice(0, 10)}${why}`;
  return indent(plainLine(text), 1, look.width);
}

/** Broken between its parts, never inside one. */
function header(report: Report, look: Look): string[] {
  const engine = report.engine;
  const parts = [
    `pratique ${report.tool.version}`,
    `profile ${report.profile.id} (documents of ${report.profile.documentsRead})`,
    engine === null ? "" : `${engine.name} ${engine.version}, ${engine.rootless ? "rootless" : "rootful"}`,
  ];
  const lines: string[] = [];
  for (const part of parts.map((text) => plainLine(text)).filter(Boolean)) {
    const last = lines.at(-1);
    const joined = last === undefined ? part : dotted(look, [last, part]);
    if (last !== undefined && displayWidth(joined) <= look.width) lines[lines.length - 1] = joined;
    else lines.push(...wrap(part, look.width).split("\n"));
  }
  return lines.map((line) => paint(look, "dim", line));
}

const SIGNS = {
  done: { unicode: "✔", ascii: "+", style: "green" },
  findings: { unicode: "!", ascii: "!", style: "yellow" },
  failed: { unicode: "✖", ascii: "x", style: "red" },
  "not-assessed": { unicode: "─", ascii: "-", style: "dim" },
} as const satisfies Record<string, { unicode: string; ascii: string; style: Style }>;

/** One step on one line; shared with the progress display. */
export function stepLine(step: Step, look: Look): string {
  const sign = SIGNS[step.status === "done" && step.findings > 0 ? "findings" : step.status];
  const time = `${step.seconds.toFixed(1).padStart(7)} s`;
  const right =
    step.status === "not-assessed"
      ? "not assessed"
      : `${step.status === "failed" ? "failed" : step.findings === 0 ? "" : plural(step.findings, "finding")}${time}`;
  const room = look.width - 12 - displayWidth(right) - 2;
  const middle = clip(plainLine(step.status === "done" ? step.detail : step.reason), room);
  const gap = " ".repeat(Math.max(2, room - displayWidth(middle) + 2));
  return `${paint(look, sign.style, look.unicode ? sign.unicode : sign.ascii)} ${step.id.padEnd(9)} ${middle}${gap}${right}`;
}

function verdictLines(report: Report, look: Look): string[] {
  const { words, style } = VERDICTS[report.verdict];
  const [first = "", ...rest] = wrap(plainLine(report.summary), look.width - words.length - 3).split("\n");
  const pad = " ".repeat(words.length + 3);
  return [`${paint(look, style, words)}   ${first}`, ...rest.map((line) => pad + line), ""];
}

function stoppingBlock(finding: Finding, index: number, report: Report, look: Look): string[] {
  if (index >= FULL_BLOCKS + SHORT_BLOCKS) return [];
  const several = report.runtimes.length > 1 && finding.runtimes !== undefined;
  const number = String(index + 1).padStart(2);
  const lines = [
    ...titleLines(`${number}  `, finding, look),
    ...indent(plainLine(finding.message), 4, look.width),
    ...placeLines(finding, look),
    ...(several ? indent(`Seen in: ${plainLine((finding.runtimes ?? []).join(", "))}`, 4, look.width) : []),
  ];
  if (index >= FULL_BLOCKS) return [...lines, ...fixLines(finding.fix, look).slice(0, 1), ""];
  const shown = new Set([placeOf(finding.location)]);
  for (const proof of (finding.proofs ?? []).slice(0, 3)) {
    // What several rules say of one place is shown once.
    const where = placeOf(proof.location);
    if (shown.has(where) && where !== "") continue;
    shown.add(where);
    lines.push(
      ...indent(`Also seen: ${plainLine(proof.message)}`, 4, look.width),
      ...placeLines(proof, look),
    );
  }
  const more = indent(`More: pratique explain ${plainLine(finding.rule, 60)}`, 4, look.width);
  return [...lines, ...fixLines(finding.fix, look), ...more.map((line) => paint(look, "dim", line)), ""];
}

/** The title, and at the right the requirements and the rule for those who want them. */
function titleLines(start: string, finding: Finding, look: Look): string[] {
  const names = dotted(look, [plainLine(finding.requirements.join(", "), 60), plainLine(finding.rule, 60)]);
  const title = plainLine(finding.title, 200);
  const gap = look.width - start.length - displayWidth(title) - displayWidth(names);
  const right = paint(look, "dim", clip(names, look.width - start.length));
  if (gap >= 2) return [`${start}${paint(look, "bold", title)}${" ".repeat(gap)}${right}`];
  const [first = "", ...rest] = wrap(title, look.width - start.length)
    .split("\n")
    .map((line) => paint(look, "bold", line));
  const pad = " ".repeat(start.length);
  return [start + first, ...rest.map((line) => pad + line), pad + right];
}

/** What keeps the verdict open: without these lines nobody would know what to do about it. */
function gapLines(report: Report, { notShown }: Selection, look: Look): string[] {
  if (report.verdict !== "incomplete") return [];
  const gaps = notShown.filter(isMust);
  const reasons = new Map<string, string[]>();
  for (const { id, reason } of gaps) reasons.set(reason, [...(reasons.get(reason) ?? []), id]);
  const lines = [...reasons].slice(0, GAP_LINES).flatMap(([reason, ids]) => {
    const names =
      ids.length > 6 ? `${ids.slice(0, 6).join(", ")} and ${ids.length - 6} more` : ids.join(", ");
    return bullet(plainLine(`${reason} (${names})`), look);
  });
  if (lines.length === 0) return [];
  return [
    paint(look, "bold", " Not shown"),
    ...lines,
    ...moreLine(reasons.size - GAP_LINES, "reasons", look),
    "",
  ];
}

function adviceLines(advice: readonly Finding[], look: Look): string[] {
  if (advice.length === 0) return [];
  const shown = advice.slice(0, ADVICE_LINES).map((finding) => {
    const where = placeOf(finding.location);
    const text = `${plainLine(finding.title)}${where === "" ? "" : `  ${where}`}`;
    const rule = plainLine(finding.rule, 60);
    const gap = look.width - 4 - displayWidth(text) - displayWidth(rule);
    const right = gap >= 2 ? " ".repeat(gap) + paint(look, "dim", rule) : "";
    return `  ${look.unicode ? "•" : "*"} ${clip(text, look.width - 4)}${right}`;
  });
  return [
    paint(look, "bold", " Advice"),
    ...shown,
    ...moreLine(advice.length - ADVICE_LINES, "more", look),
    "",
  ];
}

const spaced = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : [...lines, ""]);

function moreLine(count: number, what: string, look: Look): string[] {
  return count > 0 ? [`    ${paint(look, "dim", `and ${count} ${what}; the report has them all`)}`] : [];
}

function bullet(text: string, look: Look): string[] {
  return indent(text, 4, look.width).map((line, index) =>
    index === 0 ? `  ${look.unicode ? "•" : "*"} ${line.slice(4)}` : line,
  );
}

function countLines(report: Report, { waived, notShown, remarks }: Selection, look: Look): string[] {
  const rules = [...new Set(waived.map((finding) => finding.rule))].slice(0, 3);
  const counts = [
    waived.length > 0 ? `Waived: ${plural(waived.length, "finding")} (${rules.join(", ")})` : "",
    remarks.length > 0 ? `Remarks: ${remarks.length}` : "",
    notShown.length > 0
      ? `Not assessed: ${plural(notShown.length, "requirement")} (why: pratique report --not-assessed)`
      : "",
  ].filter(Boolean);
  return [
    ...report.notes.flatMap((note) => indent(`Note: ${plainLine(note)}`, 1, look.width)),
    ...expectationLines(report).flatMap((text) => indent(text, 1, look.width)),
    ...checklistLines(report).flatMap((text) => indent(text, 1, look.width)),
    ...counts.flatMap((text) => indent(plainLine(text), 1, look.width)),
  ];
}

/** What the run used, in one line: who asks for resources wants to know. */
function usageLine({ recording }: Report, look: Look): string[] {
  if (recording === null) return [];
  const { peaks, limits, cpuSeconds } = recording.usage;
  const of = (used: number | null, limit: number | null): string =>
    used === null ? "" : `${binarySizeOf(used)}${limit === null ? "" : ` of ${binarySizeOf(limit)}`}`;
  const parts = [
    peaks.memory === null ? "" : `memory ${of(peaks.memory, limits.memory)}`,
    (peaks.sharedMemory ?? 0) > 0 ? `/dev/shm ${of(peaks.sharedMemory, limits.sharedMemory)}` : "",
    cpuSeconds === null ? "" : `processors ${cpuSeconds.toFixed(1)} s`,
    (peaks.scratch ?? 0) > 0 ? `/scratch ${of(peaks.scratch, limits.scratch)}` : "",
    (peaks.processes ?? 0) > 1 ? plural(peaks.processes ?? 0, "process", "processes") : "",
  ].filter(Boolean);
  // As many as fit: the page has them all.
  const [first, ...rest] = parts;
  if (first === undefined) return [];
  let line = ` Used      ${first}`;
  for (const part of rest) if (displayWidth(`${line}, ${part}`) <= look.width) line += `, ${part}`;
  return [clip(plainLine(line), look.width)];
}

function pathLines(report: Report, { reportPaths, ...look }: ScreenOptions): string[] {
  if (reportPaths === undefined) return [];
  const folder = reportPaths.evidence.slice(0, reportPaths.evidence.lastIndexOf("/") + 1);
  const first = report.recording?.runtime;
  const runs = [...(report.recording === null ? [] : [report.recording]), ...report.others];
  const failed = runs.find((run) => run.runtime === first && !endedWell(run, report));
  return [
    ` Report    ${paint(look, "bold", plainLine(reportPaths.page))}`,
    ` Evidence  ${plainLine(reportPaths.evidence)}`,
    // A program that said something when it failed has often said why.
    ...(failed === undefined ? [] : [` Output    ${plainLine(folder + failed.log.file)}`]),
  ];
}

const ENDED = { well: "ended as it should", badly: "did not end as it should" } as const;

/** One line for each run of which something is expected: how much of it is met, and what is not. */
function expectationLines(report: Report): string[] {
  const runs = expectedRuns(report);
  const lines = runs.slice(0, CASE_LINES).map(({ name, met, notMet, notAssessed, of }) => {
    const count = of.expectations.length;
    const parts = [
      count > 0 ? `${met} of ${plural(count, "expectation")} met` : ENDED[of.asMeant ? "well" : "badly"],
      notMet.length === 0 ? "" : `${notMet.length} not met`,
      notAssessed.length === 0 ? "" : `${notAssessed.length} not assessed`,
    ];
    return plainLine(
      `${name.charAt(0).toUpperCase()}${name.slice(1)}: ${parts.filter(Boolean).join(", ")}`,
      300,
    );
  });
  const more = runs.length - CASE_LINES;
  return more > 0 ? [...lines, `and ${plural(more, "more case")}; the report has them all`] : lines;
}

/** One line for each checklist: how many of its items are met, and which are not; none where nothing was looked at. */
function checklistLines(report: Report): string[] {
  return checklists(report).flatMap(({ title, rows }) => {
    const ids = (status: RequirementStatus): string[] =>
      rows.filter((row) => row.status === status).map(({ id }) => id);
    if (ids("not-assessed").length === rows.length) return [];
    const parts = [
      `${ids("pass").length} of ${rows.length} met`,
      ...(
        [
          ["fail", "not met"],
          ["waived", "waived"],
          ["not-assessed", "not assessed"],
        ] as const
      ).map(([status, words]) => (ids(status).length === 0 ? "" : `${words}: ${ids(status).join(", ")}`)),
    ];
    return [plainLine(`${title}: ${parts.filter(Boolean).join("; ")}`, 400)];
  });
}

const SEVERITY: Readonly<Record<Severity, { readonly word: string; readonly style: Style }>> = {
  error: { word: "error", style: "red" },
  warning: { word: "warning", style: "yellow" },
  info: { word: "remark", style: "blue" },
};

/** The findings of a lint, file by file, each with its source line, and a line that counts them. */
export const renderFindings = (report: Report, look: Look): string =>
  [...findingPieces(report, look)].join("");

/** The same, piece by piece: of thousands of files it is too much to be held at once. */
export function* findingPieces(report: Report, look: Look): Iterable<string> {
  const open = report.findings.filter((finding) => finding.waived === undefined);
  const text = new FindingText(look);
  for (const finding of byFile(open)) {
    const { word, style } = SEVERITY[finding.severity];
    const where = placeOf(finding.location) || plainLine(report.subject.name);
    const name = paint(look, "bold", plainLine(finding.rule, 60));
    const lines = [
      `${where}  ${paint(look, style, word)}  ${name}`,
      ...text.message(finding.message),
      ...(isFileLocation(finding.location) && finding.excerpt !== undefined
        ? sourceLines(finding.excerpt, finding.location, 6, look)
        : []),
      ...(finding.fix === undefined ? [] : text.fix(finding.fix)),
    ];
    yield `${lines.join("\n")}\n\n`;
  }
  const waived = report.findings.length - open.length;
  const counts = (["error", "warning", "info"] as const)
    .map((severity) => ({ severity, count: open.filter((finding) => finding.severity === severity).length }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => plural(count, SEVERITY[severity].word));
  const said = [
    counts.length === 0 ? "no findings" : counts.join(", "),
    waived === 0 ? "" : `${waived} waived`,
  ];
  const subject = plainLine(report.steps[0]?.detail || report.subject.name);
  const failed = report.steps.some((step) => step.status === "failed");
  const lines: string[] = [];
  for (const note of report.notes) lines.push(...indent(`Note: ${plainLine(note)}`, 0, look.width));
  if (!failed) for (const text of checklistLines(report)) lines.push(...indent(text, 0, look.width));
  lines.push(
    ...wrap(`${subject}: ${failed ? "not linted" : said.filter(Boolean).join(", ")}`, look.width).split("\n"),
  );
  yield `${lines.join("\n")}\n`;
}

/** Files in the order of their worst finding; within a file from top to bottom. */
function byFile(findings: readonly Finding[]): Finding[] {
  const files = new Map<string, Finding[]>();
  for (const finding of findings) {
    const file = isFileLocation(finding.location) ? finding.location.file : "";
    const known = files.get(file);
    if (known === undefined) files.set(file, [finding]);
    else known.push(finding);
  }
  const line = ({ location }: Finding): number => (isFileLocation(location) ? location.startLine : 0);
  return [...files.values()].flatMap((all) => all.toSorted((a, b) => line(a) - line(b)));
}

/** What was not assessed, and why. */
export function renderNotAssessed(report: Report, look: Look): string {
  const { notShown, elsewhere } = select(report);
  const groups = [
    { title: "Not assessed", list: notShown },
    {
      title: "Decided elsewhere (a job manifest, the published image, or people)",
      list: elsewhere.filter((r) => r.status === "not-assessed"),
    },
  ];
  const lines = groups.flatMap(({ title, list }) =>
    list.length === 0
      ? []
      : [
          paint(look, "bold", title),
          ...list.flatMap((r) => [
            ...indent(plainLine(`${r.id} (${LEVELS[r.level]}): ${r.text}`), 2, look.width),
            ...indent(plainLine(r.reason), 6, look.width).map((line) => paint(look, "dim", line)),
          ]),
          "",
        ],
  );
  return lines.length === 0 ? "Everything was assessed.\n" : `${lines.join("\n").trimEnd()}\n`;
}

const LEVELS = {
  must: "must",
  "must-not": "must not",
  should: "should",
  "should-not": "should not",
  may: "may",
} as const;

/** An error: what happened, what to do next, and its code. */
export function renderError(
  error: { readonly code: string; readonly message: string; readonly hint: string },
  look: Look,
): string {
  const lines = wrap(plainText(error.message, 4000), look.width - 2).split("\n");
  return [
    ...lines.map((line, index) =>
      `${index === 0 ? paint(look, "red", look.unicode ? "✖" : "x") : " "} ${line}`.trimEnd(),
    ),
    ...(error.hint === "" ? [] : indent(plainText(error.hint, 2000), 2, look.width)),
    `  ${paint(look, "dim", `[${plainLine(error.code, 60)}]`)}`,
    "",
  ].join("\n");
}
