import data from "./libraries.json" with { type: "json" };

/** Languages whose calls are known by their full names. */
export type CallLanguage = "python" | "R" | "julia";

/** A call, or a dotted name, that counts as a use. */
export interface CallPattern {
  /**
   * The full name: `nltk.download`, `utils::download.file` in R. `*` stands for letters within one name, `**` for any number
   * of names, a leading `?` for a thing of which the file does not tell what it is.
   */
  readonly name: string;
  /**
   * What the arguments must be, by place or name (`0|path`, `*` for any): `True`, `given`, `absent`, `url`, `home`, `name`
   * (a text that is no path), `file` (a relative path), or a regular expression between slashes.
   */
  readonly with?: Readonly<Record<string, string>>;
}

/** A library that downloads, phones home, writes caches or needs a licence server, and what to do about it. */
export interface Library {
  readonly id: string;
  readonly library: string;
  readonly ecosystem: string;
  readonly category: string;
  /** Modules of which a file has to import one before its calls count; none: the names decide alone. */
  readonly imports?: Readonly<Partial<Record<CallLanguage, readonly string[]>>>;
  readonly calls?: Readonly<Partial<Record<CallLanguage, readonly CallPattern[]>>>;
  /** Modules whose import is the use. */
  readonly importing?: Readonly<Partial<Record<CallLanguage, readonly string[]>>>;
  /** Regular expressions over one command with its words joined by single blanks. */
  readonly commands?: readonly string[];
  /** Variables of the environment that are set: `NAME`, or `NAME=` with a regular expression for the value. */
  readonly variables?: readonly string[];
  readonly examples: readonly {
    readonly language: CallLanguage | "shell" | "notebook";
    readonly code: string;
  }[];
  /** Host names; `*.` stands for any sub-domain. */
  readonly downloads_from: readonly string[];
  readonly env_fix: Readonly<Record<string, string>>;
  readonly api_fix: string;
  readonly cache_dir_default: string;
  readonly source_url: string;
  readonly certainty: string;
  readonly notes: string;
}

export const libraries: readonly Library[] = data as unknown as readonly Library[];

export function libraryById(id: string): Library | undefined {
  return libraries.find((library) => library.id === id);
}

/** Libraries known to contact the host, those that name it exactly first. */
export function librariesForHost(host: string): Library[] {
  const lower = host.toLowerCase().replace(/\.$/, "");
  return libraries.filter((library) => library.downloads_from.some((pattern) => hostMatches(lower, pattern)));
}

/** `*.example.org` matches sub-domains; anything else matches exactly. */
export function hostMatches(host: string, pattern: string): boolean {
  const wanted = pattern.toLowerCase();
  return wanted.startsWith("*.") ? host.endsWith(wanted.slice(1)) : host === wanted;
}
