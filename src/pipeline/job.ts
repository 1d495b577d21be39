import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { JobSettings } from "../config/config.ts";
import { assignments, lineage } from "../dockerfile/variables.ts";
import { PratiqueError } from "../errors.ts";
import type { Report } from "../evidence/report.ts";
import type { Finding, Severity } from "../findings/finding.ts";
import { CES_NAMES, cesFiles } from "../handover/ces-files.ts";
import { manifestText } from "../handover/manifest.ts";
import { measuredIn } from "../handover/measured.ts";
import { type JobPlan, type KnownImage, OUTPUT_VARIABLE, planJob } from "../handover/plan.ts";
import { type Sheet, sheetFor } from "../handover/sheet.ts";
import { readManifest } from "../job/read.ts";
import withoutShell from "../rules/base-without-shell/rule.ts";
import type { DockerfileFacts, ProjectFacts } from "../rules/rule.ts";
import { startCommand } from "../rules/start-command.ts";
import { runFilesFacts } from "../run-files/read.ts";
import { DEFAULT_OUTPUT } from "../system/output.ts";
import { type CommandOptions, settingsOf } from "./command.ts";
import { judge } from "./judge.ts";
import {
  dockerfileFacts,
  locateProject,
  projectFacts,
  type ReadDockerfile,
  readDockerfile,
} from "./project.ts";
import { readReport } from "./read-report.ts";
import type { Settings } from "./suppressions.ts";

export interface JobCommandOptions
  extends Pick<CommandOptions, "target" | "config" | "profile" | "file" | "output"> {
  /** The report, or its folder, that says what was measured; that of the current folder unless given. */
  readonly report: string | undefined;
  /** What the command line says; it wins over the settings. */
  readonly choices: JobSettings;
}

/** The files of a job, written by nobody yet. */
export interface JobDocuments {
  readonly plan: JobPlan;
  /** Text by name; undefined for a file that this job does not need. */
  readonly files: Readonly<Record<string, string | undefined>>;
  readonly sheet: Sheet;
  /** What our own rules say of the files; nothing, unless what was asked for cannot be. */
  readonly findings: readonly Finding[];
  readonly failOn: Severity;
}

export const MANIFEST = "job.yaml";

/** Works out the job of a project. Fails with `project.no-dockerfile` where neither a Dockerfile nor a report tells of an image. */
export async function jobDocuments(options: JobCommandOptions): Promise<JobDocuments> {
  const place = await locateProject(options.target);
  const settings = await settingsOf(place.root, options);
  const { config, profile } = settings;
  const policy = profile.jobs;
  if (policy === undefined)
    throw new PratiqueError(
      "usage.bad-argument",
      `The profile ${profile.id} has no cluster, so there is no job.`,
      {
        hint: "Name another one with --profile.",
      },
    );
  const notes: string[] = [];
  const report = await earlierReport(options, place.name, notes);
  const read = await dockerfileOf(place.root, options, settings, report);
  const project =
    read === undefined
      ? undefined
      : await projectFacts(
          dockerfileFacts(read.dockerfile, config.build.args),
          place.root,
          resolve(options.output),
        );
  const written = report?.subject.dockerfile;
  if (written != null && read !== undefined && written.sha256 !== read.sha256)
    notes.push("The Dockerfile is not the one that was checked: run `pratique check` again.");
  const [test] = config.cases;
  if (config.cases.length > 1 && test?.name !== undefined)
    notes.push(`The settings have several test cases: arguments and variables are those of “${test.name}”.`);
  const plan = planJob({
    profile,
    policy,
    project: place.name,
    choices: { ...config.job, ...given(options.choices) },
    test: test?.settings ?? config.test,
    image: imageOf(report, project, profile),
    measured: report === undefined ? undefined : measuredIn(report),
    workers: workersIn(project),
    outputs: report?.recording?.outputs.list.map(({ path }) => path) ?? [],
    outputReader: project === undefined ? undefined : await outputReader(place.root, project),
    notes,
  });
  const files = cesFiles(plan, profile);
  const manifest = manifestText(plan, profile);
  return {
    plan,
    files: {
      [MANIFEST]: manifest,
      [CES_NAMES.options]: files.options,
      [CES_NAMES.arguments]: files.arguments,
      [CES_NAMES.environment]: files.environment,
    },
    sheet: sheetFor({ plan, profile, report, files }),
    findings: await findingsOf(manifest, files, settings),
    failOn: config.failOn,
  };
}

const given = (choices: JobSettings): JobSettings =>
  Object.fromEntries(Object.entries(choices).filter(([, value]) => value !== undefined));

