import { removeOrphans, removeRun } from "../engine/clean.ts";
import { findEngine } from "../engine/detect.ts";
import type { Engine } from "../engine/engine.ts";
import { forget, provenEngine } from "../engine/proven.ts";
import { imageTarget } from "../image/sources/target.ts";
import { askedFor } from "../rules/asked-models.ts";
import { gitState } from "../system/git.ts";
import { openWorkspace, type Workspace } from "../system/workspace.ts";
import { Collector } from "./collector.ts";
import { type CommandOptions, type CommandResult, type Opened, openProject, settingsOf } from "./command.ts";
import { type InspectTarget, inspect, notInEngine } from "./inspect.ts";
import { lintStep } from "./lint.ts";
import { dockerfileFacts, locateProject, projectFacts } from "./project.ts";
import { scanStep } from "./scan.ts";
import { readScanInputs, type ScanInputs } from "./scan-inputs.ts";
import * as steps from "./steps.ts";
import type { Settings } from "./suppressions.ts";
import { type AskedTest, readAsked, testIn } from "./trials.ts";

/** The whole way: lint, build, inspect, test, and a report of it all. */
export async function checkCommand(options: CommandOptions): Promise<CommandResult> {
  return withProject("check", options, async (work) => {
    const { collector, opened, workspace, engine, asked } = work;
    const project = await lintStep(collector, opened, options);
    const image = await buildStep(collector, opened, project, engine, workspace, options);
    const facts = await inspectStep(collector, opened, image, engine, options, project);
    await testStep(collector, opened, facts, asked, engine, workspace, options);
    await scanStep({ ...work, facts, options });
  });
}

/** Builds the project's image and nothing more. */
export async function buildCommand(options: CommandOptions): Promise<CommandResult> {
  return withProject("build", options, async ({ collector, opened, workspace, engine }) => {
    const facts = dockerfileFacts(opened.read.dockerfile, opened.config.build.args);
    const project = await projectFacts(facts, opened.place.root, workspace.output);
    await buildStep(collector, opened, project, engine, workspace, options);
  });
}

/** Inspects an image that the engine has, or builds the project's and inspects that. */
export async function inspectCommand(options: CommandOptions): Promise<CommandResult> {
  return withImage("inspect", options, async () => {});
}

/** Tests an image that the engine has, or builds the project's and tests that. */
export async function testCommand(options: CommandOptions): Promise<CommandResult> {
  return withImage("test", options, async ({ collector, opened, workspace, engine, asked }, facts) => {
    await testStep(collector, opened, facts, asked, engine, workspace, options);
  });
}

/** Scans an image that the engine has, or builds the project's and scans that. */
export async function scanCommand(options: CommandOptions): Promise<CommandResult> {
  return withImage("scan", options, (work, facts) => scanStep({ ...work, facts, options }));
}

/** What is known of an image that was named: no project, so no Dockerfile. */
type Policy = Settings | Opened;

interface Work<T extends Policy> {
  readonly collector: Collector;
  readonly opened: T;
  readonly workspace: Workspace;
  /** Settles when the engine is known to work; rejects with what is wrong with it. */
  readonly engine: Promise<Engine>;
  readonly asked: AskedTest;
  readonly inputs: ScanInputs;
}

async function withProject(
  command: string,
  options: CommandOptions,
  work: (w: Work<Opened>) => Promise<void>,
): Promise<CommandResult> {
  const opened = await openProject(options);
  const { place, read } = opened;
  const collector = new Collector(command, place.name, opened, options.progress);
  collector.subject = {
    ...collector.subject,
    dockerfile: read.subject,
    git: await gitState(place.root),
  };
  return inWorkspace(collector, opened, options, work);
}

/** Runs `inspect` or `test` on a project folder or on an image's name. */
async function withImage(
  command: string,
  options: CommandOptions,
  work: (w: Work<Policy>, facts: Awaited<ReturnType<typeof inspectStep>>) => Promise<void>,
): Promise<CommandResult> {
  const source = await imageTarget(options.target);
  if (source !== undefined) {
    if (command !== "inspect") throw notInEngine(options.target);
    return inspectOnly(options, () => Promise.resolve({ source }));
  }
  const isProject = await locateProject(options.target).then(
    () => true,
    () => false,
  );
  if (isProject) {
    return withProject(command, options, async (w) => {
      const facts = dockerfileFacts(w.opened.read.dockerfile, w.opened.config.build.args);
      const project = await projectFacts(facts, w.opened.place.root, w.workspace.output);
      const image = await buildStep(w.collector, w.opened, project, w.engine, w.workspace, options);
      await work(w, await inspectStep(w.collector, w.opened, image, w.engine, options, project));
    });
  }
  if (command === "inspect")
    return inspectOnly(options, async () => ({
      engine: await findEngine(options.engine),
      id: options.target,
    }));
  const opened = await settingsOf(".", options);
  const collector = new Collector(command, options.target, opened, options.progress);
  return inWorkspace(collector, opened, options, async (w) => {
    const image = { id: options.target, reference: options.target };
    await work(w, await inspectStep(collector, opened, image, w.engine, options));
  });
}

