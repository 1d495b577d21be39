import type {
  Comment,
  Dockerfile,
  Flag,
  Heredoc,
  Instruction,
  Position,
  Range,
  Stage,
  SyntaxProblem,
  Word,
} from "./model.ts";
import { locate, type Segment } from "./positions.ts";

/**
 * Parses a Dockerfile as BuildKit's front end does, but never gives up: what no builder would take becomes a
 * `SyntaxProblem`, and unknown keywords and flags are kept. Time is linear in the length of the text: each
 * character is looked at a fixed number of times.
 */
export function parseDockerfile(text: string, file = "Dockerfile"): Dockerfile {
  const body = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const lines = body.split(/\r\n|\n/);
  const problems: SyntaxProblem[] = [];
  const { directives, next } = readDirectives(lines);
  const escapeChar = directives.get("escape") === "`" ? "`" : "\\";
  const comments: Comment[] = [];
  const emptyContinuations: number[] = [];
  const instructions: Instruction[] = [];
  let stage = -1;

  for (let index = next; index < lines.length; ) {
    const line = lines[index] ?? "";
    const trimmed = line.trim();
    if (trimmed === "") {
      index++;
    } else if (trimmed.startsWith("#")) {
      comments.push({ line: index + 1, text: trimmed.slice(1).trim() });
      index++;
    } else {
      const logical = readLogicalLine(lines, index, escapeChar, comments, emptyContinuations);
      if (/^from(?:\s|$)/i.test(logical.text)) stage++;
      const instruction = buildInstruction(logical, lines, escapeChar, stage, problems);
      instructions.push(instruction);
      index = instruction.range.end.line;
    }
  }

  const stages = groupStages(instructions);
  if (instructions.length === 0) {
    problems.push({ message: "The file has no instructions.", range: lineRange(1, lines[0] ?? "") });
  }
  return {
    file,
    text: body,
    lines,
    escape: escapeChar,
    directives,
    comments,
    instructions,
    globalArgs: instructions.filter((i) => i.stage === -1 && i.keyword === "ARG"),
    stages,
    problems,
    emptyContinuations,
    kept: [],
  };
}

/** Instructions whose words may open a heredoc. */
const HEREDOC_KEYWORDS = new Set(["RUN", "COPY", "ADD"]);
/** Instructions that take a JSON array in place of words. */
const JSON_KEYWORDS = new Set(["RUN", "CMD", "ENTRYPOINT", "SHELL", "COPY", "ADD", "VOLUME"]);
const FLAG_KEYWORDS = new Set(["FROM", "RUN", "COPY", "ADD", "HEALTHCHECK"]);
/** Instructions that Dockerfiles have. */
export const KNOWN_KEYWORDS: ReadonlySet<string> = new Set(
  "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split(
    " ",
  ),
);

function readDirectives(lines: readonly string[]): { directives: Map<string, string>; next: number } {
  const directives = new Map<string, string>();
  let next = 0;
  for (; next < lines.length; next++) {
    const match = /^#\s*([A-Za-z][\w-]*)\s*=\s*(.*?)\s*$/.exec((lines[next] ?? "").slice(0, 4096).trim());
    const name = match?.[1]?.toLowerCase();
    if (name === undefined || !["syntax", "escape", "check"].includes(name) || directives.has(name)) break;
    directives.set(name, match?.[2] ?? "");
  }
  return { directives, next };
}

interface LogicalLine {
  readonly text: string;
  readonly segments: readonly Segment[];
  readonly startLine: number;
  /** Last line (from 1) that belongs to the instruction, heredocs not counted. */
  readonly endLine: number;
}

