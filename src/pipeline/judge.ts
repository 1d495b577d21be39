import type { Config } from "../config/config.ts";
import type { Profile } from "../profiles/profile.ts";
import { applyRules, type Judgement } from "../rules/apply.ts";
import { loadRules } from "../rules/registry/registry.gen.ts";
import type { FactsByKind, RuleKind } from "../rules/rule.ts";
import { settle } from "../rules/selection.ts";
import type { Collector, ProgressSink } from "./collector.ts";

/** What every step needs. */
export interface StepContext {
  readonly collector: Collector;
  readonly config: Config;
  readonly profile: Profile;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
}

/** Lets the rules of one kind judge the facts of that kind; only those rules are loaded. */
export async function judge<K extends RuleKind>(
  kind: K,
  facts: FactsByKind[K],
  context: Pick<StepContext, "config" | "profile">,
): Promise<Judgement> {
  const rules = await loadRules(kind);
  return applyRules(kind, rules, facts, context.profile, settle(context.config, rules));
}
