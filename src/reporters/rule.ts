import { styleText } from "node:util";
import type { Rule } from "../rules/rule.ts";
import { wrap } from "./wrap.ts";

export interface RuleLook {
  readonly width: number;
  readonly color: boolean;
}

/** Dockerfiles as they should not be and as they should. */
export interface RuleExamples {
  readonly bad?: string | undefined;
  readonly good?: string | undefined;
}

/** A rule's page for the terminal. */
export function renderRule(rule: Rule, examples: RuleExamples, { width, color }: RuleLook): string {
  const bold = (text: string): string => (color ? styleText("bold", text, { validateStream: false }) : text);
  const { bad, good } = examples;
  const block = (text: string): string =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => `    ${line}`)
      .join("\n");
  return [
    bold(rule.id),
    wrap(rule.title, width),
    "",
    bold("Why it matters"),
    wrap(rule.why, width),
    "",
    bold("What to do"),
    wrap(rule.fix, width),
    ...(bad === undefined ? [] : ["", bold("Not like this"), block(bad)]),
    ...(good === undefined ? [] : ["", bold("Like this"), block(good)]),
    "",
    ...(rule.requirements.length === 0 ? [] : [wrap(`Requirements: ${rule.requirements.join(", ")}`, width)]),
    `Severity: ${rule.severity}`,
    `Category: ${rule.category}`,
    ...(rule.optIn === true
      ? [wrap("Optional: it runs only when it is selected, by name or with all.", width)]
      : []),
    ...(rule.aliases.length === 0 ? [] : [wrap(`Known elsewhere as: ${rule.aliases.join(", ")}`, width)]),
    "",
  ].join("\n");
}
