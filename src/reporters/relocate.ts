import type { Report } from "../evidence/report.ts";
import { relocate } from "../findings/relocate.ts";

/**
 * The report with the names of files as seen from another folder: a forge wants them from the root of the repository,
 * while a report tells them from the project's folder. `folder` is relative, with forward slashes.
 */
export function underFolder(report: Report, folder: string): Report {
  const prefix = folder.replace(/^(?:\.\/)+|\/+$/g, "");
  if (prefix === "" || prefix === ".") return report;
  const { dockerfile } = report.subject;
  return {
    ...report,
    subject: {
      ...report.subject,
      dockerfile: dockerfile === null ? null : { ...dockerfile, path: `${prefix}/${dockerfile.path}` },
    },
    findings: report.findings.map((finding) => relocate(finding, `${prefix}/`)),
  };
}
