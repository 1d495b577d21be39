import { type Diagnostic, DiagnosticSeverity, DiagnosticTag, type Range } from "vscode-languageserver/node";
import { type FileLocation, type Finding, isFileLocation, type Severity } from "../findings/finding.ts";

/** Our lines and columns count from 1, an editor's from 0; both count UTF-16 code units. */
export function rangeOf(location: FileLocation): Range {
  const at = (line: number, column: number) => ({
    line: Math.max(0, line - 1),
    character: Math.max(0, column - 1),
  });
  return {
    start: at(location.startLine, location.startColumn),
    end: at(location.endLine, location.endColumn),
  };
}

const SEVERITIES: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
};

/** A finding as an editor shows it; `uriOf` names a file as the editor does. Undefined where it has no place in a file. */
export function toDiagnostic(finding: Finding, uriOf: (file: string) => string): Diagnostic | undefined {
  const { location } = finding;
  if (!isFileLocation(location)) return undefined;
  const related = (finding.proofs ?? []).flatMap(({ location: place, message }) =>
    isFileLocation(place) ? [{ location: { uri: uriOf(place.file), range: rangeOf(place) }, message }] : [],
  );
  const fix = finding.fix === undefined ? "" : `\n${finding.fix}`;
  return {
    range: rangeOf(location),
    severity: SEVERITIES[finding.severity],
    code: finding.rule,
    source: "pratique",
    message: `${finding.message}${fix}`,
    ...(finding.rule === "deprecated-maintainer" ? { tags: [DiagnosticTag.Deprecated] } : {}),
    ...(related.length === 0 ? {} : { relatedInformation: related }),
  };
}
