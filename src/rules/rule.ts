import type { Expectations } from "../config/expectations.ts";
import type { BuildContext } from "../context/walk.ts";
import type { Dockerfile } from "../dockerfile/model.ts";
import type { ResolvedStage } from "../dockerfile/variables.ts";
import type { Draft, Severity } from "../findings/finding.ts";
import type { Vulnerability } from "../findings/vulnerability.ts";
import type { WaiverUse } from "../findings/waivers.ts";
import type { ImageFacts } from "../image/facts.ts";
import type { FitnessFacts } from "../image/fitness/fitness.ts";
import type { JobFacts } from "../job/facts.ts";
import type { OutputFacts } from "../outputs/facts.ts";
import type { Profile } from "../profiles/profile.ts";
import { type Keeper, onceFor } from "../remember.ts";
import type { RepositoryFacts, WorkTree } from "../repository/facts.ts";
import type { LogSearch } from "../run/log-search.ts";
import type { Recording } from "../run/recording.ts";
import type { RunFilesFacts } from "../run-files/facts.ts";
import type { ScannedMisconfiguration, ScannedSecret } from "../scanners/scanned.ts";
import type { ShellcheckFacts } from "../scanners/shellcheck.ts";
import type { SourceFacts } from "../source/facts.ts";

/** The Dockerfile alone: all that a rule for one file may look at. */
export interface DockerfileFacts extends Keeper {
  readonly dockerfile: Dockerfile;
  /** Stages with bases expanded and ENV followed, in order; the last one becomes the image. */
  readonly stages: readonly ResolvedStage[];
}

/** Makes functions that do their work once for each Dockerfile, since many rules ask for the same. */
export const oncePerFile = onceFor<DockerfileFacts>();

/** The Dockerfile with the folder around it. */
export interface ProjectFacts extends DockerfileFacts {
  readonly context: BuildContext;
  readonly source: SourceFacts;
}

export interface RunFacts {
  readonly recording: Recording;
  readonly image: ImageFacts;
  /** What the settings expect of this run, and what was looked at to hold it against that. */
  readonly expected: Expectations;
  readonly outputs: OutputFacts;
  readonly logSearches: readonly LogSearch[];
}

/** How a build ended. */
export interface BuildFacts {
  readonly succeeded: boolean;
  /** Last lines that the engine printed. */
  readonly tail: readonly string[];
  /** The instruction that the engine was at, as it printed it. */
  readonly instruction: string | undefined;
  readonly dockerfile: Dockerfile;
}

/** What the project passes over, after the other rules have spoken. */
export interface WaiverFacts {
  readonly uses: readonly (WaiverUse & {
    /** False when its name means no rule of ours. */
    readonly known: boolean;
  })[];
}

/** What scanners said of the image and the Dockerfile, without what rules of ours said already. */
export interface ScanFacts {
  readonly vulnerabilities: readonly Vulnerability[];
  /** Each scanner's database: its date (ISO 8601) and age; null where nobody says. */
  readonly databases: readonly {
    readonly scanner: string;
    readonly date: string | null;
    readonly days: number | null;
  }[];
  /** Name of the base image, where it is known. */
  readonly base: string | null;
  readonly secrets: readonly ScannedSecret[];
  readonly misconfigurations: readonly ScannedMisconfiguration[];
  readonly dockerfile: Dockerfile | undefined;
  /** Why no scanner looked at the Dockerfile. */
  readonly dockerfileMissing: string | undefined;
}

/** The facts that each kind of rule reads. */
export interface FactsByKind {
  readonly dockerfile: DockerfileFacts;
  readonly project: ProjectFacts;
  readonly repository: RepositoryFacts;
  readonly build: BuildFacts;
  readonly image: ImageFacts;
  readonly run: RunFacts;
  readonly job: JobFacts;
  readonly "run-files": RunFilesFacts;
  readonly shellcheck: ShellcheckFacts;
  readonly scan: ScanFacts;
  readonly waivers: WaiverFacts;
}

export type RuleKind = keyof FactsByKind;

