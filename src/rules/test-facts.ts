import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { type Expectations, nothingExpected } from "../config/expectations.ts";
import { parseConfig } from "../config/parse.ts";
import { expectationsOf } from "../config/read-expectations.ts";
import { parseIgnore } from "../context/ignore.ts";
import type { BuildContext } from "../context/walk.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { resolveStages } from "../dockerfile/variables.ts";
import { compareText } from "../findings/finding.ts";
import type { ImageFacts } from "../image/facts.ts";
import type { FitnessFacts } from "../image/fitness/fitness.ts";
import { readManifest } from "../job/read.ts";
import type { Profile } from "../profiles/profile.ts";
import { profileSchema } from "../profiles/schema.ts";
import type { RepositoryFacts, WorkTree } from "../repository/facts.ts";
import { NOT_NEEDED } from "../run/contacts.ts";
import { NO_USAGE, type Recording } from "../run/recording.ts";
import { runFilesFacts } from "../run-files/read.ts";
import type { ShellcheckFacts } from "../scanners/shellcheck.ts";
import type { SourceFacts } from "../source/facts.ts";
import { isRequirements, requirementsIn } from "../source/requirements.ts";
import { isSource } from "../source/scan.ts";
import { joinFacts, scanFile } from "../source/scan-text.ts";
import { contentsExample } from "./contents-examples.ts";
import type {
  BuildFacts,
  DockerfileFacts,
  Example,
  FactsByKind,
  FitnessDifferences,
  ImageDifferences,
  ProjectFacts,
  RuleKind,
  RunFacts,
  ScanFacts,
  WaiverFacts,
} from "./rule.ts";
import { spaceOf } from "./space-examples.ts";

/** Faultless facts for examples and tests: what an example does not say is as it should be. */

let profile: Profile | undefined;

export function testProfile(): Profile {
  const path = new URL("../profiles/shs-gpu-cluster.yaml", import.meta.url);
  profile ??= profileSchema.parse(parse(readFileSync(path, "utf8"), { merge: true }));
  return profile;
}

export function dockerfileFacts(text: string, file = "Dockerfile"): DockerfileFacts {
  const dockerfile = parseDockerfile(text, file);
  return { dockerfile, stages: resolveStages(dockerfile), kept: [] };
}

export function projectFacts(text: string, files: Readonly<Record<string, string>> = {}): ProjectFacts {
  return { ...dockerfileFacts(text), context: contextOf(files), source: sourceOf(files) };
}

function contextOf(files: Readonly<Record<string, string>>): BuildContext {
  const ignoreFile = [".dockerignore", ".containerignore"].find((name) => name in files);
  const rules = parseIgnore(ignoreFile === undefined ? "" : (files[ignoreFile] ?? ""));
  const paths = Object.keys(files).filter((path) => !rules.ignores(path));
  const folders = new Set<string>();
  for (const path of paths) {
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1))
      folders.add(path.slice(0, slash));
  }
  return {
    root: "/project",
    files: paths.sort(compareText).map((path) => ({ path, size: (files[path] ?? "").length, kind: "file" })),
    folders: [...folders].sort(compareText),
    ignoreFile,
    ignore: rules,
    truncated: false,
    unreadable: [],
  };
}

function sourceOf(files: Readonly<Record<string, string>>): SourceFacts {
  const sources = Object.entries(files).filter(([path]) => isSource(path));
  const requirements = Object.entries(files)
    .filter(([path]) => isRequirements(path))
    .map(([path, text]) => requirementsIn(path, text));
  return { ...joinFacts(sources.map(([path, text]) => scanFile(path, text, text.length))), requirements };
}

export function imageFacts(given: ImageDifferences = {}): ImageFacts {
  const { fitness, ...differences } = given;
  const empty = { exists: true, isDirectory: true, entries: 0, sample: [] };
  return {
    reference: "heart-risk:check",
    id: `sha256:${"7".repeat(64)}`,
    digest: undefined,
    platform: { os: "linux", architecture: "amd64" },
    size: 412_000_000,
    layers: 5,
    created: "2026-07-22T10:00:00Z",
    user: "nonroot",
    workingDirectory: "/",
    entrypoint: ["python", "/opt/heart-risk/fit.py"],
    command: [],
    environment: new Map([["PATH", "/usr/local/bin:/usr/bin:/bin"]]),
    exposedPorts: [],
    volumes: [],
    labels: new Map(),
    program: {
      name: "python",
      status: "found",
      path: "/usr/local/bin/python3.12",
      interpreter: undefined,
      mode: 0o755,
      owner: 0,
    },
    directories: new Map([
      ["/safe_data", empty],
      ["/safe_outputs", empty],
      ["/scratch", empty],
    ]),
    accounts: { passwd: "root:x:0:0:root:/root:/bin/bash\n", group: "root:x:0:\n" },
    tree: { files: 12_000, bytes: 400_000_000 },
    treeProblem: undefined,
    contents: contentsExample(),
    space: spaceOf(),
    ...differences,
    fitness: "fitness" in given && fitness === undefined ? undefined : fitnessFacts(fitness),
  };
}

