import { binarySizeOf, plural } from "../../findings/counting.ts";
import type { Finding } from "../../findings/finding.ts";
import type { JobPlan } from "../../handover/plan.ts";
import type { Sheet } from "../../handover/sheet.ts";
import { FindingText, placeLines } from "../finding-lines.ts";
import { type Look, paint } from "../look.ts";
import { plainLine } from "../plain.ts";
import { indent, wrap } from "../wrap.ts";

interface Documents {
  readonly plan: JobPlan;
  readonly sheet: Pick<Sheet, "warnings">;
  readonly findings: readonly Finding[];
}

/** What was written, what the job asks for, and what is left for the reader to do. */
export function renderJob(
  { plan, sheet, findings }: Documents,
  written: readonly string[],
  look: Look,
): string {
  const { cpu, memory } = plan.resources;
  const asks = `${plural(cpu.request, "processor")} and ${binarySizeOf(memory.request)}, at most ${cpu.limit} and ${binarySizeOf(memory.limit)}`;
  const gpus = plan.gpus === 0 ? "" : `, ${plural(plan.gpus, "GPU")}`;
  const lines = [
    ...indent(`Wrote ${written.map((path) => plainLine(path)).join(", ")}.`, 0, look.width),
    "",
    ...sheet.warnings.flatMap((warning) => [
      ...indent(words(warning), 0, look.width).map((line) => paint(look, "yellow", line)),
      "",
    ]),
    ...indent(`The job asks for ${asks}${gpus}.`, 0, look.width),
    ...plan.resources.basis.flatMap((sentence) => indent(plainLine(sentence), 4, look.width)),
    "",
    ...openLines(plan, look),
    ...findingLines(findings, look),
    ...plan.remarks.flatMap((remark) => [...indent(words(remark), 0, look.width), ""]),
  ];
  const page = written.find((path) => path.endsWith(".html")) ?? "";
  lines.push(wrap(`What to do next, step by step: ${plainLine(page)}`, look.width));
  return `${lines.join("\n")}\n`;
}

function openLines({ open }: JobPlan, look: Look): string[] {
  if (open.length === 0) return ["Nothing is left to fill in.", ""];
  return [
    `${paint(look, "bold", "To fill in")}: ${plural(open.length, "value")} that only you know. Edit the files, or give the options.`,
    ...open.flatMap(({ placeholder, meaning, option }) => [
      `    ${paint(look, "yellow", plainLine(placeholder))}   ${option}`,
      ...indent(words(meaning), 8, look.width),
    ]),
    "",
  ];
}

/** The remark about placeholders would say the same as the list. */
function findingLines(findings: readonly Finding[], look: Look): string[] {
  const said = findings.filter(({ rule }) => rule !== "job-placeholder");
  if (said.length === 0) return [];
  const text = new FindingText(look);
  return [
    paint(look, "bold", "What was asked for would not do:"),
    ...said.flatMap((finding) => [
      ...text.message(`${finding.message} (${finding.rule})`),
      ...placeLines(finding, look),
      ...text.fix(finding.fix ?? ""),
    ]),
    "",
  ];
}

const words = (text: string): string => plainLine(text).replaceAll("`", "");
