import type { VulnerabilitySeverity } from "../findings/vulnerability.ts";

/** A TRE's policy as data. `tools/generate.mjs` checks the YAML files against `schema.ts` and turns them into code. */

export type Level = "must" | "must-not" | "should" | "should-not" | "may" | "fact";
export type Force = "enforced" | "advised" | "foreseen";
/** Who can tell whether a statement holds. */
export type Scope = "image" | "repository" | "job" | "run-files" | "publish" | "people";
/** What has to be read to decide a statement. `scan` is a vulnerability scanner's report. */
export type FactsKind =
  | "dockerfile"
  | "project"
  | "repository"
  | "build"
  | "image"
  | "run"
  | "job"
  | "run-files"
  | "scan";

/** A value of the policy with the id of the statement it comes from; `assumed` where no document says. */
export interface Sourced<T> {
  readonly value: T;
  readonly source: string;
}

export interface Statement {
  readonly id: string;
  /** The checklist that it is an item of: `Container Build Guide`. */
  readonly checklist?: string | undefined;
  readonly level: Level;
  readonly force: Force;
  readonly scope: Scope;
  /** Every kind of facts that must have been read before the statement counts as shown. */
  readonly shownBy?: readonly FactsKind[] | undefined;
  /** Runtimes whose test run can show it, where not every one can. */
  readonly runtimes?: readonly string[] | undefined;
  /**
   * What of a publication shows it: that the registry is one of `registries`, that the tag is the image's own and says what
   * it is, that `latest` is moved beside it.
   */
  readonly publication?: readonly ("registry" | "own-tag" | "latest")[] | undefined;
  readonly text: string;
  /** Where in the documents it stands; the keys are listed in the profile's `documents`. */
  readonly source: string;
  /** ISO date of the document that was read. */
  readonly date: string;
  readonly note?: string | undefined;
}

/** A folder of the place that is mounted into the container: one of the profile's directories, or the user's home. */
export interface MountPolicy {
  readonly directory: "data" | "outputs" | "scratch" | "home";
  readonly access: "read-only" | "read-write";
  /** `fresh`: new and empty for each job; `shared`: the same for all jobs of the user or the project. */
  readonly contents: "fresh" | "shared";
  /** Whether what is written there outlives the job. */
  readonly kept: boolean;
}

/** How a container is started there. Sizes and times are written as engines take them: `4g`, `64m`, `10m`. */
export interface Runtime {
  readonly title: string;
  /** Announced and not yet so: what happens in it is shown and never decides a verdict. */
  readonly foreseen?: true | undefined;
  readonly startedBy: Sourced<"kubernetes" | "podman" | "apptainer">;
  /** 0 is root inside, who outside is the user that started the container. */
  readonly user: Sourced<number>;
  readonly group: Sourced<number>;
  /** Whether /etc/passwd inside names the user. */
  readonly passwdEntry: Sourced<boolean>;
  readonly home: Sourced<string>;
  /** Whether an image that sets HOME keeps its own. */
  readonly imageHome: Sourced<boolean>;
  /** Where the program starts: in the image's WORKDIR or in the user's home. */
  readonly workingDirectory: Sourced<"image" | "home">;
  /** All that the program may ever have; none where the list is empty. */
  readonly capabilities: Sourced<readonly string[]>;
  readonly noNewPrivileges: Sourced<boolean>;
  readonly rootFileSystem: Sourced<"writable" | "read-only">;
  /** A directory that is not among them is not mounted. */
  readonly mounts: readonly Sourced<MountPolicy>[];
  /** Folders that are writable and of the memory, whatever the image has there. */
  readonly temporary: Sourced<readonly string[]>;
  /** Variables that the runtime adds; they win over the image's. */
  readonly environment: Sourced<Readonly<Record<string, string>>>;
  /** The proxy variables of whoever starts the container: none are passed in. */
  readonly proxy: Sourced<"none">;
  readonly terminal: Sourced<false>;
  readonly sharedMemory: Sourced<string>;
  readonly memory: Sourced<string>;
  readonly processes: Sourced<number>;
  readonly network: Sourced<"black-hole">;
  readonly nameserver: Sourced<string>;
  readonly searchDomains: Sourced<readonly string[]>;
  readonly resolverOptions: Sourced<readonly string[]>;
  /** How long a job may run there; absent where no document says. */
  readonly timeLimit?: Sourced<string> | undefined;
  /** How long a test at the desk may run unless the settings say otherwise. */
  readonly testTime: Sourced<string>;
  /** What a test at the desk does not imitate, in words for its reader. */
  readonly notImitated: readonly string[];
}

/** A runtime with the name that the command line and the report know it by. */
export interface NamedRuntime extends Runtime {
  readonly id: string;
}

/** What a label's value can be asked to look like, as in hadolint's settings. */
export const LABEL_FORMATS = ["text", "url", "rfc3339", "spdx", "hash", "semver", "email"] as const;
export type LabelFormat = (typeof LABEL_FORMATS)[number];

/**
 * Names of the cluster have parts in angle brackets that the project fills in: `<safe-haven>`, `<project>`, `<namespace>`
 * and `<user>`.
 */
