/** A TRE's policy as data. `tools/generate.mjs` checks the YAML files against `schema.ts` and turns them into code. */

export type Level = "must" | "must-not" | "should" | "should-not" | "may" | "fact";
export type Force = "enforced" | "advised" | "foreseen";
/** Who can tell whether a statement holds. */
export type Scope = "image" | "job" | "publish" | "people";
/** What has to be read to decide a statement. `scan` is a vulnerability scanner's report. */
export type FactsKind = "dockerfile" | "project" | "build" | "image" | "run" | "scan";

/** A value of the policy with the id of the statement it comes from; `assumed` where no document says. */
export interface Sourced<T> {
  readonly value: T;
  readonly source: string;
}

export interface Statement {
  readonly id: string;
  readonly level: Level;
  readonly force: Force;
  readonly scope: Scope;
  /** Every kind of facts that must have been read before the statement counts as shown. */
  readonly shownBy?: readonly FactsKind[] | undefined;
  readonly text: string;
  /** Where in the documents it stands; the keys are listed in the profile's `documents`. */
  readonly source: string;
  /** ISO date of the document that was read. */
  readonly date: string;
  readonly note?: string | undefined;
}

/** How a container is started there. Sizes and times are written as engines take them: `4g`, `64m`, `10m`. */
export interface Runtime {
  readonly title: string;
  readonly user: Sourced<number>;
  readonly group: Sourced<number>;
  readonly passwdEntry: Sourced<boolean>;
  readonly home: Sourced<string>;
  readonly capabilities: Sourced<"none">;
  readonly noNewPrivileges: Sourced<boolean>;
  readonly rootFileSystem: Sourced<"writable" | "read-only">;
  readonly dataMount: Sourced<"read-only" | "read-write">;
  readonly terminal: Sourced<boolean>;
  readonly sharedMemory: Sourced<string>;
  readonly memory: Sourced<string>;
  readonly processes: Sourced<number>;
  readonly network: Sourced<"black-hole">;
  readonly nameserver: Sourced<string>;
  readonly searchDomains: Sourced<readonly string[]>;
  readonly resolverOptions: Sourced<readonly string[]>;
  readonly timeLimit: Sourced<string>;
}

export interface Profile {
  readonly id: string;
  readonly title: string;
  /** What sentences call the place: “would stop this job in the Safe Haven”. */
  readonly place: string;
  readonly version: string;
  /** ISO date of the newest document that the statements were read from. */
  readonly documentsRead: string;
  readonly documents: readonly {
    readonly keys: readonly string[];
    readonly title: string;
    readonly folder?: string | undefined;
    readonly revision: string;
    readonly date: string;
  }[];
  readonly platform: Sourced<string>;
  readonly directories: {
    readonly data: Sourced<string>;
    readonly outputs: Sourced<string>;
    readonly scratch: Sourced<string>;
  };
  readonly registries: Sourced<readonly string[]>;
  readonly runtimes: Readonly<Record<string, Runtime>>;
  readonly statements: readonly Statement[];
}

export function safeDirectories(profile: Profile): readonly string[] {
  const { data, outputs, scratch } = profile.directories;
  return [data.value, outputs.value, scratch.value];
}
