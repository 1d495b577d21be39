import type { Report } from "../evidence/report.ts";
import { filePlace, messageAt } from "./places.ts";
import { element, xmlDocument } from "./xml.ts";

/** Checkstyle's XML, which many tools read. It knows no waivers: what is waived is left out; a failed step is in. */
export function renderCheckstyle(report: Report): string {
  const files = new Map<string, string[]>();
  const add = (path: string, error: string): void => {
    const errors = files.get(path);
    if (errors === undefined) files.set(path, [error]);
    else errors.push(error);
  };
  for (const { id, status, reason } of report.steps) {
    if (status !== "failed") continue;
    const source = `pratique.${id}`;
    add(filePlace({}, report).path, error(1, 1, "error", `${id} failed: ${reason}`, source));
  }
  for (const finding of report.findings) {
    if (finding.waived !== undefined) continue;
    const { path, startLine, startColumn } = filePlace(finding, report);
    add(
      path,
      error(startLine, startColumn, finding.severity, messageAt(finding), `pratique.${finding.rule}`),
    );
  }
  return xmlDocument(
    element(
      "checkstyle",
      { version: "4.3" },
      [...files].map(([name, errors]) => element("file", { name }, errors)),
    ),
  );
}

const error = (line: number, column: number, severity: string, message: string, source: string): string =>
  element("error", { line, column, severity, message, source });
