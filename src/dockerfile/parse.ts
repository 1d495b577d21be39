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
  };
}

/** Instructions whose words may open a heredoc. */
const HEREDOC_KEYWORDS = new Set(["RUN", "COPY", "ADD"]);
/** Instructions that take a JSON array in place of words. */
const JSON_KEYWORDS = new Set(["RUN", "CMD", "ENTRYPOINT", "SHELL", "COPY", "ADD", "VOLUME"]);
const FLAG_KEYWORDS = new Set(["FROM", "RUN", "COPY", "ADD", "HEALTHCHECK"]);
const KNOWN_KEYWORDS = new Set(
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
    const { flags, end: afterFlags } = FLAG_KEYWORDS.has(keyword)
      ? readFlags(text, start, escapeChar, at)
      : { flags: [], end: start };
    const argumentText = text.slice(afterFlags).trimEnd();
    // Most instructions are RUN, whose words only the shell parser needs: they are split when asked for.
    const words = lazy(() => readWords(text, afterFlags, escapeChar, at));
    const exec = JSON_KEYWORDS.has(keyword) ? readJsonArray(argumentText) : undefined;
    const heredocs: Heredoc[] = [];
    let endLine = logical.endLine;
    if (HEREDOC_KEYWORDS.has(keyword) && argumentText.includes("<<")) {
      endLine = readHeredocs(words(), heredocs, endLine);
    }

    let trigger: Instruction | undefined;
    // No builder takes ONBUILD within ONBUILD, and a file may hold thousands of them in one line.
    const inner = keyword === "ONBUILD" && !nested ? words()[0]?.raw : undefined;
    if (inner !== undefined) {
      trigger = readParts(text, start + inner.length, inner, true);
      endLine = Math.max(endLine, trigger.range.end.line);
    }
    const range: Range = {
      start: at(keywordStart),
      end:
        heredocs.length > 0
          ? { line: endLine, column: (lines[endLine - 1] ?? "").length + 1 }
          : { line: endLine, column: at(text.trimEnd().length).column },
    };
    if (!KNOWN_KEYWORDS.has(keyword)) {
      problems.push({
        message: `“${written.slice(0, 40)}” is not a Dockerfile instruction.`,
        range: { start: at(keywordStart), end: at(keywordStart + written.length) },
      });
    } else if (argumentText === "" && flags.length === 0) {
      problems.push({ message: `${keyword} needs at least one argument.`, range });
    } else if (keyword === "FROM" && !isFromShape(words())) {
      problems.push({ message: "FROM takes an image and, if wanted, “AS name”.", range });
    }
    return {
      keyword,
      keywordText: written,
      range,
      flags,
      text: argumentText,
      get words() {
        return words();
      },
      exec,
      heredocs,
      stage,
      trigger,
      positionAt: (offset) => at(afterFlags + offset),
    };
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

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
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
  return {
    raw: text.slice(from, cursor),
    value: value.join(""),
    expands,
    range: { start: at(from), end: endOf(at, from, cursor) },
  };
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
