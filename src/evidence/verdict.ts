import { plural } from "../findings/counting.ts";
import type { Finding } from "../findings/finding.ts";
import type { RequirementResult, Verdict } from "./report.ts";

/** The rule that says that something expected could not be checked: then nothing is decided by it. */
const UNCHECKED = "unchecked-expectation";

/**
 * A failed must, or anything that would stop the job, is not clear; a must that was not assessed leaves the verdict
 * incomplete, and so does an expectation that could not be checked; a failed or unassessed should, a warning or a waived must makes it advice. Only what this command can decide
 * (scope `image`) counts, and what is foreseen never does.
 */
export function decideVerdict(
  requirements: readonly RequirementResult[],
  findings: readonly Finding[],
): Verdict {
  const deciding = requirements.filter(
    (r) => r.scope === "image" && r.force !== "foreseen" && r.level !== "may",
  );
  const musts = deciding.filter(isMust);
  const open = findings.filter((finding) => finding.waived === undefined);
  const errors = open.filter((finding) => finding.severity === "error");
  if (musts.some((r) => r.status === "fail") || errors.some(({ rule }) => rule !== UNCHECKED))
    return "not-clear";
  if (musts.some((r) => r.status === "not-assessed") || errors.length > 0) return "incomplete";
  const clean =
    deciding.every((r) => r.status === "pass" || (r.status === "waived" && !isMust(r))) &&
    open.every((finding) => finding.severity === "info");
  return clean ? "clear" : "clear-with-advice";
}

export const isMust = (requirement: RequirementResult): boolean =>
  (requirement.level === "must" || requirement.level === "must-not") && requirement.force === "enforced";

/** The verdict in a sentence for a researcher. `expectationRules` speak for the settings, and not for the place. */
export function summarise(
  verdict: Verdict,
  requirements: readonly RequirementResult[],
  findings: readonly Finding[],
  place: string,
  expectationRules: ReadonlySet<string> = new Set(),
): string {
  const unwaived = findings.filter((finding) => finding.waived === undefined);
  const errors = unwaived.filter((finding) => finding.severity === "error");
  const stopping = errors.filter(({ rule }) => !expectationRules.has(rule)).length;
  const unchecked = errors.filter(({ rule }) => rule === UNCHECKED).length;
  const unmet = errors.length - stopping - unchecked;
  const advice = unwaived.filter((finding) => finding.severity === "warning").length;
  const musts = requirements.filter((r) => r.scope === "image" && isMust(r));
  const open = musts.filter((r) => r.status === "not-assessed").length;
  const failed = musts.filter((r) => r.status === "fail").length;
  switch (verdict) {
    case "not-clear": {
      const expected =
        unmet === 0
          ? ""
          : `${plural(unmet, "thing")} ${unmet === 1 ? "is" : "are"} not as pratique.yaml expects`;
      // The configuration may call a finding less than an error: the requirement fails all the same.
      const stops =
        stopping > 0
          ? `${plural(stopping, "thing")} would stop this job in ${place}`
          : failed > 0
            ? `${plural(failed, "requirement")} of ${place} ${failed === 1 ? "is" : "are"} not met`
            : "";
      return `${[stops, expected].filter(Boolean).join(", and ")}.`;
    }
    case "incomplete": {
      const parts = [
        open === 0 ? "" : `${plural(open, "requirement")} of ${place}`,
        unchecked === 0 ? "" : plural(unchecked, "expectation"),
      ];
      return `${parts.filter(Boolean).join(" and ")} could not be assessed, so nothing is decided yet.`;
    }
    case "clear-with-advice":
      return `Everything that ${place} demands was shown${advice > 0 ? `; ${plural(advice, "piece")} of advice follow${advice === 1 ? "s" : ""}` : ", with remarks"}.`;
    case "clear":
      return `Everything that ${place} demands was shown.`;
  }
}
