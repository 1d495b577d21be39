import type { CallLanguage } from "../knowledge/library.ts";

/** A stretch of one language with the way back to the file. */
export interface Part {
  readonly language: CallLanguage | "shell";
  readonly text: string;
  /** Offset in the file of an offset in `text`. */
  readonly offset: (at: number) => number;
}

const same = (at: number): number => at;

/** The code that a file holds, by its name. */
export function partsOf(file: string, text: string): Part[] {
  const whole = (language: Part["language"]): Part[] => [{ language, text, offset: same }];
  if (/\.ipynb$/i.test(file)) return notebookParts(text);
  if (/\.(?:rmd|qmd|rnw)$/i.test(file)) return chunkParts(text);
  if (/\.(?:py|pyw|smk)$|(?:^|\/)Snakefile$/i.test(file)) return whole("python");
  if (/\.r$|(?:^|\/)\.Rprofile$/i.test(file)) return whole("R");
  if (/\.jl$/i.test(file)) return whole("julia");
  if (/\.(?:sh|bash)$/i.test(file)) return whole("shell");
  if (/(?:^|\/)Makefile$/i.test(file)) return [{ language: "shell", text: recipes(text), offset: same }];
  return byFirstLine(text, whole);
}

/** A script without an extension says in its first line what it is. */
function byFirstLine(text: string, whole: (language: Part["language"]) => Part[]): Part[] {
  const first = /^#!([^\n]{1,200})/.exec(text)?.[1] ?? "";
  if (/\b(?:ba|da|z|k|a)?sh\b/.test(first)) return whole("shell");
  if (/\bpython[\d.]*\b/.test(first)) return whole("python");
  return /\bRscript\b/.test(first) ? whole("R") : [];
}

const blank = (line: string): string => " ".repeat(line.length);

/** The recipe lines of a Makefile; everything else becomes blanks, so that places stay. */
const recipes = (text: string): string =>
  text
    .split("\n")
    .map((line) => (line.startsWith("\t") ? line.replace(/^\t[@+-]*/, blank) : blank(line)))
    .join("\n");

/** Code chunks of R Markdown and Quarto; everything else becomes blanks. */
function chunkParts(text: string): Part[] {
  const lines = text.split("\n");
  const kept = new Map<Part["language"], Map<number, string>>();
  let language: Part["language"] | undefined;
  let foreign = false;
  let fence = "";
  lines.forEach((line, index) => {
    const head = line.slice(0, 300);
    if (language === undefined && !foreign) {
      const open = /^\s*(`{3,}|~{3,})\s*\{\s*(\w+)/.exec(head);
      if (open !== null) {
        language = CHUNKS[(open[2] ?? "").toLowerCase()];
        foreign = language === undefined;
        fence = open[1] ?? "```";
      } else if (/^<<.*>>=\s*$/.test(head)) {
        language = "R";
        fence = "@";
      }
    } else if (head.trim().startsWith(fence)) {
      language = undefined;
      foreign = false;
    } else if (language !== undefined) {
      const list = kept.get(language) ?? new Map<number, string>();
      list.set(index, line);
      kept.set(language, list);
    }
  });
  return [...kept].map(([name, list]) => ({
    language: name,
    text: lines.map((line, index) => list.get(index) ?? blank(line)).join("\n"),
    offset: same,
  }));
}

const CHUNKS: Readonly<Record<string, Part["language"]>> = {
  r: "R",
  python: "python",
  julia: "julia",
  bash: "shell",
  sh: "shell",
};

/** A string of the file that holds code: where its first character stands and how it is written. */
interface Literal {
  readonly raw: string;
  readonly at: number;
}

interface Cell {
  type: string;
  readonly source: Literal[];
}

/** Code cells of a notebook, whichever way the file is laid out. */
function notebookParts(text: string): Part[] {
  const { cells, language } = readNotebook(text);
  const code: Piece[] = [];
  const shell: Piece[] = [];
  for (const { type, source } of cells) {
    if (type !== "code") continue;
    const pieces = source.map(decode);
    const first = pieces.find((piece) => piece.text.trim() !== "")?.text ?? "";
    const magic = /^\s*%%(\w+)/.exec(first)?.[1];
    if (magic !== undefined && /^(?:bash|sh|script)$/.test(magic)) {
      shell.push(
        ...pieces.map((piece) => ({ ...piece, text: piece.text.replace(/^\s*%%.*/, blank) })),
        newline,
      );
      continue;
    }
    if (magic !== undefined && !/^(?:time|timeit|capture|prun)$/.test(magic)) continue;
    for (const piece of pieces) {
      if (language !== "python" || !/^[^\S\n]*(?:[\w, ]+=\s*)?[!%]/m.test(piece.text)) {
        code.push(piece);
        continue;
      }
      // One piece may hold many lines; both texts keep its length.
      const lines = piece.text.split("\n");
      const isMagic = lines.map((line) => MAGIC.test(line.slice(0, 500)));
      code.push({
        ...piece,
        text: lines.map((line, at) => (isMagic[at] === true ? blank(line) : line)).join("\n"),
      });
      shell.push(
        {
          ...piece,
          text: lines.map((line, at) => (isMagic[at] === true ? toShell(line) : blank(line))).join("\n"),
        },
        newline,
      );
    }
    code.push(newline);
  }
  return [joined(language, code), joined("shell", shell)].filter((part) => part.text.trim() !== "");
}

