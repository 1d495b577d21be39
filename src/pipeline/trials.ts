import { stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Config } from "../config/config.ts";
import type { Engine } from "../engine/engine.ts";
import { recorderPath } from "../engine/recorder.ts";
import { PratiqueError } from "../errors.ts";
import type { ImageFacts } from "../image/facts.ts";
import { type AskedRuntimes, chooseRuntimes } from "../profiles/find.ts";
import type { NamedRuntime, Profile } from "../profiles/profile.ts";
import { type Judgement, joinJudgements } from "../rules/apply.ts";
import type { Recording } from "../run/recording.ts";
import { type TestCase, type Trial, trialName, trialsOf } from "../run/trial.ts";
import { removeTree, type Workspace } from "../system/workspace.ts";
import type { JudgedRuntime, StepOutcome } from "./collector.ts";
import { judge, type StepContext } from "./judge.ts";

/** What came of one trial: a recording with what the rules say of it, or why there is none. */
interface TrialRun {
  readonly trial: Trial;
  readonly recording?: Recording;
  readonly judgement?: Judgement;
  readonly problem: string;
}

/** Runs every test case in every runtime that was asked for, and lets the rules judge each run. */
export async function testIn(
  engine: Engine,
  image: ImageFacts,
  asked: AskedRuntimes,
  workspace: Workspace,
  context: StepContext,
): Promise<StepOutcome> {
  const { collector, config, profile } = context;
  const named = asked.named ?? config.test.runtimes;
  const runtimes = chooseRuntimes(profile, { ...asked, named });
  await checkData(config);
  noteLimits(engine, context);
  const runs: TrialRun[] = [];
  for (const trial of trialsOf(runtimes, casesOf(config)))
    runs.push(await tryTrial(engine, image, trial, runs.length === 0, workspace, context));
  const recordings = runs.flatMap(({ recording }) => recording ?? []);
  collector.recording = recordings[0] ?? null;
  collector.others = recordings.slice(1);
  const judged = runtimes.map(({ runtime, decides }): JudgedRuntime => {
    const own = runs.filter(({ trial }) => trial.runtime.id === runtime.id);
    return {
      runtime,
      decides,
      startedWith: `${engine.info.name} ${engine.info.version}`,
      imitated: runtime.startedBy.value !== engine.info.name,
      problem: own.find(({ problem }) => problem !== "")?.problem ?? "",
      judgement: joinJudgements(own.flatMap(({ judgement }) => judgement ?? [])),
    };
  });
  collector.useRuntimes(judged);
  const deciding = joinJudgements(
    judged.flatMap(({ decides, judgement }) => (decides ? (judgement ?? []) : [])),
  );
  return { detail: detailOf(runs), findings: deciding?.findings.length ?? 0 };
}

/** The cases of the settings: as yet there is one. */
const casesOf = (config: Config): TestCase[] => [{ name: undefined, settings: config.test }];

function detailOf(runs: readonly TrialRun[]): string {
  const [first] = runs;
  const parts = runs.map(
    ({ trial, recording }) => `${trialName(trial)} ${recording === undefined ? "not run" : endOf(recording)}`,
  );
  if (first?.recording === undefined || runs.length > 1) return parts.join(", ");
  const { runtime } = first.trial;
  return `${runtime.id}, user ${runtime.user.value}, ${endOf(first.recording)}`;
}

function endOf(recording: Recording): string {
  const { code, signal, cause } = recording.exit;
  if (cause === "time-limit") return "stopped at the time limit";
  if (cause === "memory") return "killed for memory";
  if (signal !== null) return `ended by ${signal}`;
  return code === null ? "not started" : `exit ${code}`;
}

/** What only stands beside the verdict must not keep the rest from being told. */
async function tryTrial(
  engine: Engine,
  image: ImageFacts,
  trial: Trial,
  leading: boolean,
  workspace: Workspace,
  context: StepContext,
): Promise<TrialRun> {
  try {
    const recording = await record(engine, image, trial, leading, workspace, context);
    const judgement = await judge("run", { recording, image }, context);
    return { trial, recording, judgement: asSeenIn(trial.runtime, judgement, context.profile), problem: "" };
  } catch (error) {
    if (!(error instanceof PratiqueError) || error.code === "interrupted" || trial.decides) throw error;
    context.collector.note(`The job was not run in ${trialName(trial)}: ${error.message}`);
    return { trial, problem: error.message };
  }
}

/** A run of what is only foreseen speaks for statements that are foreseen, and no other run does. */
function asSeenIn(runtime: NamedRuntime, judgement: Judgement, profile: Profile): Judgement {
  const foreseen = new Set(
    profile.statements.filter(({ force }) => force === "foreseen").map(({ id }) => id),
  );
  const belongs = (requirements: readonly string[]): boolean =>
    runtime.foreseen === true
      ? requirements.some((id) => foreseen.has(id))
      : requirements.length === 0 || requirements.some((id) => !foreseen.has(id));
  return {
    ...judgement,
    findings: judgement.findings
      .filter(({ requirements }) => belongs(requirements))
      .map((finding) => ({ ...finding, runtimes: [runtime.id] })),
  };
}

function noteLimits(engine: Engine, { collector, config }: StepContext): void {
  if (config.test.data === undefined) {
    collector.note(
      "No test data was given (test.data in pratique.yaml): /safe_data was empty during the test.",
    );
  }
  if (engine.info.rootless && engine.info.cgroupVersion === "v1") {
    collector.note(
      "Limits of memory and processes were not in force: a rootless engine cannot set them here (cgroup v1).",
    );
  }
}

async function checkData(config: Config): Promise<void> {
  const { data } = config.test;
  if (data === undefined) return;
  const isFolder = await stat(data)
    .then((info) => info.isDirectory())
    .catch(() => false);
  if (isFolder) return;
  throw new PratiqueError(
    "config.invalid",
    `The test data “${relative(process.cwd(), data) || data}” is not a folder.`,
    {
      hint: "Correct test.data in pratique.yaml: it names the folder that is mounted at /safe_data.",
    },
  );
}

async function record(
  engine: Engine,
  image: ImageFacts,
  trial: Trial,
  leading: boolean,
  workspace: Workspace,
  context: StepContext,
): Promise<Recording> {
  const { collector, profile } = context;
  const [{ planRun }, { executeRun, prepareFolders }] = await Promise.all([
    import("../run/plan.ts"),
    import("../run/execute.ts"),
  ]);
  const name = trialName(trial);
  const outputs = join(workspace.output, leading ? "safe_outputs" : `safe_outputs_${name}`);
  await removeTree(outputs);
  const { data } = trial.case.settings;
  const folders = await prepareFolders(join(workspace.temporary, name), outputs, data, trial.runtime);
  const recorder = recorderPath(engine.info.architecture);
  if (recorder === undefined) {
    collector.note(
      "The recorder is missing from this installation: what the program tried to do was not observed.",
    );
  }
  const logName = leading ? "test.log" : `test-${name}.log`;
  const plan = planRun({ profile, trial, image, workspace, recorder, folders });
  const recording = await executeRun(engine, plan, {
    logFile: join(workspace.output, logName),
    logName,
    signal: context.signal,
    onLine: (line) => context.progress.detail(line),
  });
  for (const [what, { status, reason }] of Object.entries(recording.coverage)) {
    if (status !== "observed") {
      collector.note(
        `${status === "partial" ? "Only partly observed" : "Not observed"} in the run: ${what} (${reason}).`,
      );
    }
  }
  return recording;
}
