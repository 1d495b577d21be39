import { chmod, lstat, mkdir, readdir, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import type { RunSettings, TestCase } from "../config/config.ts";
import type { Engine } from "../engine/engine.ts";
import { readRecorder } from "../engine/recorder.ts";
import { PratiqueError } from "../errors.ts";
import type { CaseExpectations } from "../evidence/report.ts";
import type { ImageFacts } from "../image/facts.ts";
import { type AskedRuntimes, type ChosenRuntime, chooseRuntimes } from "../profiles/find.ts";
import type { NamedRuntime, Profile } from "../profiles/profile.ts";
import { type Judgement, joinJudgements } from "../rules/apply.ts";
import { endedAsMeant } from "../rules/expectations.ts";
import { NO_EXTRAS, type RunExtras } from "../run/extras.ts";
import { completed, type Recording } from "../run/recording.ts";
import { type Trial, trialName, trialsOf } from "../run/trial.ts";
import { writeWhole } from "../system/files.ts";
import { removeTree, type Workspace } from "../system/workspace.ts";
import type { CesRun, CesRunFiles } from "./ces-run.ts";
import type { JudgedRuntime, StepOutcome } from "./collector.ts";
import { explainAttempts } from "./discover.ts";
import { caseExpectations, chooseCases, factsOfRun, type RunPlaces } from "./expectations.ts";
import { judge, type StepContext } from "./judge.ts";
import type { ManifestRun } from "./manifest-run.ts";
import { isPlacesOwn, type Starter, starterOf } from "./starter.ts";

/** What came of one trial: a recording with what the rules say of it, or why there is none. */
interface TrialRun {
  readonly trial: Trial;
  readonly recording?: Recording;
  readonly judgement?: Judgement;
  readonly expectations?: CaseExpectations | undefined;
  readonly problem: string;
}

/** In which runtimes to test which cases, and what a manifest or the files for `ces-run` add. */
export interface AskedTest {
  readonly runtimes: readonly ChosenRuntime[];
  readonly cases: readonly TestCase[];
  readonly cesRun: CesRun | undefined;
  readonly manifest: ManifestRun | undefined;
}

/** What the command line hands to the test from files. */
export interface AskedFiles {
  readonly cesRun: CesRunFiles;
  /** A job manifest that says how the container is started. */
  readonly manifest: string | undefined;
}

/** Reads what the command line and the settings ask of the test, before anything is built for it. */
export async function readAsked(
  asked: AskedRuntimes,
  askedCases: readonly string[] | undefined,
  { cesRun: files, manifest }: AskedFiles,
  { config, profile }: Pick<StepContext, "config" | "profile">,
): Promise<AskedTest> {
  const named = asked.named ?? config.test.runtimes;
  const runtimes = chooseRuntimes(profile, { ...asked, named });
  const cases = chooseCases(config.cases, askedCases);
  const hasFiles = Object.values(files).some((file) => file !== undefined);
  if (manifest !== undefined) return withManifest(manifest, hasFiles, { runtimes, cases }, profile);
  if (!hasFiles) return { runtimes, cases, cesRun: undefined, manifest: undefined };
  if (runtimes.every(({ runtime }) => runtime.startedBy.value === "kubernetes")) {
    throw new PratiqueError("usage.bad-argument", "Files for ces-run have no part in a Kubernetes job.", {
      hint: "Name a runtime that ces-run starts, for example: --runtime podman",
    });
  }
  const { readCesRun } = await import("./ces-run.ts");
  return { runtimes, cases, cesRun: await readCesRun(files, profile), manifest: undefined };
}

/** The manifest's own words take the place of the profile's and of the settings', in the runtimes of the cluster. */
async function withManifest(
  file: string,
  hasFiles: boolean,
  asked: Pick<AskedTest, "runtimes" | "cases">,
  profile: Profile,
): Promise<AskedTest> {
  if (hasFiles)
    throw new PratiqueError("usage.bad-argument", "A manifest and files for ces-run cannot hold at once.", {
      hint: "ces-run starts no Kubernetes job: give the one or the other.",
    });
  const cluster = asked.runtimes.filter(({ runtime }) => runtime.startedBy.value === "kubernetes");
  const [first] = cluster;
  if (first === undefined)
    throw new PratiqueError("usage.bad-argument", "A job manifest has no part in these runtimes.", {
      hint: "Name one that is a Kubernetes job, for example: --runtime k8s",
    });
  const { readManifestRun } = await import("./manifest-run.ts");
  const manifest = readManifestRun(file, profile);
  return {
    runtimes: cluster.map((one) => ({ ...one, runtime: manifest.runtimeFor(one.runtime) })),
    cases: asked.cases.map((one) => manifest.caseFor(one, first.runtime)),
    cesRun: undefined,
    manifest,
  };
}

/** Runs every test case in every runtime that was asked for, and lets the rules judge each run. */
export async function testIn(
  engine: Engine,
  image: ImageFacts,
  { runtimes, cases, cesRun, manifest }: AskedTest,
  workspace: Workspace,
  context: StepContext,
): Promise<StepOutcome> {
  const { collector, config, profile } = context;
  for (const { settings } of cases) await checkData(settings);
  noteLimits(engine, cases, context);
  for (const { runtime } of runtimes) for (const note of cesRun?.notes(runtime) ?? []) collector.note(note);
  for (const note of manifest?.notes ?? []) collector.note(note);
  const extrasFor = (runtime: NamedRuntime): RunExtras =>
    manifest?.extras ?? cesRun?.extrasFor(runtime) ?? NO_EXTRAS;
  await removeEarlier(workspace, profile);
  // What an earlier test left of cases that are gone by now would be taken for results.
  if (cases.length === config.cases.length) await removeTree(join(workspace.output, OUTPUTS));
  const starters = new Map<string, Starter>();
  const runs: TrialRun[] = [];
  for (const trial of trialsOf(runtimes, cases, extrasFor)) {
    const leading = trial.runtime.id === runtimes[0]?.runtime.id;
    const folder = manifest?.jobName;
    const extras = await withEmptyFolders(trial, manifest?.emptyFolders ?? [], workspace);
    const own = { trial: { ...trial, extras }, leading, folder };
    runs.push(await tryTrial(starters, engine, image, own, workspace, context));
  }
  const recordings = runs.flatMap(({ recording }) => recording ?? []);
  collector.recording = recordings[0] ?? null;
  collector.others = recordings.slice(1);
  collector.expectations = runs.flatMap(({ expectations }) => expectations ?? []);
  const judged = runtimes.map(({ runtime, decides }): JudgedRuntime => {
    const own = runs.filter(({ trial }) => trial.runtime.id === runtime.id);
    const { runner } = starters.get(runtime.startedBy.value) ?? { runner: engine };
    return {
      runtime,
      decides,
      startedWith: `${runner.info.name} ${runner.info.version}`,
      imitated: !isPlacesOwn(runtime, runner),
      problem: own.find(({ problem }) => problem !== "")?.problem ?? "",
      judgement: joinJudgements(judgementsOf(own)),
    };
  });
  collector.useRuntimes(judged);
  const deciding = joinJudgements(
    judged.flatMap(({ decides, judgement }) => (decides ? (judgement ?? []) : [])),
  );
  return { detail: detailOf(runs), findings: deciding?.findings.length ?? 0 };
}

/**
 * A case that is meant to fail can show what is wrong. That the job runs to its end, and what it does until then, is shown
 * by the cases that do: where there is one, a case that is meant to fail leaves nothing open.
 */
function judgementsOf(runs: readonly TrialRun[]): Judgement[] {
  const whole = runs.some(({ recording }) => recording !== undefined && completed(recording));
  return runs.flatMap(({ trial, recording, judgement }) => {
    if (recording === undefined || judgement === undefined) return [];
    const meantToFail = !completed(recording) && endedAsMeant(recording, trial.case.expect);
    return [whole && meantToFail ? { ...judgement, notAssessed: new Map<string, string>() } : judgement];
  });
}

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
  starters: Map<string, Starter>,
  engine: Engine,
  image: ImageFacts,
  { trial, leading, folder }: { trial: Trial; leading: boolean; folder: string | undefined },
  workspace: Workspace,
  context: StepContext,
): Promise<TrialRun> {
  try {
    const by = trial.runtime.startedBy.value;
    const starter = starters.get(by) ?? (await starterOf(trial.runtime, engine, image, workspace, context));
    starters.set(by, starter);
    const { profile, signal } = context;
    const places = placesOf(trial, leading, workspace);
    const recording = await record(engine, starter, image, trial, places, workspace, context);
    const results = { ...places, outputs: await resultsIn(places.outputs, folder, context) };
    const facts = await factsOfRun(trial, recording, image, results, profile, signal);
    return {
      trial,
      recording,
      judgement: asSeenIn(trial, await judge("run", facts, context), profile),
      expectations: caseExpectations(trial, facts, profile),
      problem: "",
    };
  } catch (error) {
    if (!(error instanceof PratiqueError) || error.code === "interrupted" || trial.decides) throw error;
    context.collector.note(`The job was not run in ${trialName(trial)}: ${error.message}`);
    return { trial, problem: error.message };
  }
}

