import type { Report, RequirementResult } from "../evidence/report.ts";
import { isMust } from "../evidence/verdict.ts";
import type { Finding } from "../findings/finding.ts";

/** A report's findings and requirements in the groups that its readers ask for. */
export interface Selection {
  /** What would stop the job: errors, and whatever fails an enforced must. */
  readonly stopping: readonly Finding[];
  readonly advice: readonly Finding[];
  readonly remarks: readonly Finding[];
  readonly waived: readonly WaivedFinding[];
  /** Requirements that this check could have decided and did not; those that decide the verdict first. */
  readonly notShown: readonly RequirementResult[];
  /** Requirements that a job manifest, the published image or people decide. */
  readonly elsewhere: readonly RequirementResult[];
}

export type WaivedFinding = Finding & { readonly waived: NonNullable<Finding["waived"]> };

export function select(report: Report): Selection {
  const failedMusts = new Set(
    report.requirements.filter((r) => isMust(r) && r.status === "fail").map((r) => r.id),
  );
  const open = report.findings.filter((finding) => finding.waived === undefined);
  const stops = (finding: Finding): boolean =>
    finding.severity === "error" ||
    (finding.severity === "warning" && finding.requirements.some((id) => failedMusts.has(id)));
  const notShown = report.requirements.filter((r) => r.scope === "image" && r.status === "not-assessed");
  return {
    stopping: open.filter(stops),
    advice: open.filter((finding) => finding.severity === "warning" && !stops(finding)),
    remarks: open.filter((finding) => finding.severity === "info"),
    waived: report.findings.filter((finding): finding is WaivedFinding => finding.waived !== undefined),
    notShown: [...notShown.filter(isMust), ...notShown.filter((r) => !isMust(r))],
    elsewhere: report.requirements.filter((r) => r.scope !== "image"),
  };
}

export interface Checklist {
  readonly title: string;
  readonly rows: readonly RequirementResult[];
}

/** The checklists that a report answers, each with its items in order. */
export function checklists(report: Report): Checklist[] {
  const groups = new Map<string, RequirementResult[]>();
  for (const row of report.requirements) {
    if (row.checklist !== undefined) groups.set(row.checklist, [...(groups.get(row.checklist) ?? []), row]);
  }
  return [...groups].map(([title, rows]) => ({ title, rows }));
}

/** A fix as rules write it: sentences, and lines to paste that are indented by four spaces. */
export function fixParts(fix: string): { readonly words: string; readonly code: readonly string[] } {
  const lines = fix.split("\n");
  return {
    words: lines
      .filter((line) => !line.startsWith("    "))
      .join(" ")
      .trim(),
    code: lines.filter((line) => line.startsWith("    ")).map((line) => line.slice(4)),
  };
}