/** The report that was named, or that of an earlier check of this project in the current folder. */
async function earlierReport(
  { report, target }: JobCommandOptions,
  name: string,
  notes: string[],
): Promise<Report | undefined> {
  if (report !== undefined) return readReport(report);
  const folder = [DEFAULT_OUTPUT, join(target, DEFAULT_OUTPUT)].find((one) =>
    existsSync(join(one, "report.json")),
  );
  if (folder === undefined) return undefined;
  const found = await readReport(folder);
  if (found.subject.name === name) return found;
  notes.push(
    `The report in ${folder} is about ${found.subject.name}, and was not used; \`--from-report\` names another.`,
  );
  return undefined;
}

async function dockerfileOf(
  root: string,
  { file }: JobCommandOptions,
  { config }: Settings,
  report: Report | undefined,
): Promise<ReadDockerfile | undefined> {
  try {
    return await readDockerfile(root, file === undefined ? config.dockerfile : resolve(file));
  } catch (error) {
    const known = report?.image != null && error instanceof PratiqueError;
    if (known && error.code === "project.no-dockerfile") return undefined;
    throw error;
  }
}

/** The image as it was inspected, else as the Dockerfile describes it. */
function imageOf(
  report: Report | undefined,
  project: ProjectFacts | undefined,
  profile: Settings["profile"],
): KnownImage {
  const hasShell =
    project === undefined || [...withoutShell.check(project, profile)].every((said) => "notAssessed" in said);
  const seen = report?.image;
  if (seen != null) {
    const { entrypoint, command, environment, id } = seen;
    return { entrypoint, command, variables: new Set(Object.keys(environment)), hasShell, id };
  }
  return { ...(project === undefined ? NOTHING : writtenImage(project)), hasShell, id: undefined };
}

const NOTHING = { entrypoint: undefined, command: [], variables: new Set<string>() };

function writtenImage(facts: DockerfileFacts): Pick<KnownImage, "entrypoint" | "command" | "variables"> {
  const variables = new Set(
    lineage(facts.stages).flatMap(({ stage }) =>
      stage.instructions
        .filter(({ keyword }) => keyword === "ENV")
        .flatMap((instruction) => assignments(instruction).map(({ name }) => name)),
    ),
  );
  const start = startCommand(facts);
  if (start === undefined) return { ...NOTHING, variables };
  const words = (instruction: typeof start.entrypoint): readonly string[] =>
    instruction === undefined ? [] : (instruction.exec ?? ["/bin/sh", "-c", instruction.text]);
  return { entrypoint: words(start.entrypoint), command: words(start.command), variables };
}

/** Where the code starts workers that hand data to each other in shared memory. */
function workersIn(project: ProjectFacts | undefined): string | undefined {
  const use = project?.source.uses.find(({ library }) => library === "dataloader-shm");
  return use === undefined ? undefined : `${use.file}:${use.line}`;
}

/** More than any program that is written by hand. */
const LARGEST_TEXT = 256 * 1024;
const MOST_TEXTS = 2000;

/** The first line, comments aside, that asks for the variable with the job's folder: in the Dockerfile, or in what it copies. */
async function outputReader(
  root: string,
  { dockerfile, context }: ProjectFacts,
): Promise<string | undefined> {
  const asks = (file: string, text: string, words: RegExp): string | undefined => {
    const line = text.split("\n").findIndex((one) => words.test(one) && !COMMENT.test(one));
    return line < 0 ? undefined : `${file}:${line + 1}`;
  };
  // What only sets it there says nothing of the program.
  const started = asks(dockerfile.file, dockerfile.text, FOLDER_USED);
  if (started !== undefined) return started;
  const files = context.files.filter(
    ({ path, kind, size }) => kind === "file" && size <= LARGEST_TEXT && !NO_PROGRAM.test(path),
  );
  for (const { path } of files.slice(0, MOST_TEXTS)) {
    const found = asks(path, await readFile(join(root, path), "utf8").catch(() => ""), FOLDER_NAMED);
    if (found !== undefined) return found;
  }
  return undefined;
}

const FOLDER_NAMED = new RegExp(`\\b${OUTPUT_VARIABLE}\\b`);
const FOLDER_USED = new RegExp(`\\$\\{?${OUTPUT_VARIABLE}\\b`);
const COMMENT = /^\s*(?:#|%|\/\/|--)/;
/** Words about a program, and the files that we write ourselves. */
const NO_PROGRAM = /\.(?:md|rst|txt|html?|ya?ml|json|toml|ini|cfg|csv|tsv)$|(?:^|\/)(?:Dockerfile|\.)[^/]*$/i;

async function findingsOf(
  manifest: string,
  { options, arguments: args, environment }: ReturnType<typeof cesFiles>,
  settings: Settings,
): Promise<readonly Finding[]> {
  const texts = new Map(
    [
      [CES_NAMES.options, options] as const,
      [CES_NAMES.arguments, args] as const,
      [CES_NAMES.environment, environment] as const,
    ].flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const])),
  );
  const judged = [
    await judge("job", readManifest(manifest, MANIFEST), settings),
    await judge("run-files", runFilesFacts(texts), settings),
  ];
  return judged.flatMap(({ findings }) => findings);
}
