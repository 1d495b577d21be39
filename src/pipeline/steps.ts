import { stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { stageContext } from "../build/stage.ts";
import type { Config } from "../config/config.ts";
import { parseImageReference } from "../dockerfile/image-reference.ts";
import { type Engine, OWNER_LABEL, RUN_LABEL } from "../engine/engine.ts";
import { recorderPath } from "../engine/recorder.ts";
import { PratiqueError } from "../errors.ts";
import { plural, sizeOf } from "../findings/counting.ts";
import type { ImageFacts } from "../image/facts.ts";
import { defaultRuntime } from "../profiles/find.ts";
import { safeDirectories } from "../profiles/profile.ts";
import type { Judgement } from "../rules/apply.ts";
import type { ProjectFacts } from "../rules/rule.ts";
import { hideValues } from "../rules/secrets.ts";
import type { Recording } from "../run/recording.ts";
import { removeTree, type Workspace } from "../system/workspace.ts";
import { judge, type StepContext } from "./judge.ts";
import type { ProjectPlace, ReadDockerfile } from "./project.ts";

export interface BuiltImage {
  readonly id: string;
  readonly reference: string;
}

/** Builds the project from a copy of what belongs to its context, and keeps how it was done. */
export async function build(
  engine: Engine,
  place: ProjectPlace,
  read: ReadDockerfile,
  facts: ProjectFacts,
  workspace: Workspace,
  context: StepContext,
): Promise<{ image: BuiltImage | undefined; detail: string; findings: number }> {
  const { collector, config, profile, signal } = context;
  const start = performance.now();
  const staged = await stageContext(facts.context, join(workspace.temporary, "context"), signal);
  const reference = `localhost/pratique/${slug(place.name)}:check`;
  const logName = "build.log";
  const tail: string[] = [];
  let instruction: string | undefined;
  const onLine = (line: string): void => {
    if (line.trim() !== "") tail.push(line.slice(0, 1000));
    if (tail.length > 40) tail.shift();
    instruction = stepText(line) ?? instruction;
    context.progress.detail(line);
  };
  let id: string | undefined;
  let failure: PratiqueError | undefined;
  try {
    id = await engine.build(
      {
        context: staged.folder,
        dockerfile: read.absolute,
        tag: reference,
        idFile: join(workspace.temporary, "image-id"),
        platform: profile.platform.value,
        network: config.build.network,
        target: config.build.target,
        args: config.build.args,
        labels: {},
      },
      { signal, onLine, outputFile: join(workspace.output, logName) },
    );
  } catch (error) {
    if (!(error instanceof PratiqueError) || error.code !== "engine.failed" || !isBuildError(tail))
      throw error;
    failure = error;
  }
  const findings = collector.judge(
    await judge(
      "build",
      { succeeded: failure === undefined, tail, instruction, dockerfile: facts.dockerfile },
      context,
    ),
  );
  if (id === undefined) return { image: undefined, detail: `stopped; see ${logName}`, findings };

  const external = facts.stages.filter((stage) => stage.parent === undefined && stage.base !== "scratch");
  const bases = await Promise.all(
    [...new Set(external.map((stage) => stage.base))].map(async (base) => ({
      reference: base,
      digest: parseImageReference(base).digest ?? (await engine.repositoryDigest(base)) ?? null,
    })),
  );
  const seconds = Math.round(performance.now() - start) / 1000;
  collector.build = {
    platform: profile.platform.value,
    dockerfileSha256: read.sha256,
    contextSha256: staged.sha256,
    contextFiles: staged.files,
    contextBytes: staged.bytes,
    arguments: hideValues(config.build.args),
    bases,
    imageId: id,
    log: logName,
    seconds,
  };
  return {
    image: { id, reference },
    detail: `${reference.replace("localhost/pratique/", "")} ${id.slice(0, 19)}…`,
    findings,
  };
}

/** `STEP 3/7: RUN ...` (Podman), `Step 3/7 : RUN ...` (Docker), `#8 [4/7] RUN ...` (BuildKit). */
function stepText(line: string): string | undefined {
  return (
    /^STEP \d+\/\d+: (.*)$/.exec(line)?.[1] ??
    /^Step \d+\/\d+ : (.*)$/.exec(line)?.[1] ??
    /^#\d+ \[(?:\S+ )?\s*\d+\/\d+\] (.*)$/.exec(line)?.[1]
  );
}

/** Whether a failed build is the project's own doing: the engine had begun to work on the instructions. */
const isBuildError = (tail: readonly string[]): boolean =>
  tail.some((line) => stepText(line) !== undefined) &&
  !tail.some((line) => /OCI runtime|OCI permission|setrlimit|runc create failed/i.test(line));

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60) || "project";