function readLogicalLine(
  lines: readonly string[],
  first: number,
  escapeChar: string,
  comments: Comment[],
  emptyContinuations: number[],
): LogicalLine {
  const parts: string[] = [];
  const segments: Segment[] = [];
  let offset = 0;
  let index = first;
  for (; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (index > first) {
      const trimmed = line.trim();
      if (trimmed === "") {
        // What follows the last line break is no line.
        if (index < lines.length - 1 || line !== "") emptyContinuations.push(index + 1);
        continue;
      }
      if (trimmed.startsWith("#")) {
        comments.push({ line: index + 1, text: trimmed.slice(1).trim() });
        continue;
      }
    }
    const start = index === first ? line.length - line.trimStart().length : 0;
    const end = continuationAt(line, escapeChar);
    const piece = line.slice(start, end ?? line.length);
    segments.push({ offset, line: index + 1, column: start + 1 });
    parts.push(piece);
    offset += piece.length;
    if (end === undefined) break;
  }
  return {
    text: parts.join(""),
    segments,
    startLine: first + 1,
    endLine: Math.min(index + 1, lines.length),
  };
}

/** Offset of the escape character that continues the line, if one does. A doubled one does not. */
function continuationAt(line: string, escapeChar: string): number | undefined {
  let end = line.length;
  while (end > 0 && (line[end - 1] === " " || line[end - 1] === "\t")) end--;
  if (end === 0 || line[end - 1] !== escapeChar || line[end - 2] === escapeChar) return undefined;
  return end - 1;
}

