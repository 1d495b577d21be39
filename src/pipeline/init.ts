import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { DEFAULT_PROFILE, defaultConfig } from "../config/config.ts";
import { parseImageReference } from "../dockerfile/image-reference.ts";
import { PratiqueError } from "../errors.ts";
import { compareText } from "../findings/finding.ts";
import { manifestText } from "../handover/manifest.ts";
import { planJob } from "../handover/plan.ts";
import {
  type Answers,
  type Given,
  nextQuestion,
  type Question,
  settle,
  withAnswer,
} from "../init/answers.ts";
import { basesFor, otherImages, withVersion } from "../init/bases.ts";
import { type Detected, detect, existingProject, isTelling, kernelOf, type Listing } from "../init/detect.ts";
import { startOf, variablesOf } from "../init/dockerfile.ts";
import { projectFiles } from "../init/files.ts";
import {
  type ExpectedTable,
  type Files,
  type Images,
  LANGUAGES,
  type Plan,
  type Project,
} from "../init/project.ts";
import { starter } from "../init/starter.ts";
import { syntheticPeople } from "../init/synthetic.ts";
import { findProfile } from "../profiles/find.ts";
import { type DigestSource, registryClient } from "../registry/client.ts";
import { makeFolder, notWritable, writeWhole } from "../system/files.ts";
import { packageVersion } from "../system/package.ts";
import { MANIFEST } from "./job.ts";

export interface InitOptions {
  /** The project's folder; it need not exist yet. */
  readonly folder: string;
  /** It holds a project, none of whose files is changed. */
  readonly existing: boolean;
  readonly given: Given;
  readonly name?: string | undefined;
  /** Answers a question; undefined where nobody can, and what is usual holds. */
  readonly ask: ((question: Question) => Promise<string | boolean>) | undefined;
  /** Says what tags stand for; the registries unless given. */
  readonly digests?: DigestSource | undefined;
}

/** What would be written; nothing was yet. */
export interface InitResult {
  readonly folder: string;
  readonly answers: Answers;
  /** By path below the folder. */
  readonly files: Files;
  /** What is there already under the names of some of them and differs, as text; undefined where that cannot be read. */
  readonly present: ReadonlyMap<string, string | undefined>;
  /** What the reader should know. */
  readonly notes: readonly string[];
}

/** Works out the files of a project: looks at its folder, asks what is missing, and asks registries for digests. */
export async function planInit(options: InitOptions): Promise<InitResult> {
  const folder = resolve(options.folder);
  const listing = options.existing ? await listingOf(folder) : undefined;
  const found = listing === undefined ? undefined : existingIn(folder, listing, options.given);
  const answers = settle(await complete(options, found), found);
  const name = nameOf(options.name, folder);
  const notes: string[] = [];
  const start =
    listing === undefined || answers.entry === undefined
      ? startNew(name, answers)
      : startFrom(listing, answers, answers.entry);
  for (const path of [answers.licence, answers.data]) if (path !== undefined) await mustExist(folder, path);

  const images = await imagesFor(start.project, answers, options.digests ?? registryClient(), notes);
  const readme =
    options.existing && (await isThere(join(folder, "README.md"))) ? "SAFE-HAVEN.md" : "README.md";
  const plan: Plan = {
    name,
    project: start.project,
    images,
    gpu: answers.gpu,
    models: answers.models,
    licence: answers.licence,
    data: answers.data ?? start.dataFolder ?? "test-data",
    outputs: answers.data === undefined ? start.outputs : start.outputs?.map(({ path }) => ({ path })),
    readme,
    version: packageVersion(),
  };
  const withData = answers.data === undefined && start.dataFolder === undefined;
  const files = new Map([
    ...start.files,
    ...(withData ? start.data : []),
    ...projectFiles(plan),
    [MANIFEST_PATH, manifestFor(plan)],
  ]);
  const present = new Map<string, string | undefined>();
  for (const [path, text] of files) {
    const absolute = join(folder, path);
    if (!(await isThere(absolute))) continue;
    const before = await textOf(absolute);
    if (before !== text) present.set(path, before);
  }
  return { folder, answers, files, present, notes: [...notes, ...start.notes] };
}

