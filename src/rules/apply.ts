import { messageOf } from "../errors.ts";
import type { Draft, Finding, Severity } from "../findings/finding.ts";
import { joinRuns } from "../findings/runtimes.ts";
import type { Profile } from "../profiles/profile.ts";
import { Gate } from "./gate.ts";
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

/** What the rules said of several runs, as one judgement; undefined of none. */
export function joinJudgements(judgements: readonly Judgement[]): Judgement | undefined {
  const [first] = judgements;
  return (
    first && {
      ...first,
      findings: joinRuns(judgements.map(({ findings }) => findings)),
      notAssessed: new Map(judgements.toReversed().flatMap(({ notAssessed }) => [...notAssessed])),
    }
  );
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
  const { enabled, turnedOff, gate } = chosenOf(rules, settings);
  const notAssessed = new Map<string, string>();
  for (const id of turnedOff) notAssessed.set(id, "the rule is turned off in the configuration");
  for (const rule of "stages" in facts ? gate.open(facts) : enabled) {
    try {
      let count = 0;
      for (const said of rule.check(facts, profile)) {
        if (isNotAssessed(said)) {
          notAssessed.set(rule.id, said.notAssessed);
        } else if (isNowhere(said)) {
          // A fragment has no FROM, so nothing can be wrong with it.
        } else if (++count > MOST_PER_RULE) {
          break;
        } else {
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

interface Chosen<K extends RuleKind> {
  readonly enabled: readonly Rule<K>[];
  /** What nobody asked for is not among them: it is not missing. */
  readonly turnedOff: readonly string[];
  readonly gate: Gate<Rule<K>>;
}

const chosenBySettings = new WeakMap<RuleSettings, Map<unknown, unknown>>();

/** The rules that take part; worked out once for many files with the same settings. */
function chosenOf<K extends RuleKind>(rules: readonly Rule<K>[], settings: RuleSettings): Chosen<K> {
  let known = chosenBySettings.get(settings);
  if (known === undefined) {
    known = new Map();
    chosenBySettings.set(settings, known);
  }
  const chosen = known.get(rules) as Chosen<K> | undefined;
  if (chosen !== undefined) return chosen;
  const enabled = rules.filter((rule) => isEnabled(rule, settings));
  const off = rules.filter((rule) => rule.optIn !== true && !isEnabled(rule, settings));
  const made: Chosen<K> = { enabled, turnedOff: off.map(({ id }) => id), gate: new Gate(enabled) };
  known.set(rules, made);
  return made;
}

const MOST_SHARED = 10_000;
const texts = new Map<string, string>();

/** One string for all findings with the same fix: there are few fixes, and in a large run many findings. */
function shared(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size < MOST_SHARED) texts.set(text, text);
  return text;
}

const isNowhere = ({ location }: Draft): boolean =>
  location !== undefined && "file" in location && location.startLine === 0;

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
  // Written out: a large folder has many thousands of findings.
  const finding: { -readonly [K in keyof Finding]: Finding[K] } = {
    rule: rule.id,
    title: rule.title,
    severity,
    requirements: rule.requirements,
    // What is quoted from a file may hold line breaks; a message is one line everywhere.
    message: draft.message.includes("\n") ? draft.message.replace(/\s*\n\s*/g, " ") : draft.message,
    aliases: draft.aliases ?? rule.aliases,
  };
  if (draft.location !== undefined) finding.location = draft.location;
  if (draft.excerpt !== undefined) finding.excerpt = draft.excerpt;
  finding.fix = shared(draft.fix ?? rule.fix);
  if (draft.subjects !== undefined) finding.subjects = draft.subjects;
  if (draft.edits !== undefined) finding.edits = draft.edits;
  if (draft.waived !== undefined) finding.waived = draft.waived;
  return finding;
}
