import type { Report, RequirementResult } from "../evidence/report.ts";
import { select } from "./select.ts";

/** Requirements that were not assessed for one and the same reason. */
export interface Gap {
  readonly reason: string;
  readonly requirements: readonly RequirementResult[];
}

/** What the command could have decided and did not, by reason: a lint leaves dozens open for three reasons. */
export function gapsOf(report: Report): Gap[] {
  const gaps = new Map<string, RequirementResult[]>();
  for (const requirement of select(report).notShown) {
    const same = gaps.get(requirement.reason);
    if (same === undefined) gaps.set(requirement.reason, [requirement]);
    else same.push(requirement);
  }
  return [...gaps].map(([reason, requirements]) => ({ reason, requirements }));
}
