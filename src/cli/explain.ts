import { readFileSync } from "node:fs";
import { nearest } from "../config/nearest.ts";
import { PratiqueError } from "../errors.ts";
import { means } from "../findings/names.ts";
import type { RuleExamples } from "../reporters/rule.ts";
import { loadRules, RULE_KINDS } from "../rules/registry/registry.gen.ts";
import { CATEGORIES, type Rule } from "../rules/rule.ts";
import { terminalOptions } from "./failure.ts";

/** Which rules `pratique rules` lists: those that fit all of what is given. */
export interface RuleFilter {
  /** Id of a requirement: `OFF-01`. */
  readonly requirement?: string;
  /** A peer (`hadolint`), or its name for a rule (`DL3006`). */
  readonly peer?: string;
  readonly category?: string;
  readonly kind?: string;
  /** Only the optional ones. */
  readonly optional?: boolean;
}

export interface RulesOptions extends RuleFilter {
  readonly format: "text" | "json";
}

export interface ExplainOptions {
  readonly format?: "text" | "json";
}

async function allRules(): Promise<Rule[]> {
  const groups = await Promise.all(RULE_KINDS.map((kind) => loadRules(kind)));
  return (groups.flat() as unknown as Rule[]).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The built command line keeps the examples in a file, so that a lint need not load them. */
function examplesOf({ id, examples }: Rule): RuleExamples {
  const first = (list: Rule["examples"]["bad"]): string | undefined =>
    list.find(({ dockerfile }) => dockerfile !== undefined)?.dockerfile;
  if (examples.bad.length > 0) return { bad: first(examples.bad), good: first(examples.good) };
  const built: Record<string, RuleExamples> = JSON.parse(
    readFileSync(new URL("examples.json", import.meta.url), "utf8"),
  );
  return built[id] ?? {};
}

/** Prints the page of a rule, found by its name or by a peer's name for it, or of a requirement. */
export async function explain(name: string, { format = "text" }: ExplainOptions = {}): Promise<number> {
  const rules = await allRules();
  // Without its category, so that a word such as “offline” does not print thirty pages.
  const found = rules.filter(({ id, aliases }) => name !== "all" && means(name, { id, aliases }));
  const { findStatements, renderRequirement, statementIds } = await import("../reporters/requirement.ts");
  const statements = findStatements(name);
  if (found.length === 0 && statements.length === 0) throw unknownRule(name, rules, statementIds());
  const look = terminalOptions(process.stdout);
  const about = (id: string): Rule[] => rules.filter((rule) => rule.requirements.includes(id));
  if (format === "json") {
    printJson({
      rules: found.map(plainRule),
      requirements: statements.map(({ profile, statement }) => ({
        ...statement,
        profile,
        rules: about(statement.id).map(({ id }) => id),
      })),
    });
    return 0;
  }
  const { renderRule } = await import("../reporters/rule.ts");
  const pages = [
    ...found.map((rule) => renderRule(rule, examplesOf(rule), look)),
    ...statements.map((one) => renderRequirement(one, about(one.statement.id), look)),
  ];
  process.stdout.write(pages.join("\n"));
  return 0;
}

/** Lists the rules that fit: as a table on a terminal, as fields with tabs between them elsewhere, or as JSON. */
export async function listRules({ format, ...filter }: RulesOptions): Promise<number> {
  const rules = await allRules();
  const { findStatements, statementIds } = await import("../reporters/requirement.ts");
  if (filter.requirement !== undefined && findStatements(filter.requirement).length === 0)
    throw unknown("requirement", filter.requirement, statementIds());
  if (filter.peer !== undefined && !rules.some((rule) => isPeers(filter.peer ?? "", rule)))
    throw unknown("linter or rule of one", filter.peer, rules.flatMap(peerNames));
  const fitting = rules.filter((rule) => fits(rule, filter));
  if (format === "json") {
    printJson(fitting.map(plainRule));
    return 0;
  }
  const { renderRuleLines, renderRuleTable } = await import("../reporters/rule-table.ts");
  process.stdout.write(
    process.stdout.isTTY === true
      ? renderRuleTable(fitting, terminalOptions(process.stdout))
      : renderRuleLines(fitting),
  );
  return 0;
}

function fits(rule: Rule, { requirement, peer, category, kind, optional }: RuleFilter): boolean {
  return (
    (requirement === undefined ||
      rule.requirements.some((id) => id.toUpperCase() === requirement.trim().toUpperCase())) &&
    (peer === undefined || isPeers(peer, rule)) &&
    (category === undefined || rule.category === category) &&
    (kind === undefined || rule.needs === kind) &&
    (optional !== true || rule.optIn === true)
  );
}

/** True when the word is a peer that knows the rule, or its name for it. */
function isPeers(word: string, { aliases }: Rule): boolean {
  const peer = `${word.trim().toLowerCase()}:`;
  // No rule of ours is called like this, so that only the peers' names count.
  return (
    word !== "all" &&
    (aliases.some((alias) => alias.toLowerCase().startsWith(peer)) || means(word, { id: ":", aliases }))
  );
}

/** A peer's names as a user may write them: `hadolint`, `hadolint:DL3006`, `DL3006`. */
const peerNames = ({ aliases }: Rule): string[] =>
  aliases.flatMap((alias) => [
    alias.slice(0, alias.indexOf(":")),
    alias,
    alias.slice(alias.indexOf(":") + 1),
  ]);

function unknownRule(name: string, rules: readonly Rule[], requirements: readonly string[]): PratiqueError {
  const category = CATEGORIES.find((one) => one === name.toLowerCase());
  if (category !== undefined) {
    return new PratiqueError("rule.unknown", `“${category}” is a category and no rule.`, {
      hint: `“pratique rules --category ${category}” lists its rules.`,
    });
  }
  return unknown("rule", name, [...rules.map(({ id }) => id), ...rules.flatMap(peerNames), ...requirements]);
}

function unknown(what: string, name: string, candidates: readonly string[]): PratiqueError {
  const guess = nearest(name, candidates);
  return new PratiqueError("rule.unknown", `There is no ${what} “${name.slice(0, 60)}”.`, {
    hint: guess === undefined ? "“pratique rules” lists them." : `Did you mean “${guess}”?`,
  });
}

const plainRule = ({ check: _check, examples: _examples, ...rest }: Rule): object => rest;

const printJson = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
