import type { Engine } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import type { FitnessSummary } from "../evidence/fitness.ts";
import {
  type BuildProvenance,
  type CaseExpectations,
  type ContentsSummary,
  type EngineSummary,
  type ImageSummary,
  type InventorySummary,
  type JudgedFile,
  REPORT_SCHEMA,
  type Report,
  type SpaceSummary,
  type Step,
  type StepId,
  type Subject,
} from "../evidence/report.ts";
import { assessRequirements } from "../evidence/requirements.ts";
import { overall, type RuntimeColumn, runtimeResult } from "../evidence/runtimes.ts";
import { decideVerdict, summarise } from "../evidence/verdict.ts";
import type { VulnerabilitySummary } from "../evidence/vulnerabilities.ts";
import { namingCases } from "../findings/cases.ts";
import { compareFindings, type Finding } from "../findings/finding.ts";
import { addBeside } from "../findings/runtimes.ts";
import type { Waiver } from "../findings/waivers.ts";
import type { ImageFacts } from "../image/facts.ts";
import { profileHash } from "../profiles/hash.ts";
import type { FactsKind, Profile } from "../profiles/profile.ts";
import { type Judgement, joinJudgements } from "../rules/apply.ts";
import { hideSecrets, hideValues } from "../rules/secrets.ts";
import type { Recording } from "../run/recording.ts";
import { packageVersion } from "../system/package.ts";
import { applyBaseline, type Baseline } from "./baseline.ts";
import { combine, newUnit, settleUnits, type Unit } from "./settle.ts";
import type { Settings } from "./suppressions.ts";

/** One runtime of the test with what the rules said of its runs; nothing where it could not be run. */
export interface JudgedRuntime
  extends Pick<RuntimeColumn, "runtime" | "decides" | "startedWith" | "imitated" | "problem"> {
  readonly judgement: Judgement | undefined;
}

/** Receives what a user may want to watch; it decides nothing. */
export interface ProgressSink {
  start(step: StepId | "publish", label: string): void;
  /** The last line that a program printed. */
  detail(text: string): void;
  done(step: Step): void;
}

export interface StepOutcome {
  readonly detail: string;
  readonly findings: number;
}

/** A step that turned out to show nothing, through no fault of the project, and why. */
export interface NothingShown {
  readonly notAssessed: string;
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
  /** Without what the project adds: a reviewer has no other. */
  readonly #placeProfile: Profile;
  readonly #progress: ProgressSink;
  readonly #startedAt = new Date();
  readonly #steps: Step[] = [];
  readonly #units: Unit[];
  readonly #missing = new Map<FactsKind, string>();
  readonly #notes: string[] = [];
  #runtimes: readonly JudgedRuntime[] = [];
  #failure: PratiqueError | undefined;

  subject: Subject;
  baseline: Baseline | undefined;
  recording: Recording | null = null;
  others: readonly Recording[] = [];
  expectations: readonly CaseExpectations[] = [];
  build: BuildProvenance | null = null;
  image: ImageSummary | null = null;
  inventory: InventorySummary | undefined;
  contents: ContentsSummary | undefined;
  space: SpaceSummary | undefined;
  fitness: FitnessSummary | undefined;
  vulnerabilities: VulnerabilitySummary | undefined;
  engine: EngineSummary | null = null;
  files: readonly JudgedFile[] | undefined;
  readonly #tools = new Map<string, string>([["node", process.versions.node]]);

  constructor(command: string, name: string, settings: Settings, progress: ProgressSink) {
    this.#command = command;
    this.#profile = settings.profile;
    this.#placeProfile = settings.placeProfile ?? settings.profile;
    this.#units = [newUnit(settings, "")];
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

  /** When the command began. */
  get startedAt(): Date {
    return this.#startedAt;
  }

  /** What rules said of the unit up to now, before anything is waived or joined. */
  get findings(): readonly Finding[] {
    return this.#unit.judgements.flatMap(({ findings }) => findings);
  }

  /** The first error of the machine or the user that kept a step from being done. */
  get failure(): PratiqueError | undefined {
    return this.#failure;
  }

  get #unit(): Unit {
    const unit = this.#units.at(-1);
    if (unit === undefined) throw new Error("a collector always has a unit");
    return unit;
  }

