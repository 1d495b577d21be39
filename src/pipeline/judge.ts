import type { Config } from "../config/config.ts";
import type { Profile } from "../profiles/profile.ts";
import { applyRules, type Judgement } from "../rules/apply.ts";
import { loadRules } from "../rules/registry/registry.gen.ts";
import type { FactsByKind, RuleKind } from "../rules/rule.ts";
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
  return applyRules(kind, await loadRules(kind), facts, context.profile, context.config.rules);
}