/** Inspects an image that is there already. No container is started, so none has to be tried. */
async function inspectOnly(
  options: CommandOptions,
  find: () => Promise<InspectTarget>,
): Promise<CommandResult> {
  const opened = await settingsOf(".", options);
  const collector = new Collector("inspect", options.target, opened, options.progress);
  const context = { ...options, collector, ...opened };
  await collector.step("inspect", options.target, async () => {
    const target = await find();
    if ("engine" in target) collector.useEngine(target.engine);
    return inspect(target, options.target, context);
  });
  return { report: await collector.report(), failOn: opened.config.failOn, failure: collector.failure };
}

/** Opens the engine beside the other work, and leaves nothing behind however the work ends. */
async function inWorkspace<T extends Policy>(
  collector: Collector,
  opened: T,
  options: CommandOptions,
  work: (w: Work<T>) => Promise<void>,
): Promise<CommandResult> {
  const files = { cesRun: options.cesRun ?? {}, manifest: options.manifest };
  const asked = await readAsked(options.runtimes ?? {}, options.cases, files, opened);
  const inputs = await readScanInputs(options.scan);
  const workspace = await openWorkspace(options.output);
  let found: Engine | undefined;
  const engine = openWorkingEngine(
    options,
    workspace,
    (raw) => {
      found = raw;
    },
    (words) => collector.note(words),
  );
  // The first step that needs the engine reports what is wrong with it.
  engine.catch(() => {});
  try {
    await work({ collector, opened, workspace, engine, asked, inputs });
    return { report: await collector.report(), failOn: opened.config.failOn, failure: collector.failure };
  } finally {
    await engine.catch(() => {});
    if (found !== undefined) {
      await removeRun(found, workspace.id);
      if (collector.failure?.code.startsWith("engine.") === true) await forget(found.info);
    }
    await workspace.dispose().catch(async (error: unknown) => {
      // Files of the job's user, which the recorder had no time to open up.
      if (found === undefined || !(await found.removeFolder(workspace.temporary))) throw error;
      await workspace.dispose();
    });
  }
}

async function openWorkingEngine(
  options: CommandOptions,
  workspace: Workspace,
  onFound: (engine: Engine) => void,
  onStaying: (words: string) => void,
): Promise<Engine> {
  const raw = await findEngine(options.engine);
  onFound(raw);
  await removeOrphans(raw);
  for (const folder of await workspace.clearLeft((path) => raw.removeFolder(path)))
    onStaying(`What an earlier run left in ${folder} could not be removed.`);
  return provenEngine(raw, { id: workspace.id, owner: workspace.owner }, options.signal);
}

async function buildStep(
  collector: Collector,
  opened: Opened,
  project: Awaited<ReturnType<typeof projectFacts>> | undefined,
  engine: Promise<Engine>,
  workspace: Workspace,
  options: CommandOptions,
): Promise<steps.BuiltImage | undefined> {
  if (project === undefined) {
    collector.skip("build", "The project's files could not be read.");
    return undefined;
  }
  const context = { ...options, collector, config: opened.config, profile: opened.profile };
  let built: steps.BuiltImage | undefined;
  await collector.step("build", opened.place.name, async () => {
    const ready = await engine;
    collector.useEngine(ready);
    const { image, ...outcome } = await steps.build(
      ready,
      opened.place,
      opened.read,
      project,
      workspace,
      context,
    );
    built = image;
    return outcome;
  });
  return built;
}

async function inspectStep(
  collector: Collector,
  opened: Policy,
  image: steps.BuiltImage | undefined,
  engine: Promise<Engine>,
  options: CommandOptions,
  project?: Awaited<ReturnType<typeof projectFacts>>,
) {
  if (image === undefined) {
    collector.skip("inspect", "The image was not built, so it could not be inspected.");
    return undefined;
  }
  const context = { ...options, collector, ...opened };
  let facts: Awaited<ReturnType<typeof inspect>>["facts"] | undefined;
  await collector.step("inspect", image.reference, async () => {
    const ready = await engine;
    collector.useEngine(ready);
    const target = { engine: ready, id: image.id, base: image.base };
    const { facts: read, ...outcome } = await inspect(
      target,
      image.reference,
      context,
      project === undefined ? undefined : askedFor(project),
    );
    facts = read;
    return outcome;
  });
  return facts;
}

async function testStep(
  collector: Collector,
  opened: Policy,
  facts: Awaited<ReturnType<typeof inspectStep>>,
  asked: AskedTest,
  engine: Promise<Engine>,
  workspace: Workspace,
  options: CommandOptions,
): Promise<void> {
  if (facts === undefined) {
    collector.skip("test", "There is no image, so it could not be run.");
    return;
  }
  const context = { ...options, collector, config: opened.config, profile: opened.profile };
  await collector.step("test", "the job, as the Safe Haven would run it", async () =>
    testIn(await engine, facts, asked, workspace, context),
  );
}
