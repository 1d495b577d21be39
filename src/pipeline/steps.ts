import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { stageContext } from "../build/stage.ts";
import { parseImageReference } from "../dockerfile/image-reference.ts";
import type { Dockerfile } from "../dockerfile/model.ts";
import type { Engine } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import type { ProjectFacts } from "../rules/rule.ts";
import { hideSecrets, hideValues } from "../rules/secrets.ts";
import { isFile, writeWhole } from "../system/files.ts";
import { LONGEST_LINE } from "../system/lines.ts";
import type { Workspace } from "../system/workspace.ts";
import { judge, type StepContext } from "./judge.ts";
import type { ProjectPlace, ReadDockerfile } from "./project.ts";

export interface BuiltImage {
  readonly id: string;
  readonly reference: string;
  /** The image that its last stage was built from; `scratch` for none. */
  readonly base?: string | undefined;
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
    const shown = hideSecrets(line.slice(0, LONGEST_LINE));
    if (line.trim() !== "") tail.push(shown.slice(0, 1000));
    if (tail.length > 40) tail.shift();
    instruction = stepText(line) ?? instruction;
    context.progress.detail(shown);
  };
  // Engines print each instruction with the values in it: what stays and may be handed on is a copy without secrets.
  const printed = join(workspace.temporary, logName);
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
      { signal, onLine, outputFile: printed },
    );
  } catch (error) {
    if (error instanceof PratiqueError && needsBuildKit(tail, facts.dockerfile)) throw withoutBuildKit(error);
    if (!(error instanceof PratiqueError) || error.code !== "engine.failed" || !isBuildError(tail))
      throw error;
    failure = error;
  } finally {
    await writeWhole(join(workspace.output, logName), withoutSecrets(printed));
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
    image: { id, reference, base: baseOf(facts, config.build.target) },
    detail: `${reference.replace("localhost/pratique/", "")} ${id.slice(0, 19)}…`,
    findings,
  };
}

/** The lines of a file that may be long, with their ends; there is none where the engine could not even be started. */
async function* withoutSecrets(path: string): AsyncGenerator<string> {
  if (!(await isFile(path))) return;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity }))
    yield `${hideSecrets(line.slice(0, LONGEST_LINE))}\n`;
}

/** The image below the stage that is built, through the stages that it stands on. */
function baseOf({ stages }: ProjectFacts, target: string | undefined): string | undefined {
  const wanted = target?.toLowerCase();
  let stage =
    wanted === undefined
      ? stages.at(-1)
      : stages.find((one, index) => one.stage.name?.toLowerCase() === wanted || String(index) === wanted);
  while (stage?.parent !== undefined) stage = stage.parent;
  return stage?.base === "" ? undefined : stage?.base;
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

/** Docker's classic builder, in whose place BuildKit is wanted: it knows neither mounts nor here-documents. */
function needsBuildKit(tail: readonly string[], { instructions }: Dockerfile): boolean {
  if (tail.some((line) => /\brequires BuildKit\b/.test(line))) return true;
  return (
    tail.some((line) => /dockerfile parse error.*unknown instruction/i.test(line)) &&
    instructions.some(({ heredocs }) => heredocs.length > 0)
  );
}

const withoutBuildKit = (cause: PratiqueError): PratiqueError =>
  new PratiqueError(
    "engine.failed",
    "Docker cannot build this Dockerfile on this machine: it uses what only Docker's newer builder, BuildKit, knows (mounts or here-documents).",
    { hint: "Install Docker's plugin “buildx”, or let Podman build: --engine podman.", cause },
  );

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60) || "project";
