import { mentions } from "../dockerfile/mentions.ts";
import { messageOf } from "../errors.ts";
import type { Draft, Finding, Severity } from "../findings/finding.ts";
import type { Profile } from "../profiles/profile.ts";
import type { FactsByKind, NotAssessed, Rule, RuleKind } from "./rule.ts";
import { isEnabled, type RuleLevel, type RuleSettings } from "./selection.ts";

/** What the rules of one kind said about one set of facts. */
export interface Judgement {
  readonly kind: RuleKind;
  readonly findings: readonly Finding[];
  /** Rules that were run, `off` ones left out. */
  readonly rules: readonly Rule[];
  /** Rules that could not judge, with the reason. */
  readonly notAssessed: ReadonlyMap<string, string>;
}

/** A file with more findings of one rule than this is cut, and says so: nobody reads on. */
const MOST_PER_RULE = 100;

/** Runs every rule of a kind. A rule that fails is a defect of ours: it counts as not assessed, never as a pass. */
export function applyRules<K extends RuleKind>(
  kind: K,
  rules: readonly Rule<K>[],
  facts: FactsByKind[K],
  profile: Profile,
  settings: RuleSettings,
): Judgement {
  const findings: Finding[] = [];
  const notAssessed = new Map<string, string>();
  const enabled = enabledOf(rules, settings);
  if (enabled.length < rules.length) {
    for (const rule of rules) {
      // What nobody asked for is not missing.
      if (rule.optIn !== true && !isEnabled(rule, settings))
        notAssessed.set(rule.id, "the rule is turned off in the configuration");
    }
  }
  const dockerfile = "dockerfile" in facts ? facts.dockerfile : undefined;
  for (const rule of enabled) {
    if (rule.mentions !== undefined && dockerfile !== undefined && !mentions(dockerfile, rule.mentions))
      continue;
    try {
      let count = 0;
      for (const said of rule.check(facts, profile)) {
        if (isNotAssessed(said)) {
          notAssessed.set(rule.id, said.notAssessed);
        } else if (++count <= MOST_PER_RULE) {
          // Calling a mistake a remark must not turn a failed requirement into a pass.
          if (settings[rule.id] === "info" && (said.severity ?? rule.severity) !== "info")
            notAssessed.set(rule.id, "the configuration makes its findings mere remarks");
          findings.push(toFinding(rule, said, settings[rule.id]));
        }
      }
    } catch (error) {
      notAssessed.set(rule.id, `the rule ${rule.id} failed: ${messageOf(error)}`);
    }
  }
  return { kind, findings, rules: enabled as unknown as readonly Rule[], notAssessed };
}

const enabledBySettings = new WeakMap<RuleSettings, Map<unknown, unknown>>();

/** The rules that take part; worked out once for many files with the same settings. */
function enabledOf<K extends RuleKind>(
  rules: readonly Rule<K>[],
  settings: RuleSettings,
): readonly Rule<K>[] {
  let known = enabledBySettings.get(settings);
  if (known === undefined) {
    known = new Map();
    enabledBySettings.set(settings, known);
  }
  const enabled = known.get(rules) as readonly Rule<K>[] | undefined;
  if (enabled !== undefined) return enabled;
  const made = rules.filter((rule) => isEnabled(rule, settings));
  known.set(rules, made);
  return made;
}

const isNotAssessed = (said: Draft | NotAssessed): said is NotAssessed => "notAssessed" in said;

function toFinding<K extends RuleKind>(
  rule: Rule<K>,
  draft: Draft,
  configured: RuleLevel | undefined,
): Finding {
  const severity: Severity =
    configured === undefined || configured === "off" || configured === "on"
      ? (draft.severity ?? rule.severity)
      : configured;
  return {
    rule: rule.id,
    title: rule.title,
    severity,
    requirements: rule.requirements,
    message: draft.message,
    aliases: draft.aliases ?? rule.aliases,
    ...(draft.location === undefined ? {} : { location: draft.location }),
    ...(draft.excerpt === undefined ? {} : { excerpt: draft.excerpt }),
    fix: draft.fix ?? rule.fix,
    ...(draft.subjects === undefined ? {} : { subjects: draft.subjects }),
    ...(draft.edits === undefined ? {} : { edits: draft.edits }),
  };
}