/** Reads the image and lets the rules judge it. */
export async function inspect(
  engine: Engine,
  reference: string,
  named: string,
  workspace: Workspace,
  context: StepContext,
): Promise<{ facts: ImageFacts; detail: string; findings: number }> {
  const { inspectImage } = await import("../image/inspect.ts");
  const read = await inspectImage(engine, reference, {
    directories: safeDirectories(context.profile),
    labels: { [RUN_LABEL]: workspace.id, [OWNER_LABEL]: workspace.owner },
    signal: context.signal,
  });
  const facts: ImageFacts = { ...read, reference: named };
  context.collector.useImage(facts);
  if (facts.treeProblem !== undefined) {
    context.collector.note(`The files in the image were not looked at: ${facts.treeProblem}.`);
  }
  const findings = context.collector.judge(await judge("image", facts, context));
  const files = facts.tree === undefined ? "files not read" : plural(facts.tree.files, "file");
  return { facts, detail: `${files}, ${plural(facts.layers, "layer")}, ${sizeOf(facts.size)}`, findings };
}

/** Runs the image as the profile's runtime would, once more with a read-only root where that is asked for. */
export async function test(
  engine: Engine,
  facts: ImageFacts,
  foreseen: boolean,
  workspace: Workspace,
  context: StepContext,
): Promise<{ detail: string; findings: number }> {
  const { collector, config, profile } = context;
  await checkData(config);
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
  const recording = await record(engine, facts, false, workspace, context);
  collector.recording = recording;
  let judgement = await judge("run", { recording, image: facts }, context);
  if (foreseen) {
    const second = await record(engine, facts, true, workspace, context);
    collector.foreseen = second;
    judgement = joinForeseen(judgement, await judge("run", { recording: second, image: facts }, context));
  }
  const findings = collector.judge(judgement);
  const { id, runtime } = defaultRuntime(profile);
  return { detail: `${id}, user ${runtime.user.value}, ${endOf(recording)}`, findings };
}

/** The one rule that the second run is made for; everything else is decided by the first. */
const FORESEEN_RULE = "read-only-root";

function joinForeseen(first: Judgement, second: Judgement): Judgement {
  const notAssessed = new Map(first.notAssessed);
  notAssessed.delete(FORESEEN_RULE);
  const reason = second.notAssessed.get(FORESEEN_RULE);
  if (reason !== undefined) notAssessed.set(FORESEEN_RULE, reason);
  return {
    ...first,
    findings: [...first.findings, ...second.findings.filter((finding) => finding.rule === FORESEEN_RULE)],
    notAssessed,
  };
}

function endOf(recording: Recording): string {
  const { code, signal, cause } = recording.exit;
  if (cause === "time-limit") return "stopped at the time limit";
  if (cause === "memory") return "killed for memory";
  if (signal !== null) return `ended by ${signal}`;
  return code === null ? "not started" : `exit ${code}`;
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
  readOnlyRoot: boolean,
  workspace: Workspace,
  context: StepContext,
): Promise<Recording> {
  const { collector, config, profile } = context;
  const [{ planRun }, { executeRun, prepareFolders }] = await Promise.all([
    import("../run/plan.ts"),
    import("../run/execute.ts"),
  ]);
  const name = readOnlyRoot ? "foreseen" : "test";
  const outputs = join(workspace.output, readOnlyRoot ? "safe_outputs_foreseen" : "safe_outputs");
  await removeTree(outputs);
  const folders = await prepareFolders(join(workspace.temporary, name), outputs, config.test.data);
  const recorder = recorderPath(engine.info.architecture);
  if (recorder === undefined) {
    collector.note(
      "The recorder is missing from this installation: what the program tried to do was not observed.",
    );
  }
  const { id, runtime } = defaultRuntime(profile);
  const plan = planRun({
    profile,
    runtimeId: id,
    runtime,
    image,
    config,
    workspace,
    recorder,
    readOnlyRoot,
    folders,
  });
  const recording = await executeRun(engine, plan, {
    logFile: join(workspace.output, `${name}.log`),
    logName: `${name}.log`,
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