/** Files that suit the job's user and machine. */
function fitnessFacts({ start, ...differences }: FitnessDifferences = {}): FitnessFacts {
  const none = { count: 0, paths: [] };
  return {
    user: { uid: 1998602116, gid: 1998600502 },
    start: {
      programs: [{ path: "/usr/local/bin/python3.12", architecture: "amd64", libraries: 4 }],
      missingPrograms: [],
      missingLibraries: [],
      missingLoaders: [],
      missingScript: undefined,
      closed: [],
      notFollowed: [],
      ...start,
    },
    machines: new Map([["amd64", { count: 812, paths: ["/usr/local/bin/python3.12"] }]]),
    absentLibraries: new Map(),
    folders: [
      { variable: "HOME", path: "/scratch", set: true, state: "mounted" },
      { variable: "WORKDIR", path: "/scratch", set: true, state: "mounted" },
    ],
    closedPlaces: [],
    deletedBelowMounts: none,
    setUserId: none,
    worldWritable: none,
    changeablePrograms: none,
    largeIds: none,
    openAccounts: [],
    leftOvers: none,
    buildTools: [],
    notAssessed: [],
    ...differences,
  };
}

export function recordingOf(differences: Partial<Recording> = {}): Recording {
  const observed = { status: "observed" as const, reason: "" };
  return {
    runtime: "k8s",
    case: null,
    rootFileSystem: "writable",
    seconds: 4.2,
    argv: ["python", "/opt/heart-risk/fit.py"],
    user: { uid: 1998602116, gid: 1998600502 },
    exit: { code: 0, signal: null, cause: "exited", detail: "" },
    attempts: [],
    contacts: [],
    discover: NOT_NEEDED,
    secondsLost: 0,
    strayWrites: [],
    failedWrites: [],
    processes: [
      {
        command: "python /opt/heart-risk/fit.py",
        executable: "/usr/local/bin/python3.12",
        count: 1,
        cpuSeconds: 3.9,
        peakMemory: 180_000_000,
        failures: 0,
      },
    ],
    processTree: [],
    reads: null,
    outputs: { files: 2, bytes: 2048, list: [] },
    input: { stdinRead: false, stdinReaders: [], terminalOpens: 0 },
    listens: [],
    setUserId: [],
    usage: NO_USAGE,
    log: { file: "logs/run.log", bytes: 40, truncated: false, tail: ["200 patients, 31 events"] },
    dropped: {},
    coverage: { network: observed, names: observed, writes: observed },
    ...differences,
  };
}

type RunExample = NonNullable<Example<"run">["facts"]> & { readonly expected?: Expectations };

export const runFacts = (
  recording: Partial<Recording> = {},
  image: ImageDifferences = {},
  { expected, outputs, logSearches = [] }: RunExample = {},
): RunFacts => ({
  recording: recordingOf(recording),
  image: imageFacts(image),
  expected: expected ?? nothingExpected,
  outputs: { files: [], unlisted: "", ...outputs },
  logSearches,
});

const WORK_TREE: WorkTree = {
  remotes: [{ kind: "github", host: "github.com" }],
  ci: [{ path: ".github/workflows/image.yml", buildsImages: true }],
  updateBots: [{ name: "Dependabot", path: ".github/dependabot.yml", readsDockerfiles: true }],
  hooks: ["hadolint-docker"],
};

export const repositoryFacts = (differences: Example<"repository">["facts"] = {}): RepositoryFacts => ({
  dockerfiles: ["Dockerfile"],
  untracked: [],
  ...differences,
  workTree:
    "workTree" in differences && differences.workTree === undefined
      ? undefined
      : { ...WORK_TREE, ...differences.workTree },
});

/** What a settings file expects of the one run that it describes. */
export function expectationsIn(text: string): Expectations {
  const { document, lineOf } = parseConfig(text, "pratique.yaml");
  const source = { file: "pratique.yaml", lines: text.split("\n") };
  return expectationsOf(document.test?.expect, ["test", "expect"], lineOf, source);
}

/** The facts that an example stands for. */
export function exampleFacts(kind: RuleKind, example: Example<RuleKind>): FactsByKind[RuleKind] {
  if (kind === "dockerfile") return dockerfileFacts(example.dockerfile ?? "");
  if (kind === "project") return projectFacts(example.dockerfile ?? "", example.files);
  if (kind === "job") {
    const [file = "job.yaml", text = ""] = Object.entries(example.files ?? {})[0] ?? [];
    return readManifest(text, file);
  }
  if (kind === "run-files") return runFilesFacts(new Map(Object.entries(example.files ?? {})));
  if (kind === "shellcheck") {
    const given = example.facts as Partial<ShellcheckFacts> | undefined;
    return { ...dockerfileFacts(example.dockerfile ?? ""), mistakes: [], missing: undefined, ...given };
  }
  if (kind === "repository")
    return repositoryFacts(example.facts as Example<"repository">["facts"] | undefined);
  if (kind === "scan") {
    const given = example.facts as Partial<ScanFacts> | undefined;
    return {
      vulnerabilities: [],
      databases: [],
      base: null,
      secrets: [],
      misconfigurations: [],
      dockerfileMissing: undefined,
      ...given,
      dockerfile: parseDockerfile(example.dockerfile ?? ""),
    };
  }
  if (kind === "waivers") return example.facts as WaiverFacts;
  if (kind === "image") return imageFacts(example.facts as ImageDifferences | undefined);
  if (kind === "build") {
    const given = example.facts as Partial<Omit<BuildFacts, "dockerfile">> | undefined;
    return {
      succeeded: true,
      tail: [],
      instruction: undefined,
      ...given,
      dockerfile: parseDockerfile(example.dockerfile ?? ""),
    };
  }
  const facts = example.facts as RunExample | undefined;
  const settings = example.files?.["pratique.yaml"];
  const expected = settings === undefined ? nothingExpected : expectationsIn(settings);
  return runFacts(facts?.recording, facts?.image, { ...facts, expected });
}
