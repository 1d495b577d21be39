import {
  type CodeAction,
  CodeActionKind,
  type Diagnostic,
  type Range,
  type TextEdit,
} from "vscode-languageserver/node";
import type { Dockerfile } from "../dockerfile/model.ts";
import { type Finding, isFileLocation } from "../findings/finding.ts";
import { rangeOf } from "./diagnostics.ts";

export interface Found {
  readonly finding: Finding;
  readonly diagnostic: Diagnostic;
}

export interface Place {
  readonly uri: string;
  readonly version: number;
  /** As findings name the file. */
  readonly file: string;
  /** Undefined for files that are no Dockerfiles. */
  readonly dockerfile: Dockerfile | undefined;
}

/** What an editor may offer for the findings that touch a range. */
export function actionsFor(found: readonly Found[], range: Range, place: Place): CodeAction[] {
  const touched = found.filter(({ diagnostic }) => overlap(diagnostic.range, range));
  return touched.flatMap(({ finding, diagnostic }) => {
    const edits = editsOf(finding, place);
    const allow = allowAction(finding, diagnostic, place);
    return [
      ...(edits.length === 0
        ? []
        : [
            {
              title: `Fix: ${finding.title}`,
              kind: CodeActionKind.QuickFix,
              diagnostics: [diagnostic],
              isPreferred: true,
              edit: change(place, edits),
            },
          ]),
      ...(allow === undefined ? [] : [allow]),
    ];
  });
}

/** All edits of one finding, or none where one is for another file. */
function editsOf(finding: Finding, place: Place): TextEdit[] {
  const edits = finding.edits ?? [];
  if (edits.some(({ file }) => file !== place.file)) return [];
  return edits.map((edit) => ({ range: rangeOf(edit), newText: edit.text }));
}

/** A comment above the instruction: inside a long RUN it would be read as part of it by some builders. */
function allowAction(finding: Finding, diagnostic: Diagnostic, place: Place): CodeAction | undefined {
  if (place.dockerfile === undefined || !isFileLocation(finding.location)) return undefined;
  const { startLine } = finding.location;
  const instruction = place.dockerfile.instructions.find(
    ({ range }) => range.start.line <= startLine && range.end.line >= startLine,
  );
  const line = Math.max(0, (instruction?.range.start.line ?? startLine) - 1);
  const start = { line, character: 0 };
  const newText = `# pratique allow=${finding.rule} reason=""\n`;
  return {
    title: `Allow ${finding.rule} here, with a reason`,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    edit: change(place, [{ range: { start, end: start }, newText }]),
  };
}

/** The whole text in place of the old one: for “fix all”. */
export const replaceAll = (place: Place, lines: number, text: string): CodeAction => ({
  title: "Fix all that pratique can fix",
  kind: "source.fixAll.pratique",
  edit: change(place, [
    { range: { start: { line: 0, character: 0 }, end: { line: lines, character: 0 } }, newText: text },
  ]),
});

const change = ({ uri, version }: Place, edits: TextEdit[]): NonNullable<CodeAction["edit"]> => ({
  documentChanges: [{ textDocument: { uri, version }, edits }],
});

function overlap(a: Range, b: Range): boolean {
  const before = (one: Range, other: Range): boolean =>
    one.end.line < other.start.line ||
    (one.end.line === other.start.line && one.end.character < other.start.character);
  return !before(a, b) && !before(b, a);
}
