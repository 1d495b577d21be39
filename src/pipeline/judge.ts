import type { Config } from "../config/config.ts";
import type { Dockerfile } from "../dockerfile/model.ts";
import { unreadScripts } from "../dockerfile/shell-tree.ts";
import type { Named } from "../findings/names.ts";
import type { Profile } from "../profiles/profile.ts";
import { applyRules, type Judgement } from "../rules/apply.ts";
import { jobCode } from "../rules/job-code.ts";
import { loadRules } from "../rules/registry/registry.gen.ts";
import type { FactsByKind, ProjectFacts, RuleKind } from "../rules/rule.ts";
import { chooseFindings, type RuleSettings, settle } from "../rules/selection.ts";
import type { Collector, ProgressSink } from "./collector.ts";

/** What every step needs. */
export interface StepContext {
  readonly collector: Collector;
  readonly config: Config;
  readonly profile: Profile;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
  /** False: what the program asks for on the network is not found out by a second run. */
  readonly discover?: boolean | undefined;
  readonly verify?: boolean | undefined;
}

/** Lets the rules of one kind judge the facts of that kind; only those rules are loaded. */
export async function judge<K extends RuleKind>(
  kind: K,
  facts: FactsByKind[K],
  context: Pick<StepContext, "config" | "profile">,
): Promise<Judgement> {
  const rules = await loadRules(kind);
  const { config, profile } = context;
  const applied = applyRules(kind, rules, facts, profile, settingsFor(config, kind, rules));
  const whole = "stages" in facts ? withUnread(applied, facts.dockerfile) : applied;
  const judgement = "source" in facts ? withUnreadCode(whole, facts) : whole;
  const { findings, cut } = chooseFindings(config, judgement.findings, rules);
  if (cut.size === 0 && findings === judgement.findings) return judgement;
  const notAssessed = new Map(judgement.notAssessed);
  for (const rule of cut) notAssessed.set(rule, "some of its findings are left out by the settings");
  return { ...judgement, findings, notAssessed };
}

/** The same findings, and no rule that shows anything by its silence. */
export const unassessed = (judgement: Judgement, reason: string): Judgement => ({
  ...judgement,
  notAssessed: new Map([...judgement.rules.map(({ id }) => [id, reason] as const), ...judgement.notAssessed]),
});

/**
 * A part of a Dockerfile passes nothing. Rules that read commands would pass a script that they were never shown; which
 * of them do, no rule says.
 */
function withUnread(judgement: Judgement, { instructions, stages }: Dockerfile): Judgement {
  if (stages.length === 0) return unassessed(judgement, "there is no FROM, so there is no image to judge");
  const [first] = unreadScripts(instructions);
  if (first === undefined) return judgement;
  const reason = `the script of ${first.keyword} in line ${first.range.start.line} opens too many brackets to be read`;
  return unassessed(judgement, reason);
}

/** Rules about a project that look at names of files and lists of packages, and not at code. */
const WITHOUT_CODE = new Set([
  "credentials-copied",
  "data-files-copied",
  "ignored-file-copied",
  "lock-file-not-used",
  "no-dockerignore",
  "unpinned-requirements",
]);

/** Code that the job runs and that nobody could read passes nothing, nor does a folder that nobody could look into. */
function withUnreadCode(judgement: Judgement, facts: ProjectFacts): Judgement {
  const [folder] = facts.context.unreadable;
  if (folder !== undefined) return unassessed(judgement, `the folder ${folder} cannot be read`);
  const first = facts.source.skipped.find(({ file }) => jobCode(facts).runs(file));
  if (first === undefined && !facts.context.truncated) return judgement;
  const reason =
    first === undefined
      ? "the project has more files than are looked at"
      : `the code in ${first.file} was not read: ${first.reason}`;
  const read = judgement.rules
    .filter(({ id }) => !WITHOUT_CODE.has(id))
    .map(({ id }) => [id, reason] as const);
  return { ...judgement, notAssessed: new Map([...read, ...judgement.notAssessed]) };
}

const settled = new WeakMap<Config, Map<RuleKind, RuleSettings>>();

/** What the configuration says of each rule; worked out once for many files. */
function settingsFor(config: Config, kind: RuleKind, rules: readonly Named[]): RuleSettings {
  const known = settled.get(config) ?? new Map<RuleKind, RuleSettings>();
  settled.set(config, known);
  const settings = known.get(kind) ?? settle(config, rules);
  known.set(kind, settings);
  return settings;
}
