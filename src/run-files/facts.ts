import type { Range } from "../dockerfile/model.ts";
import type { ShellCommand } from "../dockerfile/shell.ts";

/** What `ces-run` does with a file: `--opt-file`, `--arg-file`, `--env-file`. */
export type RunFileKind = "options" | "arguments" | "environment";

/** One word of an option or argument file, quotes removed. */
export interface RunFileWord {
  readonly value: string;
  readonly range: Range;
  /** True when a quote is opened and not closed on its line. */
  readonly unclosed: boolean;
}

/** One line of an environment file that is neither empty nor a comment. */
export interface RunFileVariable {
  /** As written before the `=`, or the whole line where there is none. */
  readonly name: string;
  /** Undefined where there is no `=`: the value then comes from the desktop's own environment. */
  readonly value: string | undefined;
  readonly range: Range;
  readonly valueRange: Range;
}

interface File {
  /** Relative to the project, with forward slashes. */
  readonly file: string;
  readonly lines: readonly string[];
}

export interface EnvironmentFile extends File {
  readonly kind: "environment";
  readonly variables: readonly RunFileVariable[];
}

export interface WordFile extends File {
  readonly kind: "options" | "arguments";
  /** One list for each line that has words. */
  readonly rows: readonly (readonly RunFileWord[])[];
}

export interface Script extends File {
  readonly commands: readonly ShellCommand[];
  /** True when it runs a CES tool: it is meant for inside the Safe Haven. */
  readonly usesCes: boolean;
}

/** The files that a project hands to `ces-run`, and the scripts that run it. */
export interface RunFilesFacts {
  readonly files: readonly (EnvironmentFile | WordFile)[];
  readonly scripts: readonly Script[];
}
