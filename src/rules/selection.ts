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

/** ShellCheck's findings bear numbers that no list of rules has. */
const SHELLCHECK = /^(?:hadolint:|shellcheck:)?sc\d{4}$/i;

/** The rule itself, its category, or all: not a peer's name, which may mean only some of its findings. */
const isOwnWord = (word: string, { id, category }: Named): boolean =>
  means(word, { id, category, aliases: [] });

/**
 * The settings of each rule by its id. A word for one rule counts for more than one for its category. Peers' names
 * decide about single findings (`chooseFindings`), but let a rule run that has such findings.
 */
export function settle(selection: Selection, rules: readonly Named[]): RuleSettings {
  const settings: Record<string, RuleLevel> = {};
  for (const rule of rules) {
    const level = levelOf(selection, rule);
    if (level !== undefined) settings[rule.id] = level;
  }
  return settings;
}

function levelOf({ rules, select, ignore }: Selection, rule: Named): RuleLevel | undefined {
  if (ignore.some((word) => isOwnWord(word, rule))) return "off";
  let level: RuleLevel | undefined;
  let closest = -1;
  for (const [word, wanted] of Object.entries(rules)) {
    if (isOwnWord(word, rule)) {
      const closeness = word === rule.id ? 2 : 1;
      if (closeness < closest) continue;
      closest = closeness;
      level = wanted;
    } else if (wanted !== "off" && level === undefined && means(word, rule)) {
      level = "on";
    }
  }
  if (select.length === 0) return level;
  if (!select.some((word) => means(word, rule) || (SHELLCHECK.test(word) && passesOnShellcheck(rule))))
    return "off";
  // What is asked for by name runs, whatever the settings say.
  return level === undefined || level === "off" ? "on" : level;
}

const passesOnShellcheck = ({ aliases }: Named): boolean =>
  aliases.some((alias) => /^hadolint:SC/.test(alias));

export interface Chosen {
  readonly findings: readonly Finding[];
  /** Rules of which single findings were left out: what they would have shown is not shown. */
  readonly cut: ReadonlySet<string>;
}

/** What is left of findings by the words that mean single ones: peers' names, each of which a finding bears itself. */
export function chooseFindings(
  selection: Selection,
  findings: readonly Finding[],
  rules: readonly Named[],
): Chosen {
  const cut = new Set<string>();
  const levels = Object.entries(selection.rules);
  if (findings.length === 0 || selection.select.length + selection.ignore.length + levels.length === 0)
    return { findings, cut };
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const chosen = findings.flatMap((finding) => {
    const rule = byId.get(finding.rule);
    const own = (word: string): boolean => rule !== undefined && isOwnWord(word, rule);
    const named = (word: string): boolean =>
      !own(word) && means(word, { id: finding.rule, aliases: finding.aliases });
    const wanted = selection.select.length === 0 || selection.select.some((word) => own(word) || named(word));
    // What stands last counts: our own settings come after those of other linters.
    const level = levels.findLast(([word]) => named(word))?.[1];
    if (!wanted || selection.ignore.some(named) || level === "off") {
      cut.add(finding.rule);
      return [];
    }
    const asked = levels.some(([word]) => own(word));
    return level === undefined || level === "on" || asked ? [finding] : [{ ...finding, severity: level }];
  });
  return { findings: chosen, cut };
}

/** The words that mean no rule at all: a name that is mistyped must not go unnoticed. */
export const unknownWords = (words: readonly string[], rules: readonly Named[]): string[] =>
  words.filter((word) => !SHELLCHECK.test(word) && !rules.some((rule) => means(word, rule)));

/** True when a rule takes part under these settings. */
export const isEnabled = <K extends RuleKind>(rule: Rule<K>, settings: RuleSettings): boolean => {
  const level = settings[rule.id];
  return level !== "off" && (rule.optIn !== true || level !== undefined);
};