/** Where `pratique job` writes it, too. */
const MANIFEST_PATH = `job/${MANIFEST}`;

/** The job before anything was measured, with placeholders for what only its user knows. */
function manifestFor(plan: Plan): string {
  const profile = findProfile(DEFAULT_PROFILE);
  if (profile.jobs === undefined) throw new Error(`${profile.id} has no jobs`);
  const job = planJob({
    profile,
    policy: profile.jobs,
    project: plan.name,
    choices: { name: plan.name, gpus: plan.gpu ? 1 : 0 },
    test: defaultConfig.test,
    image: {
      entrypoint: startOf(plan),
      command: [],
      variables: new Set(variablesOf(plan).map(([name]) => name)),
      hasShell: true,
      id: undefined,
    },
    measured: undefined,
    workers: undefined,
    outputs: [],
    outputReader: undefined,
    notes: [],
  });
  const [, ...lines] = manifestText(job, profile).split("\n");
  return [
    "# “pratique job --force” writes it anew after a check: with what the test measured, and a sheet that says what to do with it.",
    ...lines,
  ].join("\n");
}

/** Asks until all is said. */
async function complete({ given, ask }: InitOptions, found: Detected | undefined): Promise<Given> {
  let said = given;
  if (ask === undefined) return said;
  for (let next = nextQuestion(said, found); next !== undefined; next = nextQuestion(said, found))
    said = withAnswer(said, next, await ask(next));
  return said;
}

/** What a project starts from: its own code, or ours. */
interface Start {
  readonly project: Project;
  readonly files: Files;
  readonly data: Files;
  readonly outputs: readonly ExpectedTable[] | undefined;
  /** The folder that has data for the test already. */
  readonly dataFolder: string | undefined;
  readonly notes: readonly string[];
}

function startNew(name: string, { language, packager, task, models }: Answers): Start {
  return {
    ...starter(name, language, packager, task, models[0] ?? ""),
    dataFolder: undefined,
    notes: [],
  };
}

function startFrom(listing: Listing, { language, packager }: Answers, entry: string): Start {
  if (language === "notebook") {
    const kernel = kernelOf(listing.texts.get(entry) ?? "");
    if (kernel !== undefined && kernel !== "python")
      throw new PratiqueError(
        "usage.bad-argument",
        `${entry} is a notebook in ${kernel}; only Python is known here.`,
        {
          hint: "Save it as a script, and name that with --language and --entry.",
        },
      );
  }
  const { project, leftOut, lacks } = existingProject(listing, language, packager, entry);
  if (lacks !== undefined)
    throw new PratiqueError("usage.bad-argument", lacks, {
      hint: "The image then holds the versions that you work with. After that run pratique init again.",
    });
  const hasData = listing.paths.some((path) => path.startsWith("test-data/"));
  return {
    project,
    files: new Map(),
    data: new Map([["test-data/people.csv", syntheticPeople()]]),
    outputs: undefined,
    dataFolder: hasData ? "test-data" : undefined,
    notes: [
      ...(hasData
        ? []
        : [
            "The data in test-data are made up: give them the columns that your program reads, and no real values.",
          ]),
      ...(leftOut.length === 0
        ? []
        : [
            `Not copied into the image, since a Dockerfile cannot hold the name: ${leftOut.slice(0, 10).join(", ")}.`,
          ]),
    ],
  };
}

function existingIn(folder: string, listing: Listing, { language, packager }: Given): Detected {
  const known = LANGUAGES.find((one) => one === language?.toLowerCase());
  const found = detect(listing, known);
  if (found === undefined || found.entries.length === 0)
    throw new PratiqueError("project.not-found", `${folder} holds no program that is known here.`, {
      hint: `Name what it is written in with --language (${LANGUAGES.join(", ")}), or start anew without --from.`,
    });
  const { unknownList } = found;
  if (unknownList !== undefined && packager === undefined)
    throw new PratiqueError(
      "usage.bad-argument",
      `The packages of this project are listed in ${unknownList.path}, from which pratique init installs nothing.`,
      {
        hint: `To have the list in a form that it knows, ${unknownList.cure}; after that run pratique init again. Where the job needs none of them say --packages none.`,
      },
    );
  return found;
}

