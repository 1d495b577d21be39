import {
  type Diagnostic,
  DiagnosticSeverity,
  DiagnosticTag,
  type Location,
  type Range,
} from "vscode-languageserver/node";
import type { ErrorCode, PratiqueError } from "../errors.ts";
import { type FileLocation, type Finding, isFileLocation, type Severity } from "../findings/finding.ts";

/** What the editor can show beside a message. */
export interface DiagnosticAbilities {
  readonly related: boolean;
  readonly tags: boolean;
}

const SEVERITIES: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
};

const SOURCE = "pratique";
/** Rules about what is out of use, which editors strike through. */
const DEPRECATED = new Set(["deprecated-maintainer"]);

export function diagnosticOf(
  finding: Finding,
  range: Range,
  abilities: DiagnosticAbilities,
  rangeIn: (place: FileLocation) => Range,
): Diagnostic {
  const related = (finding.proofs ?? []).flatMap(({ message, location }) =>
    isFileLocation(location)
      ? [{ message, location: { uri: location.file, range: rangeIn(location) } satisfies Location }]
      : [],
  );
  return {
    range,
    severity: SEVERITIES[finding.severity],
    code: finding.rule,
    source: SOURCE,
    message: finding.message,
    ...(abilities.tags && DEPRECATED.has(finding.rule) ? { tags: [DiagnosticTag.Deprecated] } : {}),
    ...(abilities.related && related.length > 0 ? { relatedInformation: related } : {}),
  };
}

/** Hints of other errors tell of the command line. */
const HINTED: readonly ErrorCode[] = ["config.invalid", "profile.unknown", "profile.invalid", "rule.unknown"];

/** Says in the text itself that it was not checked, and why. */
export function problemDiagnostic({ code, message, hint }: PratiqueError, range: Range): Diagnostic {
  return {
    range,
    severity: DiagnosticSeverity.Error,
    code,
    source: SOURCE,
    message: hint !== undefined && HINTED.includes(code) ? `${message}\n${hint}` : message,
  };
}
