import type { Sheet, Step } from "../../handover/sheet.ts";
import { markdownCode, markdownText } from "../markdown-text.ts";
import { plainLine } from "../plain.ts";

/** The hand-over sheet as Markdown. Whatever comes from the project is shown as text. */
export function handoverMarkdown(sheet: Sheet, version: string): string {
  const { open, warnings } = sheet;
  const blocks = [
    `# ${markdownText(sheet.title, 200)}`,
    `Step by step, for ${markdownText(sheet.place, 300)}.`,
    ...warnings.map((text) => `> **Note:** ${words(text)}`),
    list(
      sheet.facts.map(
        (fact) => `**${markdownText(fact.term)}:** ${"code" in fact ? code(fact.code) : words(fact.text)}`,
      ),
    ),
    ...section("Know before you start", sheet.remarks),
    ...(open.length === 0 ? [] : openValues(open)),
    ...sheet.steps.flatMap(stepBlocks),
    "## Where the numbers come from",
    list(sheet.basis.map(words)),
    ...section("What no test outside can show", sheet.notImitated),
    `Made by pratique ${code(version.slice(0, 40))}.`,
  ];
  return `${blocks.join("\n\n")}\n`;
}

function openValues(open: Sheet["open"]): string[] {
  return [
    "## To fill in",
    "These stand in the files as placeholders. Write the values in, or make the files anew with the options.",
    [
      "| In the files | What it is | Option |",
      "|---|---|---|",
      ...open.map(
        ({ placeholder, meaning, option }) =>
          `| ${cell(code(placeholder))} | ${cell(words(meaning))} | ${cell(code(option))} |`,
      ),
    ].join("\n"),
  ];
}

function stepBlocks({ title, where, parts }: Step, index: number): string[] {
  return [
    `## ${index + 1}. ${markdownText(title)}`,
    `*${markdownText(where.charAt(0).toUpperCase() + where.slice(1))}*`,
    ...parts.map((part) => ("commands" in part ? markdownCode(part.commands, 8000, "sh") : words(part.text))),
  ];
}

const section = (title: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : [`## ${title}`, list(items.map(words))];

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join("\n");

/** Words between backticks as code; an odd backtick has no partner and is text. */
function words(text: string): string {
  const parts = text.split("`");
  if (parts.length % 2 === 0) return markdownText(text);
  return parts
    .map((part, index) => {
      if (index % 2 === 1) return code(part);
      // The end of a part is no end of a line.
      return part === "" ? "" : inline(part);
    })
    .join("");
}

/** Escaped, with the blanks at both ends, which stand beside code. */
function inline(part: string): string {
  const [start = ""] = /^ */.exec(part) ?? [];
  const [end = ""] = / *$/.exec(part) ?? [];
  return `${start}${markdownText(part.trim())}${end}`;
}

/** On one line; a longer run of backticks than any inside holds it together. */
function code(text: string): string {
  const plain = plainLine(text, 2000);
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = plain.startsWith("`") || plain.endsWith("`") ? " " : "";
  return `${fence}${pad}${plain}${pad}${fence}`;
}

const cell = (text: string): string => text.replaceAll("|", "\\|");
