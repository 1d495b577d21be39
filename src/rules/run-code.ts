import {
  type Heredoc,
  type Instruction,
  oncePerInstruction,
  type Position,
  type Range,
} from "../dockerfile/model.ts";
import { lineLocator } from "../dockerfile/positions.ts";
import { oncePerCommand, type ShellCommand, shellCommands } from "../dockerfile/shell.ts";
import { type Keeper, onceFor } from "../remember.ts";
import { innerCommand } from "./inner-command.ts";

/** R, Julia or Python code that stands in the Dockerfile itself. */
export interface RunCode extends Keeper {
  readonly language: "R" | "julia" | "python";
  readonly text: string;
  /** The command that runs it; undefined where a heredoc names its own interpreter. */
  readonly command: ShellCommand | undefined;
  /** The place of a part of the text. */
  readonly rangeOf: (from: number, to: number) => Range;
  /** False where quoting in the shell keeps us from telling the place to the letter. */
  readonly exact: boolean;
}

/** Makes functions that do their work once for each piece of code. */
export const oncePerCode = onceFor<RunCode>();

/** Code in `Rscript -e`, `python -c`, `julia -e` and in heredocs that an interpreter reads. */
export const runCode = oncePerInstruction((instruction): readonly RunCode[] =>
  instruction.heredocs.length === 0 && !shellCommands(instruction).some(startsInterpreter)
    ? NO_CODE
    : [...codeInArguments(instruction), ...codeInHeredocs(instruction)],
);

const NO_CODE: readonly RunCode[] = [];
const startsInterpreter = (command: ShellCommand): boolean => interpreter(innerCommand(command).parsed);
const interpreter = oncePerCommand(({ name }) => languageOf(name) !== undefined);

function languageOf(program: string): RunCode["language"] | undefined {
  if (/^(?:R|Rscript|r|littler)$/.test(program)) return "R";
  if (program === "julia") return "julia";
  return /^(?:python[\d.]*|pypy3?|ipython3?)$/.test(program) ? "python" : undefined;
}

const CODE_OPTION = /^(?:-e|-E|-c|--eval|--print)$/;
const CODE_WITH_OPTION = /^(?:--eval=|--print=|-[eEc](?=[^\w-]|using|import))/;

function* codeInArguments(instruction: Instruction): Generator<RunCode> {
  let cursor = 0;
  for (const outer of shellCommands(instruction)) {
    const command = innerCommand(outer);
    const language = languageOf(command.name);
    if (language === undefined) continue;
    const option = language === "python" ? "-c" : "-e";
    for (const [index, argument] of command.args.entries()) {
      const { value } = argument;
      const attached = CODE_WITH_OPTION.exec(value)?.[0];
      if (attached === undefined && !(CODE_OPTION.test(value) && (value === option || language === "julia")))
        continue;
      const word = attached === undefined ? command.args[index + 1] : argument;
      if (word === undefined) continue;
      const text = attached === undefined ? word.value : word.value.slice(attached.length);
      const offset =
        instruction.exec === undefined ? offsetOf(instruction, text, word.range.start, cursor) : -1;
      if (offset >= 0) cursor = offset + text.length;
      yield {
        language,
        text,
        command: outer,
        exact: offset >= 0,
        kept: [],
        rangeOf: (from, to) =>
          offset < 0 ? word.range : rangeBetween((at) => instruction.positionAt(offset + at), from, to),
      };
    }
  }
}

/** Where the code stands in the instruction's text; -1 where the shell's quoting changes it. */
function offsetOf(instruction: Instruction, text: string, start: Position, cursor: number): number {
  if (text === "") return -1;
  for (let turn = 0, from = cursor; turn < 50; turn++) {
    const offset = instruction.text.indexOf(text, from);
    if (offset < 0) return -1;
    const place = instruction.positionAt(offset);
    if (place.line > start.line || (place.line === start.line && place.column >= start.column)) return offset;
    from = offset + 1;
  }
  return -1;
}

function* codeInHeredocs(instruction: Instruction): Generator<RunCode> {
  for (const heredoc of instruction.heredocs) {
    const word = instruction.words.find(({ raw }) => raw.includes("<<") && raw.includes(heredoc.name));
    if (word === undefined) continue;
    if (word === instruction.words[0]) {
      const shebang = /^#!\s*(?:\S*\/env\s+(?:-S\s+)?)?(\S+)/.exec(heredoc.body.slice(0, 300))?.[1] ?? "";
      const language = languageOf(shebang.slice(shebang.lastIndexOf("/") + 1));
      if (language !== undefined) yield inHeredoc(heredoc, language, undefined);
      continue;
    }
    const { line, column } = word.range.start;
    const reader = shellCommands(instruction).findLast(
      ({ range }) => range.start.line < line || (range.start.line === line && range.start.column <= column),
    );
    if (reader === undefined) continue;
    const command = innerCommand(reader);
    const language = languageOf(command.name);
    if (language === undefined || command.args.some(({ value }) => !/^-(?!-?e|c$|m)/.test(value))) continue;
    yield inHeredoc(heredoc, language, reader);
  }
}

function inHeredoc(
  heredoc: Heredoc,
  language: RunCode["language"],
  command: ShellCommand | undefined,
): RunCode {
  const at = lineLocator(heredoc.body, heredoc.startLine);
  return {
    language,
    text: heredoc.body,
    command,
    exact: true,
    kept: [],
    rangeOf: (from, to) => rangeBetween(at, from, to),
  };
}

/** A span that stops where a line was continued ends on the line it stands on. */
function rangeBetween(at: (offset: number) => Position, from: number, to: number): Range {
  const last = at(Math.max(from, to - 1));
  return { start: at(from), end: { line: last.line, column: last.column + 1 } };
}
