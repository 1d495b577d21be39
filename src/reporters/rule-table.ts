import { plural } from "../findings/counting.ts";
import type { Rule } from "../rules/rule.ts";
import { type Look, paint } from "./look.ts";
import { displayWidth, indent } from "./wrap.ts";

/** What a table of rules shows of each. */
export type RuleRow = Pick<Rule, "id" | "severity" | "category" | "optIn" | "requirements" | "aliases">;

const GAP = "  ";
const HEADS = {
  id: "Rule",
  severity: "Severity",
  category: "Category",
  names: "Requirements; names elsewhere",
};

/** The rules as a table for a terminal; what does not fit beside a rule stands below it. */
export function renderRuleTable(rules: readonly RuleRow[], look: Look): string {
  if (rules.length === 0) return "No rule fits.\n";
  const width = (key: "id" | "severity" | "category"): number =>
    Math.max(HEADS[key].length, ...rules.map((rule) => rule[key].length));
  const columns = { id: width("id"), severity: width("severity"), category: width("category") };
  const cells = (row: {
    readonly id: string;
    readonly severity: string;
    readonly category: string;
  }): string =>
    [
      row.id.padEnd(columns.id),
      row.severity.padEnd(columns.severity),
      row.category.padEnd(columns.category),
    ].join(GAP);
  const room = look.width - cells(HEADS).length - GAP.length;
  const lines = rules.flatMap((rule) => {
    const names = namesOf(rule);
    if (names === "") return [cells(rule).trimEnd()];
    if (displayWidth(names) <= room) return [`${cells(rule)}${GAP}${paint(look, "dim", names)}`];
    return [cells(rule).trimEnd(), ...indent(names, 4, look.width).map((line) => paint(look, "dim", line))];
  });
  const head = room >= HEADS.names.length ? `${cells(HEADS)}${GAP}${HEADS.names}` : cells(HEADS).trimEnd();
  return [
    paint(look, "bold", head),
    ...lines,
    "",
    ...indent(
      `${plural(rules.length, "rule")}. “pratique explain <rule>” says why, and what to do.`,
      0,
      look.width,
    ),
    "",
  ].join("\n");
}

function namesOf({ optIn, requirements, aliases }: RuleRow): string {
  return [optIn === true ? "optional" : "", requirements.join(", "), aliases.join(", ")]
    .filter(Boolean)
    .join("; ");
}

/** One rule on one line, with tabs between its fields: for other programs, and for `grep`. */
export const renderRuleLines = (rules: readonly RuleRow[]): string =>
  rules
    .map(({ id, severity, category, optIn, requirements, aliases }) =>
      [id, severity, category, optIn === true ? "optional" : "-", list(requirements), list(aliases)].join(
        "\t",
      ),
    )
    .map((line) => `${line}\n`)
    .join("");

const list = (items: readonly string[]): string => (items.length === 0 ? "-" : items.join(","));
