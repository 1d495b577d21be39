import type { Report } from "../evidence/report.ts";
import type { Finding, Location } from "../findings/finding.ts";

/**
 * The report with the names of files as seen from another folder: a forge wants them from the root of the repository,
 * while a report tells them from the project's folder. `folder` is relative, with forward slashes.
 */
export function underFolder(report: Report, folder: string): Report {
  const prefix = folder.replace(/^(?:\.\/)+|\/+$/g, "");
  if (prefix === "" || prefix === ".") return report;
  const moved = (file: string): string => `${prefix}/${file}`;
  const place = <T extends { readonly location?: Location }>(holder: T): T =>
    holder.location !== undefined && "file" in holder.location
      ? { ...holder, location: { ...holder.location, file: moved(holder.location.file) } }
      : holder;
  const { dockerfile } = report.subject;
  return {
    ...report,
    subject: {
      ...report.subject,
      dockerfile: dockerfile === null ? null : { ...dockerfile, path: moved(dockerfile.path) },
    },
    findings: report.findings.map(
      (finding): Finding => ({
        ...place(finding),
        ...(finding.edits === undefined
          ? {}
          : { edits: finding.edits.map((edit) => ({ ...edit, file: moved(edit.file) })) }),
        ...(finding.proofs === undefined ? {} : { proofs: finding.proofs.map(place) }),
      }),
    ),
  };
}
