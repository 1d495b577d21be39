import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { Script } from "node:vm";
import { compileLogPattern } from "../config/log-pattern.ts";

/** What a pattern matched in the output of a run. */
export interface LogSearch {
  readonly pattern: string;
  /** The first line that matches, counted from 1, and the line itself; null where none does. */
  readonly found: { readonly line: number; readonly text: string } | null;
  /** Why the log was not searched to its end; empty where it was, or where something was found. */
  readonly unsearched: string;
}

/** Milliseconds for one pattern on a whole log. A pattern that tries far too many ways of matching ends here. */
const PATIENCE = 5000;
/** Of a line; what comes after is not searched, as nobody could read it. */
const LONGEST_LINE = 16 * 1024;
const LINES_AT_ONCE = 2000;

/** Code in a context of its own can be stopped, a regular expression at work included. */
const first = new Script("lines.findIndex((line) => regex.test(line))");

/**
 * Searches the whole log for several patterns, line by line. `truncated`: the file holds less than was printed. A
 * sequence that sets colours is no part of a line.
 */
export async function searchLog(
  path: string,
  patterns: readonly string[],
  truncated: boolean,
  signal: AbortSignal,
  patience = PATIENCE,
): Promise<LogSearch[]> {
  if (patterns.length === 0) return [];
  const searches = [...new Set(patterns)].map((pattern) => new Search(pattern, patience));
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    let line = 1;
    for await (const lines of batches(file.createReadStream({ autoClose: false }))) {
      signal.throwIfAborted();
      for (const search of searches) search.look(lines, line);
      line += lines.length;
    }
  } finally {
    await file.close();
  }
  return searches.map((search) => search.result(truncated));
}

class Search {
  readonly #pattern: string;
  readonly #regex: RegExp | undefined;
  readonly #patience: number;
  #left: number;
  #found: LogSearch["found"] = null;
  #problem = "";

  constructor(pattern: string, patience: number) {
    this.#pattern = pattern;
    this.#patience = patience;
    this.#left = patience;
    this.#regex = compileLogPattern(pattern);
    if (this.#regex === undefined) this.#problem = "it is not a regular expression";
  }

  look(lines: readonly string[], firstLine: number): void {
    if (this.#found !== null || this.#problem !== "" || this.#regex === undefined) return;
    const start = performance.now();
    try {
      const context = { lines, regex: this.#regex };
      const index: unknown = first.runInNewContext(context, { timeout: Math.max(1, Math.ceil(this.#left)) });
      if (typeof index === "number" && index >= 0)
        this.#found = { line: firstLine + index, text: (lines[index] ?? "").slice(0, 500) };
    } catch (error) {
      // The error comes from the other context, whose Error is not ours.
      const timedOut =
        typeof error === "object" &&
        error !== null &&
        "code" in error &&
        error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
      if (!timedOut) throw error;
      this.#problem = this.#tooLong();
    }
    this.#left -= performance.now() - start;
    if (this.#left <= 0 && this.#problem === "" && this.#found === null) this.#problem = this.#tooLong();
  }

  #tooLong(): string {
    return `searching the log took longer than ${this.#patience / 1000} s`;
  }

  result(truncated: boolean): LogSearch {
    const unsearched =
      this.#found !== null
        ? ""
        : this.#problem || (truncated ? "the program printed more than is kept in the log" : "");
    return { pattern: this.#pattern, found: this.#found, unsearched };
  }
}

/** Lines in groups; a line that never ends is cut, so that memory stays small. */
async function* batches(chunks: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const decoder = new StringDecoder("utf8");
  let pending = "";
  let lines: string[] = [];
  for await (const chunk of chunks) {
    const parts = (pending + decoder.write(chunk)).split(/\r\n|\n|\r(?!$)/);
    pending = (parts.pop() ?? "").slice(0, LONGEST_LINE);
    for (const part of parts) lines.push(withoutColours(part.slice(0, LONGEST_LINE)));
    if (lines.length < LINES_AT_ONCE) continue;
    yield lines;
    lines = [];
  }
  if (pending !== "") lines.push(withoutColours(pending.replace(/\r$/, "")));
  if (lines.length > 0) yield lines;
}

const withoutColours = (line: string): string => line.replace(/\u001B\[[0-9;]{0,20}m/g, "");