function buildInstruction(
  logical: LogicalLine,
  lines: readonly string[],
  escapeChar: string,
  stage: number,
  problems: SyntaxProblem[],
): Instruction {
  const { text: whole, segments } = logical;
  const keywordText = /^\S*/.exec(whole)?.[0] ?? "";
  return readParts(whole, keywordText.length, keywordText, false);

  function readParts(text: string, from: number, written: string, nested: boolean): Instruction {
    const keyword = written.toUpperCase();
    const start = skipBlanks(text, from);
    const keywordStart = from - written.length;
    const { flags, end: afterFlags } =
      FLAG_KEYWORDS.has(keyword) && text.startsWith("--", start)
        ? readFlags(text, start, escapeChar, at)
        : { flags: NO_FLAGS, end: start };
    const argumentText = text.slice(afterFlags).trimEnd();
    const exec =
      argumentText.startsWith("[") && JSON_KEYWORDS.has(keyword) ? readJsonArray(argumentText) : undefined;
    const instruction = new ReadInstruction(
      { keyword, keywordText: written, flags, text: argumentText, exec, stage },
      { text, from: afterFlags, escapeChar, segments },
    );
    let endLine = logical.endLine;
    if (argumentText.includes("<<") && HEREDOC_KEYWORDS.has(keyword)) {
      const heredocs: Heredoc[] = [];
      endLine = readHeredocs(instruction.words, heredocs, endLine);
      instruction.heredocs = heredocs;
    }
    // No builder takes ONBUILD within ONBUILD, and a file may hold thousands of them in one line.
    const inner = keyword === "ONBUILD" && !nested ? instruction.words[0]?.raw : undefined;
    if (inner !== undefined) {
      const trigger = readParts(text, start + inner.length, inner, true);
      endLine = Math.max(endLine, trigger.range.end.line);
      instruction.trigger = trigger;
    }
    const range: Range = {
      start: at(keywordStart),
      end:
        instruction.heredocs.length > 0
          ? { line: endLine, column: (lines[endLine - 1] ?? "").length + 1 }
          : { line: endLine, column: at(text.trimEnd().length).column },
    };
    instruction.range = range;
    if (!KNOWN_KEYWORDS.has(keyword)) {
      problems.push({
        message: `“${written.slice(0, 40)}” is not a Dockerfile instruction.`,
        range: { start: at(keywordStart), end: at(keywordStart + written.length) },
      });
    } else if (argumentText === "" && flags.length === 0) {
      problems.push({ message: `${keyword} needs at least one argument.`, range });
    } else if (keyword === "FROM" && !isFromShape(instruction.words)) {
      problems.push({ message: "FROM takes an image and, if wanted, “AS name”.", range });
    }
    return instruction;
  }

  function at(offset: number): Position {
    return locate(segments, offset);
  }

  function readHeredocs(words: readonly Word[], into: Heredoc[], endLine: number): number {
    let cursor = endLine;
    for (const word of words) {
      const match = /^\d*<<(-?)(["']?)([A-Za-z_][\w.-]*)\2$/.exec(word.raw.slice(0, 300));
      if (match === null) continue;
      const name = match[3] ?? "";
      const strip = match[1] === "-";
      const first = cursor;
      let closed = false;
      while (cursor < lines.length) {
        const line = lines[cursor++] ?? "";
        if ((strip ? line.replace(/^\t+/, "") : line) === name) {
          closed = true;
          break;
        }
      }
      const body = lines.slice(first, closed ? cursor - 1 : cursor);
      into.push({
        name,
        expands: match[2] === "",
        body: body.map((line) => (strip ? line.replace(/^\t+/, "") : line)).join("\n"),
        startLine: first + 1,
      });
      if (!closed) {
        problems.push({ message: `The heredoc <<${name} is never closed.`, range: word.range });
      }
    }
    return cursor;
  }
}

const NO_FLAGS: readonly Flag[] = [];
const NO_HEREDOCS: readonly Heredoc[] = [];
const NOWHERE: Range = { start: { line: 0, column: 1 }, end: { line: 0, column: 1 } };

/** Where the words of an instruction are read from. */
interface Written {
  readonly text: string;
  /** Offset behind the flags. */
  readonly from: number;
  readonly escapeChar: string;
  readonly segments: readonly Segment[];
}

class ReadInstruction implements Instruction {
  readonly keyword: string;
  readonly keywordText: string;
  readonly flags: readonly Flag[];
  readonly text: string;
  readonly exec: readonly string[] | undefined;
  readonly stage: number;
  readonly kept: unknown[] = [];
  // Told after the words were looked at.
  range = NOWHERE;
  heredocs = NO_HEREDOCS;
  trigger: Instruction | undefined;
  readonly #written: Written;
  #words: readonly Word[] | undefined;

  constructor(
    read: Pick<Instruction, "keyword" | "keywordText" | "flags" | "text" | "exec" | "stage">,
    written: Written,
  ) {
    this.keyword = read.keyword;
    this.keywordText = read.keywordText;
    this.flags = read.flags;
    this.text = read.text;
    this.exec = read.exec;
    this.stage = read.stage;
    this.#written = written;
  }

  /** Most instructions are RUN, whose words only the shell parser needs: they are split when they are asked for. */
  get words(): readonly Word[] {
    const { text, from, escapeChar, segments } = this.#written;
    this.#words ??= readWords(text, from, escapeChar, (offset) => locate(segments, offset));
    return this.#words;
  }

  positionAt(offset: number): Position {
    return locate(this.#written.segments, this.#written.from + offset);
  }
}

function isFromShape(words: readonly Word[]): boolean {
  return words.length === 1 || (words.length === 3 && words[1]?.raw.toUpperCase() === "AS");
}

const isBlank = (char: string | undefined): boolean => char === " " || char === "\t";

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text[at])) at++;
  return at;
}

function readFlags(
  text: string,
  from: number,
  escapeChar: string,
  at: (offset: number) => Position,
): { flags: Flag[]; end: number } {
  const flags: Flag[] = [];
  let cursor = from;
  while (text.startsWith("--", cursor)) {
    const word = readWord(text, cursor, escapeChar, at);
    const body = word.value.slice(2);
    if (body === "") break;
    const equals = body.indexOf("=");
    flags.push({
      name: (equals < 0 ? body : body.slice(0, equals)).toLowerCase(),
      value: equals < 0 ? undefined : body.slice(equals + 1),
      range: word.range,
    });
    cursor = skipBlanks(text, cursor + word.raw.length);
  }
  return { flags, end: cursor };
}

