import type { Severity } from "../findings/finding.ts";
import type { Rule, RuleKind } from "./rule.ts";

/** What identifies a rule to a user, without the rule's code. */
export interface RuleName {
  readonly id: string;
  readonly category: string;
  readonly aliases: readonly string[];
}

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

const lower = (text: string): string => text.toLowerCase();

/**
 * True when a word that a user wrote means this rule: its id, its category, or a peer's name for it, with or without
 * the peer's own name before it (`DL3006`, `hadolint:DL3006`, `AVD-DS-0002`, `DS002`).
 */
export function means(word: string, rule: RuleName): boolean {
  const wanted = lower(word.trim());
  if (wanted === "all" || wanted === rule.id || wanted === rule.category) return true;
  const plain = peerName(wanted);
  return rule.aliases.some((alias) => {
    const known = lower(alias);
    return known === wanted || known.slice(known.indexOf(":") + 1) === plain;
  });
}

/** Trivy has called its rules `DS002`, `AVD-DS-0002` and `DS-0002`. */
function peerName(word: string): string {
  const trivy = /^(?:trivy:)?(?:avd-)?ds-?0*(\d{1,4})$/.exec(word);
  return trivy === null ? word.slice(word.indexOf(":") + 1) : `ds-${(trivy[1] ?? "").padStart(4, "0")}`;
}

/** The settings of each rule by its id. A word for one rule counts for more than one for its category. */
export function settle(selection: Selection, rules: readonly RuleName[]): RuleSettings {
  const settings: Record<string, RuleLevel> = {};
  for (const rule of rules) {
    const level = levelOf(selection, rule);
    if (level !== undefined) settings[rule.id] = level;
  }
  return settings;
}

function levelOf({ rules, select, ignore }: Selection, rule: RuleName): RuleLevel | undefined {
  if (ignore.some((word) => means(word, rule))) return "off";
  let level: RuleLevel | undefined;
  let closest = -1;
  for (const [word, wanted] of Object.entries(rules)) {
    if (!means(word, rule)) continue;
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

/** The words that mean no rule at all: a name that is mistyped must not go unnoticed. */
export const unknownWords = (words: readonly string[], rules: readonly RuleName[]): string[] =>
  words.filter((word) => !rules.some((rule) => means(word, rule)));

/** True when a rule takes part under these settings. */
export const isEnabled = <K extends RuleKind>(rule: Rule<K>, settings: RuleSettings): boolean => {
  const level = settings[rule.id];
  return level !== "off" && (rule.optIn !== true || level !== undefined);
};
