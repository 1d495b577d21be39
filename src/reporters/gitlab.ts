import type { Report } from "../evidence/report.ts";
import type { Severity } from "../findings/finding.ts";
import { fingerprints } from "../findings/fingerprint.ts";
import { jsonLine } from "./json-text.ts";
import { filePlace, messageAt } from "./places.ts";
import { plainText } from "./plain.ts";

const SEVERITIES: Readonly<Record<Severity, string>> = { error: "critical", warning: "major", info: "info" };

/** GitLab's Code Quality report. It knows neither waivers nor gaps: what is waived is left out, a failed step is in. */
export function renderGitlab(report: Report): string {
  // Named before any is left out, so that waiving one does not rename another.
  const names = fingerprints(report.findings);
  const findings = report.findings.flatMap((finding, index) => {
    if (finding.waived !== undefined) return [];
    const { path, startLine, endLine } = filePlace(finding, report);
    return [
      entry(
        finding.rule,
        messageAt(finding),
        SEVERITIES[finding.severity],
        names[index] ?? "",
        path,
        startLine,
        endLine,
      ),
    ];
  });
  const { path } = filePlace({}, report);
  const failed = report.steps
    .filter(({ status }) => status === "failed")
    .map(({ id, reason }) =>
      entry(`pratique-${id}`, `${id} failed: ${reason}`, "blocker", `pratique-${id}`, path, 1, 1),
    );
  return jsonLine([...failed, ...findings]);
}

const entry = (
  rule: string,
  text: string,
  severity: string,
  fingerprint: string,
  path: string,
  begin: number,
  end: number,
) => ({
  description: plainText(text),
  check_name: plainText(rule, 200),
  fingerprint,
  severity,
  location: { path, lines: { begin, end } },
});