function readWords(text: string, from: number, escapeChar: string, at: (offset: number) => Position): Word[] {
  const words: Word[] = [];
  let cursor = skipBlanks(text, from);
  while (cursor < text.length) {
    const word = readWord(text, cursor, escapeChar, at);
    words.push(word);
    cursor = skipBlanks(text, cursor + word.raw.length);
  }
  return words;
}

/** One blank-separated word; quotes may hold blanks, and an open quote runs to the end of the text. */
function readWord(text: string, from: number, escapeChar: string, at: (offset: number) => Position): Word {
  const end = plainEnd(text, from, escapeChar);
  if (end !== undefined) {
    const raw = text.slice(from, end);
    return new ReadWord(raw, raw, true, at, from);
  }
  let cursor = from;
  let quote = "";
  let expands = true;
  const value: string[] = [];
  while (cursor < text.length) {
    const char = text[cursor] ?? "";
    if (quote === "" && isBlank(char)) break;
    if (char === escapeChar && quote !== "'" && cursor + 1 < text.length) {
      const next = text[cursor + 1] ?? "";
      // Inside double quotes an escape before anything else stays, as in the shell.
      if (quote === '"' && next !== '"' && next !== "$" && next !== escapeChar) value.push(char);
      if (next === "$") expands = false;
      value.push(next);
      cursor += 2;
    } else if (quote === "" && (char === '"' || char === "'")) {
      quote = char;
      if (char === "'") expands = false;
      cursor++;
    } else if (char === quote) {
      quote = "";
      cursor++;
    } else {
      value.push(char);
      cursor++;
    }
  }
  return new ReadWord(text.slice(from, cursor), value.join(""), expands, at, from);
}

/** Where a word ends in which nothing is quoted or escaped; undefined for any other. */
function plainEnd(text: string, from: number, escapeChar: string): number | undefined {
  const escaping = escapeChar.charCodeAt(0);
  for (let end = from; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === 0x20 || code === 0x09) return end;
    if (code === 0x22 || code === 0x27 || code === escaping) return undefined;
  }
  return text.length;
}

class ReadWord implements Word {
  readonly raw: string;
  readonly value: string;
  readonly expands: boolean;
  readonly #at: (offset: number) => Position;
  readonly #from: number;

  constructor(raw: string, value: string, expands: boolean, at: (offset: number) => Position, from: number) {
    this.raw = raw;
    this.value = value;
    this.expands = expands;
    this.#at = at;
    this.#from = from;
  }

  /** Few words are pointed at. */
  get range(): Range {
    const from = this.#from;
    return { start: this.#at(from), end: endOf(this.#at, from, from + this.raw.length) };
  }
}

/** The end of a span that stops where a line was continued belongs to the line the span stands on. */
function endOf(at: (offset: number) => Position, from: number, to: number): Position {
  if (to === from) return at(to);
  const last = at(to - 1);
  return { line: last.line, column: last.column + 1 };
}

function readJsonArray(text: string): string[] | undefined {
  if (!text.startsWith("[") || !text.endsWith("]")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every((entry) => typeof entry === "string")) return value;
  } catch {
    // Not JSON: Docker takes it as a shell form, and so do we.
  }
  return undefined;
}

function groupStages(instructions: readonly Instruction[]): Stage[] {
  const stages: { stage: Stage; list: Instruction[] }[] = [];
  for (const instruction of instructions) {
    if (instruction.keyword === "FROM") {
      const list: Instruction[] = [];
      const as = instruction.words[1]?.raw.toUpperCase() === "AS" ? instruction.words[2]?.value : undefined;
      stages.push({
        list,
        stage: {
          index: stages.length,
          name: as?.toLowerCase(),
          from: instruction,
          baseText: instruction.words[0]?.value ?? "",
          instructions: list,
        },
      });
    } else {
      stages.at(-1)?.list.push(instruction);
    }
  }
  return stages.map(({ stage }) => stage);
}

function lineRange(line: number, text: string): Range {
  return { start: { line, column: 1 }, end: { line, column: text.length + 1 } };
}
