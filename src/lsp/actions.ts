import { type CodeAction, CodeActionKind, type Diagnostic, type TextEdit } from "vscode-languageserver/node";
import type { Instruction } from "../dockerfile/model.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { type Finding, isFileLocation } from "../findings/finding.ts";
import { applyEdits } from "../fix/apply.ts";
import { isCurable } from "../fix/loop.ts";
import type { Snapshot } from "./documents.ts";

/** A finding as it is shown in the document that it is in. */
export interface Shown {
  readonly finding: Finding;
  readonly diagnostic: Diagnostic;
}

/** Makes an action's edits one change of the document's version that they were made for. */
type Change = (edits: TextEdit[]) => NonNullable<CodeAction["edit"]>;

/** What there is to do about findings: the cure of each that has one, and a comment that lets each rule pass. */
export function quickFixes(snapshot: Snapshot, shown: readonly Shown[], change: Change): CodeAction[] {
  const cures = shown.flatMap((one) => cureOf(snapshot, one, change));
  const [only] = cures;
  if (cures.length === 1 && only !== undefined) only.isPreferred = true;
  return [...cures, ...allowances(snapshot, shown, change)];
}

function cureOf({ uri, places }: Snapshot, { finding, diagnostic }: Shown, change: Change): CodeAction[] {
  const { edits = [], rule, fix = "" } = finding;
  if (!isCurable(finding, uri) || applyEdits(places.text, [edits]).applied.length === 0) return [];
  const [sentence = ""] = fix.split("\n");
  return [
    {
      title: `${sentence.trim().replace(/[.:]$/, "") || "Mend it"} (${rule})`,
      kind: CodeActionKind.QuickFix,
      diagnostics: [diagnostic],
      edit: change(edits.map((edit) => places.edit(edit))),
    },
  ];
}

/** A comment stands above an instruction, never within one; what belongs to none is allowed for the whole file. */
function allowances(snapshot: Snapshot, shown: readonly Shown[], change: Change): CodeAction[] {
  if (snapshot.kind !== "dockerfile") return [];
  const { places } = snapshot;
  const { instructions, lines } = parseDockerfile(places.text, "-");
  const actions = new Map<string, CodeAction>();
  for (const { finding, diagnostic } of shown) {
    const { rule, location } = finding;
    // What has no place cannot be waived in the file, and what is wrong with a waiver is not cured by another one.
    if (!isFileLocation(location) || rule.startsWith("waiver-")) continue;
    const around = instructionAt(instructions, location.startLine);
    const above = around ?? instructions[0];
    if (above === undefined) continue;
    const at = above.range.start.line;
    const key = `${rule} ${around === undefined ? "" : at}`;
    const known = actions.get(key);
    if (known !== undefined) {
      known.diagnostics?.push(diagnostic);
      continue;
    }
    const indent = /^[ \t]*/.exec(lines[at - 1] ?? "")?.[0] ?? "";
    const word = around === undefined ? "allow-file" : "allow";
    const edit = places.edit({
      file: "-",
      startLine: at,
      startColumn: 1,
      endLine: at,
      endColumn: 1,
      text: `${indent}# pratique ${word}=${rule} reason=""\n`,
    });
    actions.set(key, {
      title: `Allow ${rule} ${around === undefined ? "in this file" : "here"} with a reason`,
      kind: CodeActionKind.QuickFix,
      diagnostics: [diagnostic],
      edit: change([edit]),
    });
  }
  return [...actions.values()];
}

/** The instruction that the line belongs to; they are in order, and there may be very many. */
function instructionAt(instructions: readonly Instruction[], line: number): Instruction | undefined {
  let low = 0;
  let high = instructions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((instructions[middle]?.range.end.line ?? 0) < line) low = middle + 1;
    else high = middle;
  }
  const found = instructions[low];
  return found !== undefined && found.range.start.line <= line ? found : undefined;
}
