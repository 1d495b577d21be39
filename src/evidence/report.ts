import type { Finding } from "../findings/finding.ts";
import type { Force, Level, Scope } from "../profiles/profile.ts";
import type { Recording } from "../run/recording.ts";
import type { FitnessSummary } from "./fitness.ts";
import type { VulnerabilitySummary } from "./vulnerabilities.ts";

/**
 * Versions of the document's shape, the newest last. Each minor adds fields to the one before, so that all are read; what
 * a newer version wrote is refused, since it may say what this one would leave out.
 */
export const REPORT_SCHEMAS = ["pratique-report/1.0", "pratique-report/1.1"] as const;
export const REPORT_SCHEMA = "pratique-report/1.1";

export type Verdict = "clear" | "clear-with-advice" | "not-clear" | "incomplete";
export type RequirementStatus = "pass" | "fail" | "waived" | "not-assessed";
export type StepId = "lint" | "build" | "inspect" | "test" | "scan";

/** Everything that one command found out: what reporters read, and all they read. */
export interface Report {
  readonly schema: (typeof REPORT_SCHEMAS)[number];
  /** The command that made it: `check`, `lint`, `inspect`, `test`, `scan`. */
  readonly command: string;
  readonly tool: { readonly name: "pratique"; readonly version: string };
  readonly verdict: Verdict;
  /** One sentence a researcher understands. */
  readonly summary: string;
  readonly profile: {
    readonly id: string;
    readonly title: string;
    readonly version: string;
    readonly documentsRead: string;
    /** Of the policy's own data as JSON: two that differ in a value have the same name. Since 1.1. */
    readonly sha256?: string;
  };
  readonly subject: Subject;
  /** The project's files that were read and judged beside the Dockerfile; only of a check. Since 1.1. */
  readonly files?: readonly JudgedFile[];
  /** Programs that took part, with their versions. Since 1.1. */
  readonly tools?: readonly { readonly name: string; readonly version: string }[];
  readonly steps: readonly Step[];
  readonly requirements: readonly RequirementResult[];
  readonly findings: readonly Finding[];
  /** The first run that counts; null when the container was not run. */
  readonly recording: Recording | null;
  /** The other runs: of more test cases, and in more runtimes. */
  readonly others: readonly Recording[];
  /** What the settings expect of each run; runs of which they expect nothing, and that have no name, are left out. */
  readonly expectations: readonly CaseExpectations[];
  /** What each runtime of the test came to, those that decide first. */
  readonly runtimes: readonly RuntimeResult[];
  readonly build: BuildProvenance | null;
  readonly image: ImageSummary | null;
  /** What is installed in the image; absent when no image's files were read. */
  readonly inventory?: InventorySummary;
  /** What lies in the image beside its software; absent when no image's files were read. */
  readonly contents?: ContentsSummary;
  /** What takes the room in the image, layer by layer and place by place; absent when no image's files were read. */
  readonly space?: SpaceSummary;
  /** Whether its files suit the job's user and machine; absent when no image's files were read. */
  readonly fitness?: FitnessSummary;
  /** What a scanner knows against its packages; absent when none was asked. Since 1.1. */
  readonly vulnerabilities?: VulnerabilitySummary;
  /** Where the image was put into a registry after the check; absent before that. Since 1.1. */
  readonly publication?: Publication;
  readonly engine: EngineSummary | null;
  /** Things the reader should know that are no findings: fallbacks used, limits of what was seen. */
  readonly notes: readonly string[];
  /** What differs between two runs on the same input stands here, or in the fields that `measured.ts` lists. */
  readonly times: { readonly startedAt: string; readonly seconds: number };
}

export interface Subject {
  /** Name of the project folder or of the image. */
  readonly name: string;
  readonly dockerfile: { readonly path: string; readonly sha256: string } | null;
  readonly git: { readonly commit: string; readonly clean: boolean } | null;
  readonly imageId: string | null;
  readonly imageDigest: string | null;
  readonly imageReference: string | null;
  readonly platform: string | null;
}

/** The image of the evidence in a registry. */
export interface Publication {
  /** Registry and repository, without a tag: `ghcr.io/lab/heart`. */
  readonly image: string;
  /** Digest of the manifest there, whose configuration is `subject.imageId`. */
  readonly manifest: string;
  /** The one that is its own first. */
  readonly tags: readonly string[];
  /** ISO 8601. */
  readonly at: string;
  /** Why it was published though it is not clear; null where it is. */
  readonly override: { readonly reason: string; readonly verdict: Verdict } | null;
  /** Whether the registry shows it to somebody without a login; absent in older reports. */
  readonly visibility?: Visibility;
}

export type Visibility = "public" | "not-public" | "not-assessed";

export interface JudgedFile {
  readonly kind: "settings" | "source" | "job-manifest" | "run-file";
  /** Relative to the project's folder. */
  readonly path: string;
  /** In hexadecimal. */
  readonly sha256: string;
}

export interface Step {
  readonly id: StepId;
  readonly status: "done" | "failed" | "not-assessed";
  /** Few words: `Dockerfile, 4 source files`. */
  readonly detail: string;
  readonly findings: number;
  readonly seconds: number;
  /** Why it failed or was not done; empty otherwise. */
  readonly reason: string;
}

