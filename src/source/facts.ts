import type { Library } from "../knowledge/library.ts";

/** Where the project's own code uses a library that needs the network, a cache, a licence or a home. */
export interface LibraryUse {
  /** Id in the knowledge: `transformers`. */
  readonly library: string;
  /** Relative to the project, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly startColumn: number;
  readonly endColumn: number;
  /** The line as written, at most 300 characters. */
  readonly excerpt: string;
}

export interface SourceFacts {
  /** Source files that were read. */
  readonly files: number;
  readonly bytes: number;
  readonly uses: readonly LibraryUse[];
  /** What the knowledge says about each library in `uses`, by its id. */
  readonly libraries: ReadonlyMap<string, Library>;
  /** Files that were not read, and why. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
  /** The text of YAML headers and settings that rules ask about: quarto documents. */
  readonly quarto: readonly {
    readonly file: string;
    readonly installsLatex: boolean;
    readonly line: number;
  }[];
}
