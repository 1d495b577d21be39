import type { Library } from "../knowledge/library.ts";
import type { RequirementsFile } from "./requirements.ts";

/** A stretch of one line of a file of the project. */
export interface Place {
  /** Relative to the project, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly startColumn: number;
  readonly endColumn: number;
  /** The line as written, at most 300 characters. */
  readonly excerpt: string;
}

/** Where the project's own code uses a library that needs the network, a cache, a licence or a home. */
export interface LibraryUse extends Place {
  /** Id in the knowledge: `transformers`. */
  readonly library: string;
  readonly by: "call" | "import" | "command" | "variable";
  /** The full name that is called, the module, the command or the variable. */
  readonly name: string;
  /** The text that says what is wanted, where it is written down: a model, a data set, an address. */
  readonly wanted?: string;
  /** Why the use stays on this machine: a path that is loaded from, `local_files_only`, a local address. */
  readonly local?: string;
  /** The folder given for the cache, where it is written down. */
  readonly cache?: string;
  /** Line of the import that made the name known. */
  readonly importLine?: number;
}

/** What code does that no batch job in a TRE should. */
export interface Act extends Place {
  readonly kind: "prompt" | "interface" | "window" | "write" | "home-write";
  /** The call or command: `input`, `pandas.DataFrame.to_csv`. */
  readonly name: string;
  /** For writes: the path as far as it is written down; `~` stands for the home. */
  readonly path?: string;
}

/** A variable of the environment that code sets for itself and what it starts. */
export interface Setting {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  /** Undefined when only the running program knows. */
  readonly value: string | undefined;
}

/** What one text holds. */
export interface TextFacts {
  readonly uses: readonly LibraryUse[];
  readonly acts: readonly Act[];
  readonly settings: readonly Setting[];
  /** Files that shell scripts name in their commands, by base name. */
  readonly scripts: readonly { readonly file: string; readonly runs: string }[];
}

export interface SourceFacts extends TextFacts {
  /** Source files that were read. */
  readonly files: number;
  readonly bytes: number;
  /** What the knowledge says about each library in `uses`, by its id. */
  readonly libraries: ReadonlyMap<string, Library>;
  /** Files that were not read, and why. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
  /** Files in languages that are not understood: the first of each. */
  readonly foreign?: readonly { readonly file: string; readonly reason: string }[];
  /** The text of YAML headers and settings that rules ask about: quarto documents. */
  readonly quarto: readonly {
    readonly file: string;
    readonly installsLatex: boolean;
    readonly line: number;
  }[];
  /** The project's lists of packages, where they were read. */
  readonly requirements?: readonly RequirementsFile[];
}