export interface RequirementResult {
  readonly id: string;
  /** The checklist that it is an item of, if it is one. */
  readonly checklist?: string;
  readonly level: Exclude<Level, "fact">;
  readonly force: Force;
  readonly scope: Scope;
  readonly text: string;
  readonly source: string;
  readonly status: RequirementStatus;
  /** Why it has this status, in words. Never empty. */
  readonly reason: string;
  /** Rules that looked at it. */
  readonly rules: readonly string[];
}

/** One runtime of the test: a column of the table of runtimes and requirements. */
export interface RuntimeResult {
  readonly id: string;
  readonly title: string;
  /** Whether it counts for the verdict. */
  readonly decides: boolean;
  readonly foreseen: boolean;
  /** What started the containers: `podman 4.3.1`. */
  readonly startedWith: string;
  /** True where another program than the place's own started them. */
  readonly imitated: boolean;
  readonly notImitated: readonly string[];
  /** Why there was no run; empty where there was one. */
  readonly problem: string;
  /** What the verdict would be if jobs ran in this runtime alone; null where it is foreseen, which has none. */
  readonly verdict: Verdict | null;
  /** Every requirement that a test run shows. */
  readonly requirements: readonly {
    readonly id: string;
    readonly status: RequirementStatus;
    readonly reason: string;
  }[];
}

/** What was expected of one run, and what came of it. */
export interface CaseExpectations {
  /** Name of the test case; null where the settings name none. */
  readonly case: string | null;
  readonly runtime: string;
  /** Whether the program ended with an exit code that is expected of it. */
  readonly asMeant: boolean;
  readonly expectations: readonly {
    /** The rest of a sentence that begins with “The job”. */
    readonly text: string;
    readonly status: "met" | "not-met" | "not-assessed";
    /** Why it is not met, or was not assessed; empty where it is met. */
    readonly reason: string;
    /** Line of the settings. */
    readonly line: number;
  }[];
}

export interface BuildProvenance {
  readonly platform: string;
  readonly dockerfileSha256: string;
  /** SHA-256 over the sorted list of the context's paths, modes and contents. */
  readonly contextSha256: string;
  readonly contextFiles: number;
  readonly contextBytes: number;
  /** Build arguments given; values of names that look secret are replaced by `(hidden)`. */
  readonly arguments: Readonly<Record<string, string>>;
  readonly bases: readonly { readonly reference: string; readonly digest: string | null }[];
  readonly imageId: string;
  /** Relative to the output folder. */
  readonly log: string;
  readonly seconds: number;
}

