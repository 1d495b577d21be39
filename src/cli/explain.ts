import { nearest } from "../config/nearest.ts";
import { PratiqueError } from "../errors.ts";
import { loadRules, RULE_KINDS, RULE_NAMES } from "../rules/registry/registry.gen.ts";
import type { Rule } from "../rules/rule.ts";
import { terminalOptions } from "./failure.ts";

async function allRules(): Promise<Rule[]> {
  const groups = await Promise.all(RULE_KINDS.map((kind) => loadRules(kind)));
  return (groups.flat() as unknown as Rule[]).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Prints the page of a rule, found by its name or by a peer's name for it. */
export async function explain(name: string): Promise<number> {
  const rules = await allRules();
  const wanted = name.toLowerCase();
  const found = rules.filter(
    (rule) =>
      rule.id === wanted ||
      rule.aliases.some(
        (alias) => alias.toLowerCase() === wanted || alias.toLowerCase().endsWith(`:${wanted}`),
      ),
  );
  if (found.length === 0) {
    const guess = nearest(name, Object.keys(RULE_NAMES));
    throw new PratiqueError("rule.unknown", `There is no rule “${name.slice(0, 60)}”.`, {
      hint: guess === undefined ? "“pratique rules” lists them." : `Did you mean “${guess}”?`,
    });
  }
  const { renderRule } = await import("../reporters/rule.ts");
  const look = terminalOptions(process.stdout);
  process.stdout.write(found.map((rule) => renderRule(rule, look)).join("\n"));
  return 0;
}

/** Lists all rules, or prints them as JSON. */
export async function listRules(format: "text" | "json"): Promise<number> {
  const rules = await allRules();
  if (format === "json") {
    const plain = rules.map(({ check: _check, examples: _examples, ...rest }) => rest);
    process.stdout.write(`${JSON.stringify(plain, null, 2)}\n`);
    return 0;
  }
  const width = Math.max(...rules.map((rule) => rule.id.length));
  for (const rule of rules) {
    process.stdout.write(`${rule.id.padEnd(width)}  ${rule.severity.padEnd(7)}  ${rule.title}\n`);
  }
  return 0;
}