export const CATEGORIES = [
  "base-image",
  "directories",
  "offline",
  "users",
  "size",
  "security",
  "start-up",
  "data",
  "reproducibility",
  "job",
  "expectations",
  "style",
  "syntax",
] as const;
export type Category = (typeof CATEGORIES)[number];

/** Says that a rule could not judge; its requirements are then not assessed for this reason. */
export interface NotAssessed {
  readonly notAssessed: string;
}

export type FitnessDifferences = Partial<Omit<FitnessFacts, "start">> & {
  readonly start?: Partial<FitnessFacts["start"]>;
};

/** Fields that differ from what is faultless, in the facts within them too. */
export type ImageDifferences = Partial<Omit<ImageFacts, "fitness">> & {
  readonly fitness?: FitnessDifferences | undefined;
};

/**
 * A case that the harness runs with this rule alone. For `dockerfile` and `project` rules `dockerfile` is the whole
 * text; `files` are the project's other files. For `job` rules `files` has one file, the manifest; for `run-files` rules
 * it has run files and scripts; for `run` rules `pratique.yaml`, where the settings expect something. For `image`, `run`
 * and `repository` rules `facts` are the fields that differ from what is faultless.
 */
export interface Example<K extends RuleKind> {
  readonly title: string;
  readonly dockerfile?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly facts?: K extends "image"
    ? ImageDifferences
    : K extends "run"
      ? {
          readonly recording?: Partial<Recording>;
          readonly image?: ImageDifferences;
          readonly outputs?: Partial<OutputFacts>;
          readonly logSearches?: readonly LogSearch[];
        }
      : K extends "build"
        ? Partial<Omit<BuildFacts, "dockerfile">>
        : K extends "repository"
          ? Partial<Omit<RepositoryFacts, "workTree">> & {
              readonly workTree?: Partial<WorkTree> | undefined;
            }
          : K extends "shellcheck"
            ? Partial<Pick<ShellcheckFacts, "mistakes" | "missing">>
            : K extends "scan"
              ? Partial<Omit<ScanFacts, "dockerfile">>
              : K extends "waivers"
                ? WaiverFacts
                : never;
  /** What differs in the policy. */
  readonly profile?: Partial<Profile>;
  /** For bad examples: lines where the findings must be, in order. */
  readonly lines?: readonly number[];
}

export interface Rule<K extends RuleKind = RuleKind> {
  /** Reads well after “allow”: `no-runtime-download`. Also the name of the rule's folder. */
  readonly id: string;
  /** One short sentence for the reader of a report: what is wrong, or what was wanted. */
  readonly title: string;
  readonly category: Category;
  /** The one kind of facts that the rule reads. */
  readonly needs: K;
  readonly severity: Severity;
  /** True for what most research containers need not be told: it runs only when it is selected by name. */
  readonly optIn?: true;
  /**
   * For rules that read the Dockerfile: what the file must have before the rule can find anything, so that it need not
   * run elsewhere. Of each list one is enough, and each list that is given must hold. All are left out where what is
   * missing is the mistake.
   */
  readonly keywords?: readonly string[];
  /** Names of programs, one of which a RUN must start. */
  readonly programs?: RegExp;
  /** Words in lower case that stand anywhere in the file. */
  readonly mentions?: readonly string[];
  /** Ids of the profile's statements that a finding fails. */
  readonly requirements: readonly string[];
  /** Why it matters inside a TRE, for a researcher. */
  readonly why: string;
  /** What to do, in general; findings carry the fix for their own place. */
  readonly fix: string;
  /** Peers' rules for the same mistake: `hadolint:DL3006`, `trivy:DS-0001`, `buildkit:StageNameCasing`. */
  readonly aliases: readonly string[];
  readonly examples: { readonly bad: readonly Example<K>[]; readonly good: readonly Example<K>[] };
  /** Pure: facts and policy in, findings out. */
  readonly check: (facts: FactsByKind[K], profile: Profile) => Iterable<Draft | NotAssessed>;
}

export function defineRule<K extends RuleKind>(rule: Rule<K>): Rule<K> {
  return rule;
}