/** A run of what is only foreseen speaks for statements that are foreseen, and no other run does. */
function asSeenIn({ runtime, case: { name } }: Trial, judgement: Judgement, profile: Profile): Judgement {
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
      .map((finding) => ({
        ...finding,
        runtimes: [runtime.id],
        ...(name === undefined ? {} : { cases: [name] }),
      })),
  };
}

/** Results of a runtime that is not tried this time must not lie beside those of now. */
async function removeEarlier({ output }: Workspace, { runtimes }: Profile): Promise<void> {
  const ids = Object.keys(runtimes).join("|");
  const ours = new RegExp(
    `^(?:safe_outputs_(?:${ids})(?:-[a-z0-9-]+)?|test-(?:${ids})(?:-[a-z0-9-]+)?\\.log)$`,
  );
  for (const name of await readdir(output)) if (ours.test(name)) await removeTree(join(output, name));
}

function noteLimits(engine: Engine, cases: readonly TestCase[], { collector }: StepContext): void {
  if (cases.some(({ settings }) => settings.data === undefined)) {
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

async function checkData({ data }: RunSettings): Promise<void> {
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

/**
 * Where the job made a folder of its own for its results, as a manifest has it, they are looked for there. A folder that
 * stayed empty tells that the program wrote beside it.
 */
async function resultsIn(
  outputs: string,
  name: string | undefined,
  { collector, profile }: StepContext,
): Promise<string> {
  if (name === undefined) return outputs;
  const own = join(outputs, name);
  // A link could lead anywhere.
  const info = await lstat(own).catch(() => undefined);
  if (info?.isDirectory() !== true) return outputs;
  if ((await readdir(own).catch(() => [])).length > 0) return own;
  if ((await readdir(outputs)).length > 1)
    collector.note(
      `The job's own folder stayed empty: the program wrote to ${profile.directories.outputs.value} itself, which is one folder for all your jobs there, and the next job writes over it.`,
    );
  return outputs;
}

/**
 * Folders of this machine and no tmpfs: over a folder of the image, Docker's tmpfs has that folder's rights (measured, 20.10),
 * and a pod's is for everybody to write.
 */
async function withEmptyFolders(
  trial: Trial,
  targets: readonly string[],
  { temporary }: Workspace,
): Promise<RunExtras> {
  const { extras } = trial;
  const mounts = targets.map((target, index) => ({
    source: join(temporary, trialName(trial), `empty-${index}`),
    target,
    readOnly: false,
  }));
  for (const { source } of mounts) {
    await mkdir(source, { recursive: true });
    await chmod(source, 0o777);
  }
  return mounts.length === 0 ? extras : { ...extras, mounts: [...extras.mounts, ...mounts] };
}

const OUTPUTS = "safe_outputs";

/** The runs of the first runtime have the plain names; a case has a folder and a log of its own. */
function placesOf(trial: Trial, leading: boolean, { output }: Workspace): RunPlaces {
  const { name } = trial.case;
  if (!leading) {
    const own = trialName(trial);
    return { outputs: join(output, `${OUTPUTS}_${own}`), logFile: join(output, `test-${own}.log`) };
  }
  return name === undefined
    ? { outputs: join(output, OUTPUTS), logFile: join(output, "test.log") }
    : { outputs: join(output, OUTPUTS, name), logFile: join(output, `test-${name}.log`) };
}

async function record(
  engine: Engine,
  { runner, adapt }: Starter,
  image: ImageFacts,
  trial: Trial,
  places: RunPlaces,
  workspace: Workspace,
  context: StepContext,
): Promise<Recording> {
  const { collector, profile } = context;
  const [{ planRun }, { executeRun }, { prepareFolders }] = await Promise.all([
    import("../run/plan.ts"),
    import("../run/execute.ts"),
    import("../run/folders.ts"),
  ]);
  const name = trialName(trial);
  context.progress.detail(`now in ${name}`);
  const { outputs, logFile } = places;
  await removeTree(outputs);
  const { data } = trial.case.settings;
  const temporary = join(workspace.temporary, name);
  const folders = await prepareFolders(temporary, outputs, data, trial.runtime);
  const recorder = await placeRecorder(engine.info.architecture, temporary);
  if (recorder === undefined) {
    collector.note(
      "The recorder is missing from this installation: what the program tried to do was not observed.",
    );
  } else {
    collector.useTool("pratique-recorder", `sha256:${recorder.sha256}`);
  }
  const plan = adapt(planRun({ profile, trial, image, workspace, recorder: recorder?.path, folders }));
  const seen = await executeRun(runner, plan, {
    logFile,
    logName: basename(logFile),
    signal: context.signal,
    onLine: (line) => context.progress.detail(line),
  });
  const recording = trial.decides ? await explainAttempts(runner, plan, seen, workspace, context) : seen;
  for (const [what, { status, reason }] of Object.entries(recording.coverage)) {
    if (status !== "observed") {
      collector.note(
        `${status === "partial" ? "Only partly observed" : "Not observed"} in the run (${name}): ${what} (${reason}).`,
      );
    }
  }
  return recording;
}

/**
 * Puts a copy of the recorder where the container may start it: what runs is what was checked, and whether the job's user
 * could read the package does not matter.
 */
async function placeRecorder(
  architecture: string,
  folder: string,
): Promise<{ readonly path: string; readonly sha256: string } | undefined> {
  const recorder = await readRecorder(architecture);
  if (recorder === undefined) return undefined;
  const path = join(folder, "recorder");
  await writeWhole(path, recorder.program, 0o755);
  return { path, sha256: recorder.sha256 };
}