  /** What is judged from here on belongs to another project or file. */
  startUnit(settings: Settings, prefix: string): void {
    const unit = newUnit(settings, prefix);
    if (this.#unit.judgements.length === 0) this.#units.pop();
    this.#units.push(unit);
  }

  judge(judgement: Judgement): number {
    this.#unit.judgements.push(judgement);
    return judgement.findings.length;
  }

  /** What the test runs in each runtime came to. They are judged apart, and the verdict is made of those that decide. */
  useRuntimes(runtimes: readonly JudgedRuntime[]): void {
    this.#runtimes = runtimes;
  }

  /** Takes in what comments in the unit's files pass over. */
  waive(waivers: readonly Waiver[]): void {
    this.#unit.waivers.push(...waivers);
  }

  note(text: string): void {
    if (!this.#notes.includes(text)) this.#notes.push(text);
  }

  /**
   * Does one step. A `PratiqueError` other than an interruption becomes a failed step, so that what was found before
   * is still reported; anything else is a defect and goes on.
   */
  async step(id: StepId, label: string, work: () => Promise<StepOutcome | NothingShown>): Promise<boolean> {
    this.#progress.start(id, label);
    const start = process.hrtime.bigint();
    const seconds = (): number => Number((process.hrtime.bigint() - start) / 10_000_000n) / 100;
    try {
      const outcome = await work();
      if ("notAssessed" in outcome) {
        this.#leave(id, seconds(), outcome.notAssessed);
        return false;
      }
      const { detail, findings } = outcome;
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
    this.#leave(id, 0, reason);
  }

  #leave(id: StepId, seconds: number, reason: string): void {
    this.#finish({ id, status: "not-assessed", detail: "", findings: 0, seconds, reason });
    this.miss(id, reason);
  }

  miss(id: StepId, reason: string): void {
    for (const kind of STEP_KINDS[id]) {
      const judged = this.#units.some(({ judgements }) => judgements.some((one) => one.kind === kind));
      if (!judged) this.missKind(kind, reason);
    }
  }

  /** One of several files could not be read: the rest is reported, and nothing of its kind counts as shown. */
  fail(error: PratiqueError, kind: FactsKind): void {
    this.#failure ??= error;
    this.note(error.message);
    this.missKind(kind, error.message);
  }

  /** Says that facts of a kind were not read, all or some of them: then they show nothing. */
  missKind(kind: FactsKind, reason: string): void {
    this.#missing.set(kind, reason);
  }

  #finish(step: Step): void {
    this.#steps.push(step);
    this.#progress.done(step);
  }

  /** Says that a program took part; one whose version is not known is listed all the same. */
  useTool(name: string, version: string | undefined): void {
    this.#tools.set(name, version ?? "unknown");
  }

  useEngine(engine: Engine): void {
    const { info, adjustments } = engine;
    this.useTool(info.name, info.version);
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
      entrypoint: facts.entrypoint.map(hideSecrets),
      command: facts.command.map(hideSecrets),
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

  /** All findings and requirements as they are with these test runs and no others. */
  async #settle(
    run: Judgement | undefined,
    today: string,
    column?: JudgedRuntime,
  ): Promise<Pick<RuntimeColumn, "findings" | "requirements">> {
    const last = this.#unit;
    const judged = run === undefined ? last : { ...last, judgements: [...last.judgements, run] };
    const units = [...this.#units.slice(0, -1), judged];
    const settled = await settleUnits(units, today);
    const findings = this.baseline === undefined ? settled : applyBaseline(settled, this.baseline);
    const missing = new Map(this.#missing);
    if (column !== undefined && column.problem !== "") missing.set("run", column.problem);
    const requirements = assessRequirements({
      profile: this.#profile,
      judgements: combine(units.flatMap(({ judgements }) => judgements)),
      findings,
      missing,
      ...(column === undefined ? {} : { runtime: column.runtime }),
    });
    return { findings, requirements };
  }

  /** Rules that speak for what the settings expect, and not for the place. */
  #expectationRules(): ReadonlySet<string> {
    const rules = this.#runtimes.flatMap(({ judgement }) => judgement?.rules ?? []);
    return new Set(rules.filter(({ category }) => category === "expectations").map(({ id }) => id));
  }

  async report(): Promise<Report> {
    const today = this.#startedAt.toISOString().slice(0, 10);
    const columns: RuntimeColumn[] = [];
    for (const one of this.#runtimes) {
      const { judgement, ...rest } = one;
      columns.push({ ...rest, ...(await this.#settle(judgement, today, one)) });
    }
    const deciding = this.#runtimes.flatMap(({ decides, judgement }) => (decides ? (judgement ?? []) : []));
    const whole = await this.#settle(joinJudgements(deciding), today);
    const beside = columns.filter(({ decides }) => !decides).map(({ findings }) => findings);
    const cases = [...new Set(this.expectations.flatMap((one) => one.case ?? []))];
    const findings = addBeside(whole.findings, beside)
      .map((finding) => namingCases(finding, cases))
      .sort(compareFindings);
    const requirements = columns.length === 0 ? whole.requirements : overall(this.#profile, columns);
    const verdict = decideVerdict(requirements, findings);
    const profile = this.#placeProfile;
    return {
      schema: REPORT_SCHEMA,
      command: this.#command,
      tool: { name: "pratique", version: packageVersion() },
      verdict,
      summary: summarise(verdict, requirements, findings, this.#profile.place, this.#expectationRules()),
      profile: {
        id: this.#profile.id,
        title: this.#profile.title,
        version: this.#profile.version,
        documentsRead: this.#profile.documentsRead,
        // Worked out when it is asked for: a lint that is shown on the screen need not wait for it.
        get sha256() {
          return profileHash(profile);
        },
      },
      subject: this.subject,
      ...(this.files === undefined ? {} : { files: this.files }),
      tools: [...this.#tools].map(([name, version]) => ({ name, version })),
      steps: this.#steps,
      requirements,
      findings,
      recording: this.recording,
      others: this.others,
      expectations: this.expectations,
      runtimes: columns.map((column) => runtimeResult(column, this.#profile)),
      build: this.build,
      image: this.image,
      ...(this.inventory === undefined ? {} : { inventory: this.inventory }),
      ...(this.contents === undefined ? {} : { contents: this.contents }),
      ...(this.space === undefined ? {} : { space: this.space }),
      ...(this.fitness === undefined ? {} : { fitness: this.fitness }),
      ...(this.vulnerabilities === undefined ? {} : { vulnerabilities: this.vulnerabilities }),
      engine: this.engine,
      notes: this.#notes,
      times: {
        startedAt: this.#startedAt.toISOString(),
        seconds: Math.round((Date.now() - this.#startedAt.getTime()) / 10) / 100,
      },
    };
  }
}