const MOST_FILES = 20_000;
/** More than any list of packages or notebook has that says how it is run. */
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_TEXTS = 200;
/** Folders with other people's software. */
const FOREIGN = new Set(["node_modules", "site-packages", "__pycache__", "venv", "env"]);

/** The files of a folder, without what is hidden; links are not followed. */
async function listingOf(folder: string): Promise<Listing> {
  const paths: string[] = [];
  const pending = [""];
  while (pending.length > 0 && paths.length < MOST_FILES) {
    const at = pending.shift() ?? "";
    let entries: import("node:fs").Dirent[];
    try {
      entries = await readdir(join(folder, at), { withFileTypes: true });
    } catch (error) {
      if (at !== "") continue;
      throw new PratiqueError("project.not-found", `${folder} is no folder that can be read.`, {
        hint: "Name the project's folder: pratique init --from my-project",
        cause: error,
      });
    }
    for (const entry of entries) {
      const path = at === "" ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!entry.name.startsWith(".") && !FOREIGN.has(entry.name) && path !== "renv/library")
          pending.push(path);
      } else if (entry.isFile() && paths.length < MOST_FILES) paths.push(path);
    }
  }
  paths.sort(compareText);
  const texts = new Map<string, string>();
  for (const path of paths.filter(isTelling).slice(0, MOST_TEXTS)) {
    const text = await textOf(join(folder, path));
    if (text !== undefined) texts.set(path, text);
  }
  return { paths, texts };
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > MOST_BYTES) return undefined;
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The images by their digests where a registry tells them; else by their tags, and a note says so. */
async function imagesFor(
  project: Project,
  { language, packager, task, gpu, base, models }: Answers,
  digests: DigestSource,
  notes: string[],
): Promise<Images> {
  const [usual] = basesFor(language, packager, task, gpu);
  const pinned = async (text: string): Promise<string> => {
    const reference = parseImageReference(text);
    if (reference.digest !== undefined) return text;
    const answer = await digests(reference);
    if ("digest" in answer) return `${text}@${answer.digest}`;
    notes.push(
      `${text} is not pinned by its digest: ${answer.reason}. Run “pratique pin” where the registry answers.`,
    );
    return text;
  };
  const others = otherImages(project, models);
  return {
    base: await pinned(base ?? (usual === undefined ? "" : withVersion(usual, project))),
    ...(others.quarto === undefined ? {} : { quarto: await pinned(others.quarto) }),
    ...(others.python === undefined ? {} : { python: await pinned(others.python) }),
  };
}

/** Names a folder in the image, the job and the image. */
function nameOf(given: string | undefined, folder: string): string {
  const slug = (given ?? basename(folder))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 40)
    .replace(/-+$/, "");
  return slug === "" ? "job" : slug;
}

async function mustExist(folder: string, path: string): Promise<void> {
  try {
    const inside = relative(await realpath(folder), await realpath(join(folder, path)));
    if (!inside.startsWith("..") && inside !== "") return;
  } catch {
    // Told below.
  }
  throw new PratiqueError("usage.bad-argument", `There is no ${path} in ${folder}.`, {
    hint: "Put it into the project's folder first: what lies outside cannot enter the image.",
  });
}

const isThere = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined)) !== undefined;

/**
 * Writes the files that were chosen. Nothing outside the folder is written, whatever links lie in it. Fails with
 * `output.not-writable`.
 */
export async function writeInit(folder: string, files: Files): Promise<void> {
  await makeFolder(folder).catch((error: unknown) => {
    throw notWritable(folder, error);
  });
  const root = await realpath(folder);
  for (const path of files.keys()) await mustStayInside(root, path);
  for (const [path, text] of files) await writeWhole(join(root, path), text);
}

/** The folders above a file may be links; each that exists must lie within the project. */
async function mustStayInside(root: string, path: string): Promise<void> {
  for (let at = dirname(path); at !== "."; at = dirname(at)) {
    const real = await realpath(join(root, at)).catch(() => undefined);
    if (real === undefined) continue;
    if (!relative(root, real).startsWith("..")) continue;
    throw new PratiqueError(
      "output.not-writable",
      `${at} leads out of the project, so that ${path} was not written.`,
      {
        hint: "Replace the link by a folder, or start in another folder.",
      },
    );
  }
}
