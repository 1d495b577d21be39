import type { Config } from "../config/config.ts";
import type { Engine } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import {
  type BuildProvenance,
  type EngineSummary,
  type ImageSummary,
  REPORT_SCHEMA,
  type Report,
  type Step,
  type StepId,
  type Subject,
} from "../evidence/report.ts";
import { assessRequirements } from "../evidence/requirements.ts";
import { hideValues } from "../evidence/secrets.ts";
import { decideVerdict, summarise } from "../evidence/verdict.ts";
import { mergeFindings } from "../findings/merge.ts";
import { applyWaivers } from "../findings/waivers.ts";
import type { ImageFacts } from "../image/facts.ts";
import type { FactsKind, Profile } from "../profiles/profile.ts";
import type { Judgement } from "../rules/apply.ts";
import type { Recording } from "../run/recording.ts";
import { packageVersion } from "../system/package.ts";

/** Receives what a user may want to watch; it decides nothing. */
export interface ProgressSink {
  start(step: StepId, label: string): void;
  /** The last line that a program printed. */
  detail(text: string): void;
  done(step: Step): void;
}

export interface StepOutcome {
  readonly detail: string;
  readonly findings: number;
}

const STEP_KINDS: Readonly<Record<StepId, readonly FactsKind[]>> = {
  lint: ["dockerfile", "project"],
  build: ["build"],
  inspect: ["image"],
  test: ["run"],
  scan: ["scan"],
};

/** Gathers what the steps of one command find, and makes the report of it. */
export class Collector {
  readonly #command: string;
  readonly #profile: Profile;
  readonly #config: Config;
  readonly #progress: ProgressSink;
  readonly #startedAt = new Date();
  readonly #steps: Step[] = [];
  readonly #judgements: Judgement[] = [];
  readonly #missing = new Map<FactsKind, string>();
  readonly #notes: string[] = [];
  #failure: PratiqueError | undefined;

  subject: Subject;
  recording: Recording | null = null;
  foreseen: Recording | null = null;
  build: BuildProvenance | null = null;
  image: ImageSummary | null = null;
  engine: EngineSummary | null = null;

  constructor(command: string, name: string, profile: Profile, config: Config, progress: ProgressSink) {
    this.#command = command;
    this.#profile = profile;
    this.#config = config;
    this.#progress = progress;
    this.subject = {
      name,
      dockerfile: null,
      git: null,
      imageId: null,
      imageDigest: null,
      imageReference: null,
      platform: null,
    };
  }

  /** The first error of the machine or the user that kept a step from being done. */
  get failure(): PratiqueError | undefined {
    return this.#failure;
  }

  judge(judgement: Judgement): number {
    this.#judgements.push(judgement);
    return judgement.findings.length;
  }

  note(text: string): void {
    if (!this.#notes.includes(text)) this.#notes.push(text);
  }

  /**
   * Does one step. A `PratiqueError` other than an interruption becomes a failed step, so that what was found before
   * is still reported; anything else is a defect and goes on.
   */
  async step(id: StepId, label: string, work: () => Promise<StepOutcome>): Promise<boolean> {
    this.#progress.start(id, label);
    const start = performance.now();
    const seconds = (): number => Math.round((performance.now() - start) / 10) / 100;
    try {
      const { detail, findings } = await work();
      this.#finish({ id, status: "done", detail, findings, seconds: seconds(), reason: "" });
      return true;
    } catch (error) {
      if (!(error instanceof PratiqueError) || error.code === "interrupted") throw error;
      this.#failure ??= error;
      this.#finish({
        id,
        status: "failed",
        detail: label,
        findings: 0,
        seconds: seconds(),
        reason: error.message,
      });
      this.miss(id, error.message);
      return false;
    }
  }

  /** Says that a step was not done, and why; its facts then count as not read. */
  skip(id: StepId, reason: string): void {
    this.#finish({ id, status: "not-assessed", detail: "", findings: 0, seconds: 0, reason });
    this.miss(id, reason);
  }

  miss(id: StepId, reason: string): void {
    for (const kind of STEP_KINDS[id]) {
      if (!this.#judgements.some((judgement) => judgement.kind === kind)) this.#missing.set(kind, reason);
    }
  }

  #finish(step: Step): void {
    this.#steps.push(step);
    this.#progress.done(step);
  }

  useEngine(engine: Engine): void {
    const { info, adjustments } = engine;
    this.engine = {
      name: info.name,
      version: info.version,
      rootless: info.rootless,
      runtime: adjustments.runtime ?? info.runtime,
      adjustments: adjustments.notes,
    };
    if (adjustments.notes.length > 0)
      this.note(`Containers were started with ${adjustments.notes.join(" and ")}.`);
  }

  useImage(facts: ImageFacts): void {
    const platform = `${facts.platform.os}/${facts.platform.architecture}`;
    this.image = {
      reference: facts.reference,
      id: facts.id,
      digest: facts.digest ?? null,
      platform,
      size: facts.size,
      layers: facts.layers,
      files: facts.tree?.files ?? null,
      user: facts.user,
      workingDirectory: facts.workingDirectory,
      entrypoint: facts.entrypoint,
      command: facts.command,
      environment: hideValues(Object.fromEntries(facts.environment)),
    };
    this.subject = {
      ...this.subject,
      imageId: facts.id,
      imageDigest: facts.digest ?? null,
      imageReference: facts.reference,
      platform,
    };
  }

  report(): Report {
    const today = this.#startedAt.toISOString().slice(0, 10);
    // Before findings are joined, so that a waiver for one rule is not lost in another's finding.
    const { findings: marked, notes } = applyWaivers(
      this.#judgements.flatMap((judgement) => judgement.findings),
      this.#config.waivers,
      today,
    );
    const groups = this.#judgements.map((judgement, index) => {
      const start = this.#judgements.slice(0, index).reduce((sum, { findings }) => sum + findings.length, 0);
      return marked.slice(start, start + judgement.findings.length);
    });
    const findings = mergeFindings(groups);
    const requirements = assessRequirements({
      profile: this.#profile,
      judgements: this.#judgements,
      findings,
      missing: this.#missing,
    });
    const verdict = decideVerdict(requirements, findings);
    return {
      schema: REPORT_SCHEMA,
      command: this.#command,
      tool: { name: "pratique", version: packageVersion() },
      verdict,
      summary: summarise(verdict, requirements, findings, this.#profile.place),
      profile: {
        id: this.#profile.id,
        title: this.#profile.title,
        version: this.#profile.version,
        documentsRead: this.#profile.documentsRead,
      },
      subject: this.subject,
      steps: this.#steps,
      requirements,
      findings,
      recording: this.recording,
      foreseen: this.foreseen,
      build: this.build,
      image: this.image,
      engine: this.engine,
      notes: [...this.#notes, ...notes],
      times: {
        startedAt: this.#startedAt.toISOString(),
        seconds: Math.round((Date.now() - this.#startedAt.getTime()) / 10) / 100,
      },
    };
  }
}
