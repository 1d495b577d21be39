import type { Range } from "../dockerfile/model.ts";
import { type ShellCommand, scriptCommands } from "../dockerfile/shell.ts";
import type {
  EnvironmentFile,
  RunFileKind,
  RunFilesFacts,
  RunFileVariable,
  RunFileWord,
  Script,
  WordFile,
} from "./facts.ts";

/** Longer texts are no file that a person wrote for `ces-run`. */
export const MAX_LENGTH = 1024 * 1024;
export const MAX_LINE = 10_000;

const KIND_OF_OPTION: Readonly<Record<string, RunFileKind>> = {
  "--opt-file": "options",
  "--arg-file": "arguments",
  "--env-file": "environment",
};
const CES_TOOL = /^ces-(?:(?:pm|dk|gpu)-)?(?:run|pull)$/;
const CES_RUN = /^ces-(?:(?:pm|dk|gpu)-)?run$/;
/** Folders of installed software: not the project's own files. */
const FOREIGN =
  /(?:^|\/)(?:node_modules|site-packages|\.venv|venv|env|\.tox|\.git|__pycache__|renv\/library)\//;

/** Shell scripts and Makefiles. */
export const isScript = (path: string): boolean =>
  /(?:\.(?:sh|bash)|(?:^|\/)(?:GNU)?[Mm]akefile)$/.test(path) && !FOREIGN.test(path);

/**
 * What a file is by its name alone. A bare `.env` is not known by its name: most programs that read it take quotes off,
 * which `ces-run` does not.
 */
export function runFileKind(path: string): RunFileKind | undefined {
  if (
    FOREIGN.test(path) ||
    /\.(?!(?:txt|env|opts?|conf|list|local|prod|dev|test|gpu|cpu)$)[a-z]\w{0,5}$/i.test(path)
  )
    return undefined;
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (/^(?:.*[._-])?opts?[_-]?file(?:[._-].*)?$|.\.opts?$/.test(name)) return "options";
  if (/^(?:.*[._-])?args?[_-]?file(?:[._-].*)?$/.test(name)) return "arguments";
  if (/^(?:.*[._-])?env[_-]?file(?:[._-].*)?$|.\.env$/.test(name)) return "environment";
  return undefined;
}

/** Files that scripts name with `ces-run --opt-file=...`, of those that exist in the project. */
export function namedRunFiles(
  scripts: readonly Script[],
  exists: (path: string) => boolean,
): ReadonlyMap<string, RunFileKind> {
  const named = new Map<string, RunFileKind>();
  for (const script of scripts) {
    const folder = script.file.slice(0, script.file.lastIndexOf("/") + 1);
    for (const command of script.commands) {
      if (!CES_RUN.test(command.name)) continue;
      command.args.forEach(({ value }, index) => {
        const [option = "", joined] = splitOnce(value, "=");
        const kind = Object.hasOwn(KIND_OF_OPTION, option) ? KIND_OF_OPTION[option] : undefined;
        const path = joined ?? command.args[index + 1]?.value ?? "";
        if (kind === undefined || path === "" || path.length > 1000) return;
        // A script is run from its own folder or from the project's.
        for (const candidate of [normal(folder + path), normal(path)]) {
          if (candidate !== undefined && exists(candidate)) {
            named.set(candidate, kind);
            return;
          }
        }
      });
    }
  }
  return named;
}

/**
 * Reads run files and scripts from their texts, by path: those that `isScript` and `runFileKind` know, and those that
 * the scripts name. Anything else in `texts` is left alone.
 */
export function runFilesFacts(texts: ReadonlyMap<string, string>): RunFilesFacts {
  const scripts = [...texts].filter(([path]) => isScript(path)).map(([path, text]) => readScript(text, path));
  const named = namedRunFiles(scripts, (path) => texts.has(path));
  const files = [...texts].flatMap(([path, text]) => {
    if (isScript(path)) return [];
    const kind = named.get(path) ?? runFileKind(path);
    return kind === undefined ? [] : [readRunFile(text, path, kind)];
  });
  return { files, scripts };
}

/** Reads the text of one run file. */
export function readRunFile(text: string, file: string, kind: RunFileKind): EnvironmentFile | WordFile {
  const lines = linesOf(text);
  if (kind === "environment")
    return { kind, file, lines, variables: lines.flatMap((line, index) => variableOf(line, index + 1)) };
  const rows = lines.map((line, index) => wordsOf(line, index + 1)).filter((row) => row.length > 0);
  return { kind, file, lines, rows };
}

/** Reads a shell script or a Makefile. */
export function readScript(text: string, file: string): Script {
  const lines = linesOf(text);
  const commands = commandsOf(/makefile$/i.test(file) ? recipes(lines) : lines.join("\n"));
  return { file, lines, commands, usesCes: commands.some(({ name }) => CES_TOOL.test(name)) };
}

function commandsOf(text: string): readonly ShellCommand[] {
  try {
    return scriptCommands(text);
  } catch {
    // What the shell's parser cannot take is not a script that we can speak about.
    return [];
  }
}

/** A Makefile with only its recipes left, every character where it was. */
const recipes = (lines: readonly string[]): string =>
  lines
    .map((line, index) => {
      const isRecipe = line.startsWith("\t") || (lines[index - 1] ?? "").endsWith("\\");
      if (!isRecipe) return "";
      return line.replace(/^\t[@+\- ]*/, (start) => " ".repeat(start.length)).replaceAll("$$", " $");
    })
    .join("\n");

const linesOf = (text: string): string[] =>
  text
    .slice(0, MAX_LENGTH)
    .replace(/^\uFEFF/, "")
    .split(/\r\n|[\n\r]/)
    .map((line) => line.slice(0, MAX_LINE));

/** From and to count from 0, and `to` is the one after the last character. */
const onLine = (line: number, from: number, to: number): Range => ({
  start: { line, column: from + 1 },
  end: { line, column: Math.max(from + 1, to) + 1 },
});

/** As the engines read them: lines that begin with `#` are comments, all after the first `=` is the value. */
function variableOf(line: string, number: number): RunFileVariable[] {
  const start = line.length - line.trimStart().length;
  if (start === line.length || line[start] === "#") return [];
  const [name = "", value] = splitOnce(line.slice(start), "=");
  const valueStart = start + name.length + 1;
  return [
    {
      name,
      value,
      range: onLine(number, start, line.trimEnd().length),
      valueRange:
        value === undefined ? onLine(number, start, line.length) : onLine(number, valueStart, line.length),
    },
  ];
}

/** Words of a line as a shell splits them, without expanding anything. */
function wordsOf(line: string, number: number): RunFileWord[] {
  const words: RunFileWord[] = [];
  let at = 0;
  while (at < line.length) {
    if (/\s/.test(line[at] ?? "")) {
      at++;
      continue;
    }
    if (line[at] === "#") break;
    const start = at;
    let value = "";
    let quote = "";
    while (at < line.length && (quote !== "" || !/\s/.test(line[at] ?? ""))) {
      const character = line[at] ?? "";
      if (quote === "" && (character === '"' || character === "'")) quote = character;
      else if (character === quote) quote = "";
      else value += character;
      at++;
    }
    words.push({ value, range: onLine(number, start, at), unclosed: quote !== "" });
  }
  return words;
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** A path inside the project without `.` and `..`; undefined for any other. */
function normal(path: string): string | undefined {
  if (path.startsWith("/") || /[$<>(~]/.test(path)) return undefined;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else parts.push(part);
  }
  return parts.join("/");
}
