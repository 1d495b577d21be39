import type { Instruction, Range, Word } from "./model.ts";

/** A `$NAME` or `${NAME…}` that a builder would look up. */
export interface VariableReference {
  readonly name: string;
  /** True for `${NAME-…}`, `${NAME:?…}` and the like, which say what happens when NAME has no value. */
  readonly guarded: boolean;
  /** Offsets of the name in the text. */
  readonly start: number;
  readonly end: number;
}

/** The references in a text as written, quotes and all: single quotes and the escape character hide a `$`. */
export function variableReferences(text: string, escapeChar: string): VariableReference[] {
  const found: VariableReference[] = [];
  if (!text.includes("$")) return found;
  let single = false;
  let double = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char === "'" && !double) single = !single;
    else if (single) continue;
    else if (char === '"') double = !double;
    else if (char === escapeChar) index++;
    else if (char === "$") {
      const start = text[index + 1] === "{" ? index + 2 : index + 1;
      const end = nameEnd(text, start);
      if (end === start) continue;
      const guarded = start === index + 2 && /^:?[-+?]/.test(text.slice(end, end + 2));
      found.push({ name: text.slice(start, end), guarded, start, end });
      index = end - 1;
    }
  }
  return found;
}

function nameEnd(text: string, start: number): number {
  if (!/[A-Za-z_]/.test(text[start] ?? "")) return start;
  let end = start + 1;
  while (end < text.length && /\w/.test(text[end] ?? "")) end++;
  return end;
}

/** Where a reference inside a word stands in the file; the whole word where it is continued on another line. */
export function referenceRange(word: Word, reference: VariableReference): Range {
  const { start, end } = word.range;
  if (end.line !== start.line || end.column - start.column !== word.raw.length) return word.range;
  return {
    start: { line: start.line, column: start.column + reference.start },
    end: { line: start.line, column: start.column + reference.end },
  };
}

/** Instructions whose words the builder expands. */
const EXPANDED = new Set([
  "ADD",
  "ARG",
  "COPY",
  "ENV",
  "EXPOSE",
  "LABEL",
  "STOPSIGNAL",
  "USER",
  "VOLUME",
  "WORKDIR",
]);

/** True where the builder itself, and not a shell, puts in the values of variables. */
export const isExpanded = (instruction: Instruction): boolean => EXPANDED.has(instruction.keyword);
