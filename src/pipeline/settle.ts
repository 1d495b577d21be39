import { compareFindings, type Finding } from "../findings/finding.ts";
import { mergeFindings } from "../findings/merge.ts";
import { means } from "../findings/names.ts";
import { relocate } from "../findings/relocate.ts";
import { isForVulnerability } from "../findings/vulnerability-waivers.ts";
import { applyWaivers, type Waiver, type WaiverUse } from "../findings/waivers.ts";
import type { Judgement } from "../rules/apply.ts";
import { judge } from "./judge.ts";
import type { Settings } from "./suppressions.ts";

/** One project or file whose findings belong together, with what it passes over. */
export interface Unit {
  readonly settings: Settings;
  /** Put before the names of its files in the report; empty for a project on its own. */
  readonly prefix: string;
  readonly judgements: Judgement[];
  readonly waivers: Waiver[];
}

export const newUnit = (settings: Settings, prefix: string): Unit => ({
  settings,
  prefix,
  judgements: [],
  // Those for vulnerabilities are applied where a scan is made.
  waivers: settings.waivers.filter((waiver) => !isForVulnerability(waiver)),
});

/** All findings in order: those passed over marked, those about one mistake joined, those about waivers added. */
export async function settleUnits(units: readonly Unit[], today: string): Promise<Finding[]> {
  const all: Finding[] = [];
  // A waiver of the settings may be needed in one unit and not in another: it is told of once.
  const outcomes = new Map<Settings, { readonly prefix: string; readonly uses: Map<Waiver, WaiverUse> }>();
  for (const unit of units) {
    const { findings, uses } = settleUnit(unit, today);
    for (const finding of findings) all.push(relocate(finding, unit.prefix));
    if (uses.length === 0) continue;
    const known = outcomes.get(unit.settings) ?? { prefix: unit.prefix, uses: new Map<Waiver, WaiverUse>() };
    outcomes.set(unit.settings, known);
    for (const use of uses) {
      if (known.uses.get(use.waiver)?.outcome !== "used") known.uses.set(use.waiver, use);
    }
  }
  for (const [settings, { prefix, uses }] of outcomes) {
    for (const finding of await judgeWaivers([...uses.values()], settings))
      all.push(relocate(finding, prefix));
  }
  return all.sort(compareFindings);
}

function settleUnit(unit: Unit, today: string): { findings: Finding[]; uses: readonly WaiverUse[] } {
  // Before findings are joined, so that a waiver for one rule is not lost in another's finding.
  const { findings: marked, uses } = applyWaivers(
    unit.judgements.flatMap((judgement) => judgement.findings),
    unit.waivers,
    today,
  );
  let start = 0;
  const groups = unit.judgements.map(({ findings }) => {
    const group = marked.slice(start, start + findings.length);
    start += findings.length;
    return group;
  });
  return { findings: mergeFindings(groups), uses };
}

/** Whether names mean a rule: many files pass over the same few. */
const knownNames = new Map<string, boolean>();
const MOST_NAMES = 1000;

async function judgeWaivers(uses: readonly WaiverUse[], settings: Settings): Promise<readonly Finding[]> {
  const { ruleNames } = await import("../rules/registry/names.gen.ts");
  const isKnown = (name: string): boolean => {
    const before = knownNames.get(name);
    if (before !== undefined) return before;
    const known = ruleNames.some(({ id, aliases }) => means(name, { id, aliases }));
    if (knownNames.size < MOST_NAMES) knownNames.set(name, known);
    return known;
  };
  const told = uses.map((use) => ({ ...use, known: isKnown(use.waiver.rule) }));
  return (await judge("waivers", { uses: told }, settings)).findings;
}

/** One judgement per kind: what was not assessed in one unit is not shown by the others. */
export function combine(judgements: readonly Judgement[]): Judgement[] {
  const byKind = new Map<Judgement["kind"], Judgement>();
  for (const judgement of judgements) {
    const known = byKind.get(judgement.kind);
    byKind.set(
      judgement.kind,
      known === undefined || known.notAssessed.size + judgement.notAssessed.size === 0
        ? (known ?? judgement)
        : { ...known, notAssessed: new Map([...known.notAssessed, ...judgement.notAssessed]) },
    );
  }
  return [...byKind.values()];
}
