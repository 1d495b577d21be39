import { resolve } from "node:path";
import { defaultConfig } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { plural } from "../findings/counting.ts";
import { findProfile } from "../profiles/find.ts";
import type { DockerfileFacts, ProjectFacts } from "../rules/rule.ts";
import { Collector } from "./collector.ts";
import { type CommandOptions, type CommandResult, type Opened, openProject, SCAN_REASON } from "./command.ts";
import { judge, type StepContext } from "./judge.ts";
import { dockerfileFacts, parseBytes, projectFacts } from "./project.ts";

/** Lints a project folder or one Dockerfile; neither an engine nor the network is needed, and nothing is written. */
export async function lintCommand(options: CommandOptions): Promise<CommandResult> {
  const { place, read, config, profile } = await openProject(options);
  const collector = new Collector("lint", place.name, profile, config, options.progress);
  collector.subject = {
    ...collector.subject,
    dockerfile: { path: read.dockerfile.file, sha256: read.sha256 },
  };
  await lintStep(collector, { place, read, config, profile }, options);
  return { report: collector.report(), failure: collector.failure };
}

/** Lints text from standard input: the Dockerfile alone, since there is no folder around it. */
export async function lintText(content: Uint8Array, options: CommandOptions): Promise<CommandResult> {
  const config = options.config === undefined ? defaultConfig : await loadConfig(".", options.config);
  const profile = findProfile(options.profile ?? config.profile);
  const { dockerfile, sha256 } = parseBytes(content, "-");
  const collector = new Collector("lint", "standard input", profile, config, options.progress);
  collector.subject = { ...collector.subject, dockerfile: { path: "-", sha256 } };
  const context = { ...options, collector, config, profile };
  await collector.step("lint", "Dockerfile", () =>
    lintFiles(dockerfileFacts(dockerfile, config.build.args), undefined, context),
  );
  return { report: collector.report(), failure: collector.failure };
}

/** The first step of every command that reads the project; undefined when its files could not be read. */
export async function lintStep(collector: Collector, opened: Opened, options: CommandOptions) {
  const { place, read, config, profile } = opened;
  const context = { ...options, collector, config, profile };
  const facts = dockerfileFacts(read.dockerfile, config.build.args);
  let project: Awaited<ReturnType<typeof projectFacts>> | undefined;
  await collector.step("lint", read.dockerfile.file, async () => {
    project = await projectFacts(facts, place.root, resolve(options.output));
    return lintFiles(facts, project, context);
  });
  return project;
}

/** Says what a scan would show; scanners come with a later version. */
export async function scanCommand(options: CommandOptions): Promise<CommandResult> {
  const { place, read, config, profile } = await openProject(options);
  const collector = new Collector("scan", place.name, profile, config, options.progress);
  collector.subject = {
    ...collector.subject,
    dockerfile: { path: read.dockerfile.file, sha256: read.sha256 },
  };
  collector.skip("scan", SCAN_REASON);
  return { report: collector.report(), failure: undefined };
}

/** Lints the Dockerfile and, where there is a folder around it, the project's files. */
async function lintFiles(
  facts: DockerfileFacts,
  project: ProjectFacts | undefined,
  context: StepContext,
): Promise<{ detail: string; findings: number }> {
  let findings = context.collector.judge(await judge("dockerfile", facts, context));
  if (project === undefined) return { detail: facts.dockerfile.file, findings };
  findings += context.collector.judge(await judge("project", project, context));
  for (const { file, reason } of project.source.skipped.slice(0, 5))
    context.collector.note(`${file} was not read: ${reason}.`);
  if (project.context.truncated) context.collector.note("The project has more files than are looked at.");
  return { detail: `${facts.dockerfile.file}, ${plural(project.source.files, "source file")}`, findings };
}
