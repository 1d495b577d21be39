import type { Dockerfile, Range } from "../dockerfile/model.ts";
import type { ResolvedStage } from "../dockerfile/variables.ts";
import { messageOf } from "../errors.ts";
import type { Keeper } from "../remember.ts";
import { run } from "../system/process.ts";
import { withScratchFiles } from "../system/scratch.ts";
import { type RunScript, runScripts } from "./shellcheck-script.ts";

export type ShellcheckLevel = "error" | "warning" | "info" | "style";

/** What ShellCheck says about one place of a RUN. */
export interface ShellMistake {
  /** 2086 for SC2086. */
  readonly code: number;
  readonly level: ShellcheckLevel;
  readonly message: string;
  readonly range: Range;
  /** Counts the RUN instructions: what is said about one has the same number. */
  readonly run: number;
}

/** What ShellCheck says about the RUN instructions of one Dockerfile, in the order of the file. */
export interface ShellcheckFacts extends Keeper {
  readonly dockerfile: Dockerfile;
  readonly stages: readonly ResolvedStage[];
  readonly mistakes: readonly ShellMistake[];
  /** Why nothing, or not all, is known: the program is missing, took too long or said what we cannot read. */
  readonly missing: string | undefined;
}

interface Options {
  readonly signal?: AbortSignal | undefined;
  /** The program; `shellcheck` on the PATH unless told. */
  readonly program?: string;
  /** Milliseconds for each batch of scripts. */
  readonly timeout?: number;
}

/** Scripts that one process reads: a command line has an end. */
const BATCH = 200;
const TIMEOUT = 30_000;
const KEEP = 64 * 1024 * 1024;

/** Asks ShellCheck about every RUN of these files, many in one process. The answers are in the order of the files. */
export async function shellcheckFacts(
  files: readonly { readonly dockerfile: Dockerfile; readonly stages: readonly ResolvedStage[] }[],
  options: Options = {},
): Promise<ShellcheckFacts[]> {
  const scripts = files.flatMap(({ dockerfile, stages }, file) =>
    runScripts(dockerfile, stages).map((script) => ({ file, script })),
  );
  const mistakes: ShellMistake[][] = files.map(() => []);
  const missing = new Map<number, string>();
  for (let from = 0; from < scripts.length; from += BATCH) {
    const batch = scripts.slice(from, from + BATCH);
    const answer = await ask(
      batch.map(({ script }) => script),
      options,
    );
    for (const [index, { file }] of batch.entries()) {
      if (answer.missing !== undefined) missing.set(file, answer.missing);
      mistakes[file]?.push(...(answer.mistakes[index] ?? []));
    }
    // A program that is not there will not be there for the next batch.
    if (answer.gone) {
      for (const { file } of scripts.slice(from)) missing.set(file, answer.missing ?? "");
      break;
    }
  }
  return files.map(({ dockerfile, stages }, file) => ({
    dockerfile,
    stages,
    mistakes: mistakes[file] ?? [],
    missing: missing.get(file),
    kept: [],
  }));
}

/** Version of the ShellCheck that was asked; undefined where it does not say. */
export async function shellcheckVersion(signal: AbortSignal): Promise<string | undefined> {
  const { stdout } = await run("shellcheck", ["--version"], { signal, timeout: TIMEOUT, keep: 4096 });
  return /^version: (\S{1,40})$/m.exec(stdout)?.[1];
}

interface Answer {
  /** For each script. */
  readonly mistakes: readonly (readonly ShellMistake[])[];
  readonly missing: string | undefined;
  readonly gone: boolean;
}

async function ask(scripts: readonly RunScript[], options: Options): Promise<Answer> {
  const none = (missing: string, gone = false): Answer => ({ mistakes: [], missing, gone });
  const files = new Map(scripts.map(({ text }, index) => [`${index}.sh`, text]));
  try {
    return await withScratchFiles(files, async (cwd) => {
      const result = await run(
        options.program ?? "shellcheck",
        ["--norc", "--format=json1", ...files.keys()],
        {
          cwd,
          // A locale without UTF-8 makes it stumble over the first umlaut.
          env: { LC_ALL: "C.UTF-8", SHELLCHECK_OPTS: undefined },
          timeout: options.timeout ?? TIMEOUT,
          keep: KEEP,
          ...(options.signal === undefined ? {} : { signal: options.signal }),
        },
      );
      if (result.timedOut) return none("ShellCheck took too long");
      const mistakes = readAnswer(result.stdout, scripts);
      return mistakes === undefined
        ? none("ShellCheck gave an answer that cannot be read")
        : { mistakes, missing: undefined, gone: false };
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    return none(
      isNotFound(error) ? "ShellCheck is not installed" : `ShellCheck could not be run: ${messageOf(error)}`,
      true,
    );
  }
}

const isNotFound = (error: unknown): boolean =>
  error instanceof Error &&
  typeof error.cause === "object" &&
  error.cause !== null &&
  "code" in error.cause &&
  error.cause.code === "ENOENT";

/** Reads `--format=json1`; the files are `0.sh`, `1.sh` and so on. Undefined for anything else. */
export function readAnswer(
  json: string,
  scripts: readonly RunScript[],
): readonly (readonly ShellMistake[])[] | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof answer !== "object" || answer === null || !("comments" in answer)) return undefined;
  if (!Array.isArray(answer.comments)) return undefined;
  const found: ShellMistake[][] = scripts.map(() => []);
  for (const comment of answer.comments as readonly unknown[]) {
    if (!isComment(comment)) return undefined;
    const index = Number.parseInt(comment.file, 10);
    const script = scripts[index];
    const start = script?.place(comment.line, comment.column);
    if (script === undefined || start === undefined) continue;
    const end = script.place(comment.endLine, comment.endColumn) ?? start;
    // What is said about a point is shown at one character.
    const last = isBefore(start, end) ? end : { line: start.line, column: start.column + 1 };
    found[index]?.push({
      run: index,
      code: comment.code,
      level: comment.level,
      message: comment.message,
      range: { start, end: last },
    });
  }
  for (const list of found) list.sort((a, b) => compare(a.range, b.range) || a.code - b.code);
  return found;
}

const compare = (a: Range, b: Range): number =>
  a.start.line - b.start.line || a.start.column - b.start.column;

const isBefore = (a: Range["start"], b: Range["start"]): boolean =>
  a.line < b.line || (a.line === b.line && a.column < b.column);

interface Comment {
  readonly file: string;
  readonly line: number;
  readonly endLine: number;
  readonly column: number;
  readonly endColumn: number;
  readonly level: ShellcheckLevel;
  readonly code: number;
  readonly message: string;
}

const LEVELS: readonly unknown[] = ["error", "warning", "info", "style"];

function isComment(value: unknown): value is Comment {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return (
    typeof fields.file === "string" &&
    typeof fields.message === "string" &&
    LEVELS.includes(fields.level) &&
    ["line", "endLine", "column", "endColumn", "code"].every((name) => Number.isInteger(fields[name]))
  );
}
