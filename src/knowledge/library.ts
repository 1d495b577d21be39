import data from "./libraries.json" with { type: "json" };

/** A library that downloads, phones home, writes caches or needs a licence server, and what to do about it. */
export interface Library {
  readonly id: string;
  readonly library: string;
  readonly ecosystem: string;
  readonly category: string;
  /** Regular expressions over one line of code. */
  readonly call_patterns: readonly string[];
  readonly examples: readonly string[];
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
