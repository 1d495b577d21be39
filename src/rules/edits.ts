import type { Dockerfile, Instruction, Range } from "../dockerfile/model.ts";
import type { TextEdit } from "../findings/finding.ts";

/** How rules write the edits that cure a finding. Each gives nothing where the place cannot be told for certain. */

/** Replaces a range. */
export function replacing(dockerfile: Dockerfile, range: Range, text: string): TextEdit {
  return {
    file: dockerfile.file,
    startLine: range.start.line,
    startColumn: range.start.column,
    endLine: range.end.line,
    endColumn: range.end.column,
    text,
  };
}

/** Another keyword for an instruction, in small letters where it was. */
export function keywordEdit(
  dockerfile: Dockerfile,
  instruction: Instruction,
  keyword: string,
): TextEdit | undefined {
  const { start } = instruction.range;
  const end = { line: start.line, column: start.column + instruction.keywordText.length };
  const line = dockerfile.lines[start.line - 1] ?? "";
  // A keyword may be continued on the next line; nobody writes that, and it is left alone.
  if (line.slice(start.column - 1, end.column - 1) !== instruction.keywordText) return undefined;
  const small = instruction.keywordText === instruction.keywordText.toLowerCase();
  return replacing(dockerfile, { start, end }, small ? keyword.toLowerCase() : keyword);
}

/** A new instruction on a line of its own below another one. */
export function instructionBelow(
  dockerfile: Dockerfile,
  instruction: Instruction,
  text: string,
): TextEdit | undefined {
  // Where the file is broken, what stands below an instruction may still belong to it.
  if (dockerfile.problems.length > 0) return undefined;
  const line = instruction.range.end.line;
  const last = dockerfile.lines[line - 1] ?? "";
  if (!isClosed(dockerfile, instruction, last)) return undefined;
  const place = { line, column: last.length + 1 };
  const small = instruction.keywordText === instruction.keywordText.toLowerCase();
  const written = small ? text.replace(/^\S+/, (keyword) => keyword.toLowerCase()) : text;
  return replacing(dockerfile, { start: place, end: place }, `\n${written}`);
}

/** False where the file ends within the instruction, which would then swallow what is added below it. */
function isClosed(dockerfile: Dockerfile, instruction: Instruction, last: string): boolean {
  const name = instruction.heredocs.at(-1)?.name;
  if (name !== undefined) return last.replace(/^\t+/, "") === name;
  const trimmed = last.trim();
  if (instruction.range.end.line === instruction.range.start.line)
    return !trimmed.endsWith(dockerfile.escape) || trimmed.endsWith(dockerfile.escape.repeat(2));
  return trimmed !== "" && !trimmed.startsWith("#") && !trimmed.endsWith(dockerfile.escape);
}
