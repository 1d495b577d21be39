import type { Report, RequirementStatus, RuntimeResult, Verdict } from "../evidence/report.ts";
import { type Look, paint, type Style } from "./look.ts";
import { plainLine } from "./plain.ts";
import { endIn, imitationWords, runtimeRows } from "./runtime-table.ts";
import { clip, displayWidth, indent } from "./wrap.ts";

const STATUS: Readonly<Record<RequirementStatus, { readonly word: string; readonly style: Style }>> = {
  pass: { word: "pass", style: "green" },
  fail: { word: "fail", style: "red" },
  waived: { word: "waived", style: "yellow" },
  "not-assessed": { word: "-", style: "dim" },
};

const VERDICT: Readonly<Record<Verdict, string>> = {
  clear: "clear",
  "clear-with-advice": "advice",
  "not-clear": "not clear",
  incomplete: "incomplete",
};

const NAME_WIDTH = 14;
const CELL_WIDTH = 12;
/** What a reader needs to know of the others is on the page. */
const MOST_REASONS = 8;

/** The table of runtimes and requirements, and why something fails beside the verdict. */
export function runtimeLines(report: Report, look: Look): string[] {
  const rows = runtimeRows(report);
  if (rows.length === 0) return [];
  const perTable = Math.max(1, Math.floor((look.width - NAME_WIDTH) / CELL_WIDTH));
  const lines = [paint(look, "bold", " Runtimes"), ""];
  for (let start = 0; start < report.runtimes.length; start += perTable) {
    const runtimes = report.runtimes.slice(start, start + perTable);
    lines.push(
      line(
        "",
        runtimes.map((runtime) => bold(look, heading(runtime))),
      ),
      line(
        "the job",
        runtimes.map((runtime) => cell(endIn(report, runtime))),
      ),
      line(
        "verdict",
        runtimes.map(({ verdict }) => cell(verdict === null ? "-" : VERDICT[verdict])),
      ),
      ...rows.map(({ id, cells }) =>
        line(
          plainLine(id, 12),
          cells.slice(start, start + perTable).map(({ status }) => {
            const { word, style } = STATUS[status];
            return { text: word, shown: paint(look, style, word) };
          }),
        ),
      ),
      "",
    );
  }
  return [...lines, ...notes(report, look), ""];
}

interface Cell {
  readonly text: string;
  /** The same with colour. */
  readonly shown: string;
}

const cell = (text: string): Cell => ({ text, shown: text });
const bold = (look: Look, text: string): Cell => ({ text, shown: paint(look, "bold", text) });
const heading = ({ id, decides }: RuntimeResult): string =>
  clip(`${plainLine(id, 30)}${decides ? "*" : ""}`, CELL_WIDTH - 1);

const line = (name: string, cells: readonly Cell[]): string =>
  `  ${name.padEnd(NAME_WIDTH - 2)}${cells
    .map(({ text, shown }) => shown + " ".repeat(Math.max(1, CELL_WIDTH - displayWidth(text))))
    .join("")}`.trimEnd();

/** Process ids differ from run to run. */
const withoutProcess = (id: string, reason: string): string =>
  `${id}: ${reason.replace(/ \(process \d+\)/g, "")}`;

function notes(report: Report, look: Look): string[] {
  const beside = runtimeRows(report).flatMap(({ id, cells }) =>
    cells
      .filter(({ runtime, status }) => status === "fail" && !runtime.decides)
      .map(({ runtime, reason }) => ({ id, runtime: runtime.id, reason })),
  );
  // The same reason in several runtimes is told once.
  const reasons = new Map<string, string[]>();
  for (const { id, runtime, reason } of beside) {
    const key = withoutProcess(id, reason);
    reasons.set(key, [...(reasons.get(key) ?? []), runtime]);
  }
  const deciding = new Set(
    report.requirements
      .filter(({ status }) => status === "fail")
      .map(({ id, reason }) => withoutProcess(id, reason)),
  );
  const told = [...reasons].filter(([reason]) => !deciding.has(reason));
  const words = [
    ...told.slice(0, MOST_REASONS).map(([reason, runtimes]) => `${runtimes.join(", ")}: ${reason}`),
    ...(told.length > MOST_REASONS
      ? [`and ${told.length - MOST_REASONS} more; the report has them all`]
      : []),
    ...report.runtimes.flatMap(({ id, problem }) =>
      problem === "" ? [] : [`${id} was not run: ${problem}`],
    ),
    "* decides the verdict; - is not assessed, and the report says why.",
    imitationWords(report),
  ];
  return words.filter(Boolean).flatMap((text) => indent(plainLine(text, 400), 2, look.width));
}