const MAGIC = /^\s*(?:[\w, ]{1,80}=\s*)?(?:!|%{1,2}\w)/;

/** `!pip install x` and `%pip install x` as commands, in as many characters. */
const toShell = (line: string): string =>
  line
    .replace(/^\s*(?:[\w, ]{1,80}=\s*)?!/, blank)
    .replace(/^\s*%(?=(?:pip|conda|mamba|uv)\b)/, blank)
    .replace(/^\s*%.*/, blank);

interface Piece {
  readonly text: string;
  /** Offset in the file of each character of `text`; undefined for what we put in between. */
  readonly place: ((at: number) => number) | undefined;
}

const newline: Piece = { text: "\n", place: undefined };

function decode({ raw, at }: Literal): Piece {
  if (!raw.includes("\\")) return { text: raw, place: (index) => at + index };
  let text: string;
  try {
    text = JSON.parse(`"${raw}"`);
  } catch {
    // A stray control character or escape: take it as it is written.
    return { text: raw, place: (index) => at + index };
  }
  const places: number[] = [];
  for (let index = 0; index < raw.length; index++) {
    places.push(at + index);
    if (raw[index] === "\\") index += raw[index + 1] === "u" ? 5 : 1;
  }
  return { text, place: (index) => places[Math.min(index, places.length - 1)] ?? at };
}

function joined(language: Part["language"], pieces: readonly Piece[]): Part {
  const starts: number[] = [];
  let length = 0;
  for (const { text } of pieces) {
    starts.push(length);
    length += text.length;
  }
  return {
    language,
    text: pieces.map(({ text }) => text).join(""),
    offset: (at) => {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] ?? 0) <= at) low = middle;
        else high = middle - 1;
      }
      // What we put in between belongs to the end of what stands before it.
      while (low > 0 && pieces[low]?.place === undefined) low--;
      const piece = pieces[low];
      const inside = Math.min(at - (starts[low] ?? 0), Math.max(0, (piece?.text.length ?? 1) - 1));
      return piece?.place?.(inside) ?? 0;
    },
  };
}

/** Reads the JSON of a notebook for its cells alone, keeping where strings stand. No recursion. */
function readNotebook(text: string): { cells: Cell[]; language: CallLanguage } {
  const cells: Cell[] = [];
  let language = "python";
  /** Keys from the outside to here; arrays count as `[]`. */
  const path: string[] = [];
  let key = "";
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "{" || char === "[") {
      path.push(key, char);
      key = char === "[" ? "[]" : "";
      expectsKey = char === "{";
      if (char === "{" && isCell(path)) cells.push({ type: "", source: [] });
    } else if (char === "}" || char === "]") {
      path.pop();
      key = path.pop() ?? "";
      expectsKey = false;
      if (path.at(-1) === "[") key = "[]";
    } else if (char === ",") {
      expectsKey = path.at(-1) === "{";
    } else if (char === '"') {
      let end = at + 1;
      while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
      const raw = text.slice(at + 1, end);
      if (expectsKey) {
        key = raw;
        expectsKey = false;
      } else {
        const cell = cells.at(-1);
        const outer = path.at(-2);
        if (isCell(path) && cell !== undefined) {
          if (key === "cell_type") cell.type = raw;
          else if (key === "source") cell.source.push({ raw, at: at + 1 });
        } else if (
          path.at(-1) === "[" &&
          outer === "source" &&
          isCell(path.slice(0, -2)) &&
          cell !== undefined
        ) {
          cell.source.push({ raw, at: at + 1 });
        } else if (
          (outer === "kernelspec" && key === "language") ||
          (outer === "language_info" && key === "name")
        ) {
          language = raw;
        }
      }
      at = end;
    }
  }
  return { cells, language: /^r$/i.test(language) ? "R" : /^julia/i.test(language) ? "julia" : "python" };
}

/** `{ "cells": [ { here` — or a worksheet of an old notebook. */
const isCell = (path: readonly string[]): boolean =>
  path.at(-1) === "{" &&
  path.at(-2) === "[]" &&
  path.at(-3) === "[" &&
  path.at(-4) === "cells" &&
  path.length <= 12;