export interface JobPolicy {
  readonly namespace: Sourced<string>;
  readonly queueLabel: Sourced<string>;
  readonly queue: Sourced<string>;
  readonly sharedClaim: Sourced<string>;
  readonly userClaim: Sourced<string>;
  /** Host that stands in for the public registry inside. Its port differs by place, so that any is taken. */
  readonly imageProxy: Sourced<string>;
  readonly gpuResource: Sourced<string>;
  readonly gpuSelector: Sourced<string>;
  readonly gpuProduct: Sourced<string>;
  readonly gpusPerPod: Sourced<number>;
  /** What a project has unless it was given more. */
  readonly quota: Sourced<{ readonly cpu: string; readonly memory: string; readonly gpus: number }>;
  /** Seconds that a finished job is kept when it says nothing. */
  readonly keptSeconds: Sourced<number>;
  /** Seconds that a pod may run when it says nothing. */
  readonly deadlineSeconds: Sourced<number>;
  /** A label that the cluster sets itself. */
  readonly ownLabel: Sourced<string>;
  /** User and group numbers are at least this large. */
  readonly smallestId: Sourced<number>;
  /** Longest `generateName` that leaves the pod's name whole. */
  readonly longestName: Sourced<number>;
  /** What the place's own example of a job asks for: no generated one asks for a lower limit. */
  readonly example: Sourced<{
    readonly cpu: number;
    readonly memory: string;
    readonly keptSeconds: number;
    readonly deadlineSeconds: number;
  }>;
  /**
   * How data reach the cluster and results come back: from the desktop's folder of the project, over a machine that has the
   * cluster's file system. `<account>` is the whole user name.
   */
  readonly transfer: Sourced<{
    readonly host: string;
    readonly desktop: string;
    readonly shared: string;
    readonly own: string;
  }>;
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
  /**
   * How an image gets in from one of these; absent where no document says. `{runtime}` stands for what it is started with
   * and `{image}` for its name; a runtime that is not among `runtimes` has no such way.
   */
  readonly pull?: Sourced<{ readonly command: string; readonly runtimes: readonly string[] }> | undefined;
  readonly runtimes: Readonly<Record<string, Runtime>>;
  /** Runtimes that decide the verdict unless others are asked for. */
  readonly defaultRuntimes: Sourced<readonly string[]>;
  /** The GPUs of the place; absent where it has none. */
  readonly gpu?:
    | {
        /** NVIDIA's number for what the GPU can run: `8.0`. */
        readonly compute: Sourced<string>;
        /** Of its driver; absent where no document says. */
        readonly driver?: Sourced<string> | undefined;
      }
    | undefined;
  /** What a Kubernetes job must look like there; absent where there is no cluster. */
  readonly jobs?: JobPolicy | undefined;
  /** How scans for vulnerabilities are judged; absent where the place asks for none. */
  readonly scan?: ScanPolicy | undefined;
  readonly statements: readonly Statement[];
  /** Labels that an image must carry; with `strict` it carries no others. The project's own settings may give them. */
  readonly labels?:
    | { readonly required: Readonly<Record<string, LabelFormat>>; readonly strict?: boolean | undefined }
    | undefined;
  /** Registries that base images may come from; any where there is no list. `*` stands for the rest at either end. */
  readonly baseRegistries?: readonly string[] | undefined;
}

export interface ScanPolicy {
  /** Days after which a scanner's database is too old. */
  readonly databaseDays: Sourced<number>;
  /** Least severity that is not accepted; everything is where it is absent. The project's settings may be stricter. */
  readonly failOn?: Sourced<VulnerabilitySeverity> | undefined;
}

/** The path that a mount has inside. */
export const insideOf = (directory: MountPolicy["directory"], profile: Profile, runtime: Runtime): string =>
  directory === "home" ? runtime.home.value : profile.directories[directory].value;

/** What is mounted in a runtime; of one that the profile does not know, all of the safe directories. */
export function mountedDirectories(profile: Profile, id: string): readonly string[] {
  const runtime = Object.hasOwn(profile.runtimes, id) ? profile.runtimes[id] : undefined;
  if (runtime === undefined) return safeDirectories(profile);
  return runtime.mounts.map(({ value }) => insideOf(value.directory, profile, runtime));
}

/** The user that images are looked at for: of the runtimes that decide, the first one's who is not root. */
export function jobUser(profile: Profile): {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly imageHome: boolean;
  /** Folders of the place that this user may write. */
  readonly writable: readonly string[];
} {
  const runtimes = profile.defaultRuntimes.value.flatMap((id) => profile.runtimes[id] ?? []);
  const runtime = runtimes.find(({ user }) => user.value !== 0) ?? runtimes[0];
  // The schema sees to it that there is one.
  if (runtime === undefined) throw new Error(`profile ${profile.id} has no runtime of its own choice`);
  const written = runtime.mounts.filter(({ value }) => value.access === "read-write");
  return {
    uid: runtime.user.value,
    gid: runtime.group.value,
    home: runtime.home.value,
    imageHome: runtime.imageHome.value,
    writable: [
      ...written.map(({ value }) => insideOf(value.directory, profile, runtime)),
      ...runtime.temporary.value,
    ],
  };
}

/** Where results are kept in a runtime: the folder for outputs or, where it is not mounted, the data's own. */
export function resultsDirectory(
  runtime: Pick<Runtime, "mounts"> | undefined,
): "outputs" | "data" | undefined {
  if (runtime === undefined) return "outputs";
  const kept = runtime.mounts.filter(({ value }) => value.access === "read-write" && value.kept);
  return (["outputs", "data"] as const).find((wanted) =>
    kept.some(({ value }) => value.directory === wanted),
  );
}

export function safeDirectories(profile: Profile): readonly string[] {
  const { data, outputs, scratch } = profile.directories;
  return [data.value, outputs.value, scratch.value];
}
