import { plural } from "../findings/counting.ts";
import type { Finding } from "../findings/finding.ts";
import type { RequirementResult, Verdict } from "./report.ts";

/**
 * A failed must, or anything that would stop the job, is not clear; a must that was not assessed leaves the verdict
 * incomplete; a failed or unassessed should, a warning or a waived must makes it advice. Only what this command can decide
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
  if (musts.some((r) => r.status === "fail") || open.some((finding) => finding.severity === "error"))
    return "not-clear";
  if (musts.some((r) => r.status === "not-assessed")) return "incomplete";
  const clean =
    deciding.every((r) => r.status === "pass" || (r.status === "waived" && !isMust(r))) &&
    open.every((finding) => finding.severity === "info");
  return clean ? "clear" : "clear-with-advice";
}

export const isMust = (requirement: RequirementResult): boolean =>
  (requirement.level === "must" || requirement.level === "must-not") && requirement.force === "enforced";

/** The verdict in a sentence for a researcher. */
export function summarise(
  verdict: Verdict,
  requirements: readonly RequirementResult[],
  findings: readonly Finding[],
  place: string,
): string {
  const stopping = findings.filter(
    (finding) => finding.waived === undefined && finding.severity === "error",
  ).length;
  const advice = findings.filter(
    (finding) => finding.waived === undefined && finding.severity === "warning",
  ).length;
  const open = requirements.filter(
    (r) => r.scope === "image" && isMust(r) && r.status === "not-assessed",
  ).length;
  const failed = requirements.filter((r) => r.scope === "image" && isMust(r) && r.status === "fail").length;
  switch (verdict) {
    case "not-clear":
      // The configuration may call a finding less than an error: the requirement fails all the same.
      if (stopping === 0)
        return `${plural(failed, "requirement")} of ${place} ${failed === 1 ? "is" : "are"} not met.`;
      return `${plural(stopping, "thing")} would stop this job in ${place}.`;
    case "incomplete":
      return `${plural(open, "requirement")} of ${place} could not be assessed, so nothing is decided yet.`;
    case "clear-with-advice":
      return `Everything that ${place} demands was shown${advice > 0 ? `; ${plural(advice, "piece")} of advice follow${advice === 1 ? "s" : ""}` : ", with remarks"}.`;
    case "clear":
      return `Everything that ${place} demands was shown.`;
  }
}