export interface ImageSummary {
  readonly reference: string;
  readonly id: string;
  readonly digest: string | null;
  readonly platform: string;
  /** Bytes. */
  readonly size: number;
  readonly layers: number;
  readonly files: number | null;
  readonly user: string;
  readonly workingDirectory: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** Names with values; values of names that look secret are replaced by `(hidden)`. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface InventorySummary {
  /** `debian 12`: the distribution that the image says it is. */
  readonly distribution: string | null;
  /** How many packages of each type are in the finished image, those within others not counted. */
  readonly counts: Readonly<Record<string, number>>;
  /** What may be there and could not be told, in words. */
  readonly notAssessed: readonly string[];
  /** The layers from the base up, with the instruction that made each where the image says it. */
  readonly layers: readonly { readonly diffId: string; readonly instruction: string | null }[];
  /** In the order of type and name. */
  readonly packages: readonly PackageSummary[];
  /** Packages that only layers below the finished image have. */
  readonly removed: readonly PackageSummary[];
}

export interface PackageSummary {
  /** The tool that installs such packages: `deb`, `apk`, `conda`, `python`, `r`, `julia`, `npm`, `java`, `go`, `rust`. */
  readonly type: string;
  readonly name: string;
  /** Empty where the package says none. */
  readonly version: string;
  /** Package URL. */
  readonly purl: string;
  /** SPDX expression, where it can be told without guessing. */
  readonly licence: string | null;
  /** In the package's own words, where no expression says the same. */
  readonly licenceWritten?: string;
  /** The file that declares it: the first, where there are several. */
  readonly path: string;
  /** How many files declare it. */
  readonly places: number;
  /** Index of the layer that brought it. */
  readonly layer: number;
  /** Index of the layer that removed or replaced it. */
  readonly removedIn?: number;
  /** Packages of other types that belong to it: a Python package that Debian's installs. */
  readonly contains?: readonly PackageSummary[];
}

/** What lies in the image beside its software. Layers are indexes into `inventory.layers`. */
export interface ContentsSummary {
  readonly secrets: readonly SecretSummary[];
  readonly data: readonly DataSummary[];
  readonly caches: readonly ModelCacheSummary[];
  readonly gpu: GpuSummary;
  /** What was not looked at, in words. */
  readonly notAssessed: readonly string[];
}

/** A secret in a file of some layer: never what it says. */
export interface SecretSummary {
  /** In words, with no article: `private key`. */
  readonly kind: string;
  /** False for what may be an example. */
  readonly certain: boolean;
  readonly path: string;
  /** Counted from 1; 0 where the file is no text. */
  readonly line: number;
  /** The same for the same secret within this report, and no help to who guesses: its key is thrown away. */
  readonly fingerprint: string;
  /** Index of the layer that brought it. */
  readonly layer: number;
  /** Index of the layer that removed or replaced the file: the secret is in the image all the same. */
  readonly removedIn?: number;
}

export interface DataSummary {
  readonly path: string;
  /** `CSV`, `DICOM`, `120 pictures or recordings`. */
  readonly format: string;
  readonly bytes: number;
  /** False for what is something else as often. */
  readonly certain: boolean;
  readonly layer: number;
  readonly removedIn?: number;
}

/** What the image has for a GPU. */
export interface GpuSummary {
  readonly libraries: readonly {
    /** `CUDA`, `cuDNN`. */
    readonly name: string;
    readonly version: string;
    /** A path, a package or a variable. */
    readonly from: string;
  }[];
  readonly frameworks: readonly {
    /** `PyTorch`, `TensorFlow`, `JAX`, `CuPy`. */
    readonly name: string;
    readonly version: string;
    /** The release of CUDA that it was built with, `cpu`, or null where it does not say. */
    readonly build: string | null;
    readonly path: string;
  }[];
  /** Programs and libraries with code for GPUs: machine code and PTX, each by the number of the GPU that it is for (`8.0`). Since 1.1. */
  readonly compiled?: readonly {
    readonly path: string;
    readonly machine: readonly string[];
    readonly ptx: readonly string[];
  }[];
  /** The oldest driver of NVIDIA's that the newest CUDA of the image works with; null where none is needed. */
  readonly minimumDriver: string | null;
  readonly notAssessed: readonly string[];
}

/** Models and word lists that a library fetched. */
export interface ModelCacheSummary {
  /** Whose: `Hugging Face`, `NLTK`. */
  readonly kind: string;
  readonly path: string;
  readonly items: readonly {
    readonly name: string;
    /** Commits of a repository, or the version of a package. */
    readonly revisions: readonly string[];
    /** Why it cannot be loaded, in words. */
    readonly problems: readonly string[];
  }[];
  /** 0 where it was not counted. */
  readonly bytes: number;
  /** The first folder or file that the job's user may not read; absent where there is none. */
  readonly closed?: string;
}

export interface SpaceSummary {
  /** From the base up. */
  readonly layers: readonly LayerSummary[];
  readonly base: {
    /** `compared` with the base image's layers, told by the image's `history`, or `no`: not known. */
    readonly known: "compared" | "history" | "no";
    /** How many of the layers are the base's; null where it is not known. */
    readonly layers: number | null;
    /** The base image, where it is known by name. */
    readonly reference: string | null;
    /** Why it is not known; empty otherwise. */
    readonly reason: string;
  };
  /** Bytes of files that layers hold and the finished image does not. */
  readonly wasted: number;
  /** The twenty biggest, those left out that hold little besides one bigger folder. */
  readonly folders: readonly PlaceSummary[];
  readonly files: readonly PlaceSummary[];
  readonly caches: readonly CacheSummary[];
  readonly map: SpaceBox;
}

export interface LayerSummary {
  readonly diffId: string;
  readonly instruction: string | null;
  /** Null where it is not known. */
  readonly fromBase: boolean | null;
  /** Bytes as stored, and unpacked. */
  readonly storedSize: number;
  readonly size: number;
  /** Files in it, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  readonly added: FileAmount;
  readonly replaced: FileAmount;
  /** Those among the replaced that kept their size. */
  readonly rewritten: FileAmount;
  readonly removed: FileAmount;
  /** Bytes of its files that the finished image does not have. */
  readonly lost: number;
}

export interface FileAmount {
  readonly files: number;
  readonly bytes: number;
}

export interface PlaceSummary {
  readonly path: string;
  readonly bytes: number;
  readonly files: number;
  /** Bytes that the base brought; null where it is not known. */
  readonly fromBase: number | null;
  /** Index of the layer that brought most of it. */
  readonly layer: number;
}

export interface CacheSummary {
  /** `pip`, `apt-lists`. */
  readonly cache: string;
  readonly what: string;
  /** False for what a job needs when it has no network: models, corpora. */
  readonly leftBehind: boolean;
  readonly paths: readonly string[];
  readonly bytes: number;
  readonly files: number;
  readonly layers: readonly { readonly layer: number; readonly bytes: number }[];
}

/** A box of the map of what takes the room. */
export interface SpaceBox {
  readonly path: string;
  readonly bytes: number;
  readonly fromBase: number | null;
  /** The biggest first; what is too small is missing. */
  readonly parts: readonly SpaceBox[];
}

export interface EngineSummary {
  readonly name: "podman" | "docker";
  readonly version: string;
  readonly rootless: boolean;
  /** OCI runtime that the containers ran with. */
  readonly runtime: string;
  /** What the driver changed so that containers start on this machine; empty when nothing was needed. */
  readonly adjustments: readonly string[];
}
