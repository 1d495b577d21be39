import { type Keeper, onceFor } from "../remember.ts";

/** The Dockerfile as an immutable model with positions. No policy lives here. */

/** Lines and columns count from 1; `end` is exclusive. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** One argument: `raw` as written, `value` with quotes and escapes resolved but variables left in place. */
export interface Word {
  readonly raw: string;
  readonly value: string;
  /** False where single quotes or an escaped `$` keep variables from being expanded. */
  readonly expands: boolean;
  readonly range: Range;
}

export interface Flag {
  /** Without the leading dashes. */
  readonly name: string;
  readonly value: string | undefined;
  readonly range: Range;
}

export interface Heredoc {
  readonly name: string;
  /** False when the delimiter is quoted: the body is then taken literally. */
  readonly expands: boolean;
  readonly body: string;
  /** Line in the file where the body begins. */
  readonly startLine: number;
}

export interface Instruction extends Keeper {
  /** Upper-cased: `FROM`, `RUN`, ... also for keywords that we do not know. */
  readonly keyword: string;
  /** As written. */
  readonly keywordText: string;
  readonly range: Range;
  readonly flags: readonly Flag[];
  /** Arguments after the flags with continuation lines joined and comment lines dropped. */
  readonly text: string;
  /** Arguments after the flags. For shell forms these are split at blanks only, as BuildKit does. */
  readonly words: readonly Word[];
  /** The JSON array of an exec form, else undefined. */
  readonly exec: readonly string[] | undefined;
  readonly heredocs: readonly Heredoc[];
  /** Index of the stage the instruction stands in; -1 before the first FROM. */
  readonly stage: number;
  /** The instruction that ONBUILD wraps. */
  readonly trigger: Instruction | undefined;
  /** Turns an offset in `text` into a place in the file. */
  positionAt(offset: number): Position;
}

/** Makes functions that do their work once for each instruction. */
export const oncePerInstruction = onceFor<Instruction>();

export interface Stage {
  readonly index: number;
  /** Lower-cased name after AS. */
  readonly name: string | undefined;
  readonly from: Instruction;
  /** The base as written, variables and all. */
  readonly baseText: string;
  readonly instructions: readonly Instruction[];
}

/** A place where the text is not a Dockerfile that any builder takes. */
export interface SyntaxProblem {
  readonly message: string;
  readonly range: Range;
}

export interface Dockerfile extends Keeper {
  /** Relative to the project, with forward slashes; `-` for standard input. */
  readonly file: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly escape: "\\" | "`";
  /** Parser directives (`syntax`, `escape`, `check`), lower-cased names. */
  readonly directives: ReadonlyMap<string, string>;
  readonly comments: readonly Comment[];
  readonly instructions: readonly Instruction[];
  /** ARG instructions before the first FROM. */
  readonly globalArgs: readonly Instruction[];
  readonly stages: readonly Stage[];
  readonly problems: readonly SyntaxProblem[];
  /** Lines that stand empty inside an instruction, where builders still look for its continuation. */
  readonly emptyContinuations: readonly number[];
}

/** Makes functions that do their work once for each Dockerfile. */
export const oncePerDockerfile = onceFor<Dockerfile>();

export interface Comment {
  readonly line: number;
  /** Without the `#` and surrounding blanks. */
  readonly text: string;
}
