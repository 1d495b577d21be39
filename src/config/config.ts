import type { Severity } from "../findings/finding.ts";
import type { VulnerabilitySeverity } from "../findings/vulnerability.ts";
import type { Waiver } from "../findings/waivers.ts";
import type { LabelFormat } from "../profiles/profile.ts";
import { type Expectations, nothingExpected } from "./expectations.ts";

/** `pratique.yaml` with every default filled in. Paths are absolute. */
export interface Config {
  /** The file the settings came from; undefined when there is none. */
  readonly file: string | undefined;
  readonly profile: string;
  readonly dockerfile: string | undefined;
  readonly build: {
    readonly args: Readonly<Record<string, string>>;
    readonly network: string | undefined;
    readonly target: string | undefined;
  };
  readonly test: TestSettings;
  /** The runs of a test: those that the settings name, or the one of `test` itself, which has no name. */
  readonly cases: readonly TestCase[];
  readonly job: JobSettings;
  /** Severity by rule, category or a peer's name; `off` leaves a rule out, `on` runs one that is optional. */
  readonly rules: Readonly<Record<string, Severity | "off" | "on">>;
  /** Least severity of findings that gives exit code 1. */
  readonly failOn: Severity;
  /** Only these rules run: ids, categories, peers' names; `all` takes in what is optional. Empty: the usual ones. */
  readonly select: readonly string[];
  readonly ignore: readonly string[];
  /** Labels that the image must carry, each with what its value must look like. */
  readonly labels: Readonly<Record<string, LabelFormat>>;
  readonly strictLabels: boolean;
  /** Registries that base images may come from; empty: any. */
  readonly trustedRegistries: readonly string[];
  /** How a scan is judged, and the image of Trivy to run where the program is missing. */
  readonly scan: {
    readonly failOn: VulnerabilitySeverity | undefined;
    readonly image: string | undefined;
  };
  readonly waivers: readonly Waiver[];
}

/** What a generated job is to have; what is left open is measured, or filled in later. Sizes as Kubernetes writes them: `4Gi`. */
export interface JobSettings {
  readonly name?: string | undefined;
  /** Registry, owner, name and tag. */
  readonly image?: string | undefined;
  readonly namespace?: string | undefined;
  readonly queue?: string | undefined;
  /** The whole user name inside. */
  readonly account?: string | undefined;
  readonly uid?: number | undefined;
  /** The project's group, not the user's own. */
  readonly gid?: number | undefined;
  /** Of the registry's proxy. */
  readonly port?: number | undefined;
  readonly gpus?: number | undefined;
  readonly cpus?: number | undefined;
  readonly memory?: string | undefined;
  readonly sharedMemory?: string | undefined;
  /** `24h`. */
  readonly timeLimit?: string | undefined;
  readonly keep?: string | undefined;
  readonly shell?: boolean | undefined;
  readonly args?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** What one run is made with. */
export interface RunSettings {
  /** Folder mounted read-only at /safe_data; undefined gives an empty one. */
  readonly data: string | undefined;
  /** Takes the place of CMD when given. */
  readonly args: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds; undefined takes the profile's time limit. */
  readonly timeout: number | undefined;
  /** `4g`, `512m`; undefined takes the profile's. */
  readonly memory: string | undefined;
  /** Whether the files of the data that the program reads are noted, with their digests; undefined is no. */
  readonly lineage: boolean | undefined;
}

export interface TestSettings extends RunSettings {
  /** Runtimes of the profile to test in; empty: the profile's own choice. */
  readonly runtimes: readonly string[];
}

/** What a run is given and what it must do: `test` of the settings, or one of its named cases. */
export interface TestCase {
  /** Undefined where the settings name no cases. */
  readonly name: string | undefined;
  /** What the case leaves open is filled in. */
  readonly settings: RunSettings;
  readonly expect: Expectations;
}

export const DEFAULT_PROFILE = "shs-gpu-cluster";

const test: TestSettings = {
  runtimes: [],
  data: undefined,
  args: undefined,
  env: {},
  timeout: undefined,
  memory: undefined,
  lineage: undefined,
};

export const defaultConfig: Config = {
  file: undefined,
  profile: DEFAULT_PROFILE,
  dockerfile: undefined,
  build: { args: {}, network: undefined, target: undefined },
  test,
  cases: [{ name: undefined, settings: test, expect: nothingExpected }],
  job: {},
  rules: {},
  failOn: "error",
  select: [],
  ignore: [],
  labels: {},
  strictLabels: false,
  trustedRegistries: [],
  scan: { failOn: undefined, image: undefined },
  waivers: [],
};
