import type { Finding, Severity } from "../findings/finding.ts";
import { means, type Named } from "../findings/names.ts";
import type { Rule, RuleKind } from "./rule.ts";

/** How one rule runs: at a severity, not at all, or (`on`) at its own severity although it is optional. */
export type RuleLevel = Severity | "off" | "on";
export type RuleSettings = Readonly<Record<string, RuleLevel>>;

export interface Selection {
  /** `pratique.yaml`: names as the user wrote them. */
  readonly rules: Readonly<Record<string, Severity | "off" | "on">>;
  /** `--select`: only these run; `all` takes in what is optional too. */
  readonly select: readonly string[];
  /** `--ignore`: these do not run, whatever else says so. */
  readonly ignore: readonly string[];
}

/** One rule passes on all that ShellCheck finds: such a word means single findings of it. */
const SHELLCHECK = /^(?:hadolint:|shellcheck:)?sc\d{4}$/i;

/** The settings of each rule by its id. A word for one rule counts for more than one for its category. */
export function settle(selection: Selection, rules: readonly Named[]): RuleSettings {
  const settings: Record<string, RuleLevel> = {};
  for (const rule of rules) {
    const level = levelOf(selection, rule);
    if (level !== undefined) settings[rule.id] = level;
  }
  return settings;
}

function levelOf({ rules, select, ignore }: Selection, rule: Named): RuleLevel | undefined {
  if (ignore.some((word) => !SHELLCHECK.test(word) && means(word, rule))) return "off";
  let level: RuleLevel | undefined;
  let closest = -1;
  for (const [word, wanted] of Object.entries(rules)) {
    if (SHELLCHECK.test(word) || !means(word, rule)) continue;
    const closeness = word === rule.id ? 2 : word === rule.category || word === "all" ? 0 : 1;
    if (closeness >= closest) {
      closest = closeness;
      level = wanted;
    }
  }
  if (select.length === 0) return level;
  if (!select.some((word) => means(word, rule))) return "off";
  // What is asked for by name runs, whatever the settings say.
  return level === undefined || level === "off" ? "on" : level;
}

/**
 * What is left of the findings of a rule that bear names of their own (`SC2086`), by the words that mean single ones.
 */
export function chooseFindings(selection: Selection, findings: readonly Finding[]): Finding[] {
  const named = (words: readonly string[]): string[] => words.filter((word) => SHELLCHECK.test(word));
  const ignored = named(selection.ignore);
  const wanted = named(selection.select);
  const general = selection.select.filter((word) => !SHELLCHECK.test(word));
  const levels = Object.entries(selection.rules).filter(([word]) => SHELLCHECK.test(word));
  return findings.flatMap((finding) => {
    const is = (word: string): boolean => means(word, { id: finding.rule, aliases: finding.aliases });
    const chosen = wanted.length === 0 || wanted.some(is) || general.some(is) || general.includes("all");
    if (!chosen || ignored.some(is)) return [];
    const level = levels.find(([word]) => is(word))?.[1];
    if (level === "off") return [];
    return level === undefined || level === "on" ? [finding] : [{ ...finding, severity: level }];
  });
}

/** The words that mean no rule at all: a name that is mistyped must not go unnoticed. */
export const unknownWords = (words: readonly string[], rules: readonly Named[]): string[] =>
  words.filter((word) => !SHELLCHECK.test(word) && !rules.some((rule) => means(word, rule)));

/** True when a rule takes part under these settings. */
export const isEnabled = <K extends RuleKind>(rule: Rule<K>, settings: RuleSettings): boolean => {
  const level = settings[rule.id];
  return level !== "off" && (rule.optIn !== true || level !== undefined);
};
