import { readdirSync, realpathSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { systemErrorCode } from "../errors.ts";
import type { CiFile, RepositoryFacts, UpdateBot, WorkTree } from "./facts.ts";
import { trackedIn } from "./git-index.ts";
import { remotesIn } from "./remote.ts";
import { type GitPlace, indexOf, readInside, settingsIn } from "./work-tree.ts";

/** No file that a person wrote for a forge is larger. */
const MAX_BYTES = 256 * 1024;
const MOST_WORKFLOWS = 200;

/** Says where projects are kept, by the files of the work tree around them and without starting git. */
export function readRepository(place: GitPlace | undefined, dockerfiles: readonly string[]): RepositoryFacts {
  if (place === undefined) return { workTree: undefined, dockerfiles: [], untracked: undefined };
  const settings = settingsIn(place);
  const named = dockerfiles.map((path) => nameIn(place.root, path));
  const isSha256 = settings.some(
    ({ section, key, value }) =>
      section === "extensions" && key === "objectformat" && value.toLowerCase() === "sha256",
  );
  return {
    workTree: { ...readWorkTree(place.root), remotes: remotesIn(settings) },
    dockerfiles: named,
    untracked: untrackedOf(place, named, isSha256 ? 32 : 20),
  };
}

function untrackedOf(
  place: GitPlace,
  named: readonly string[],
  hashLength: number,
): readonly string[] | undefined {
  const index = indexOf(place);
  if (index === "none") return named;
  const tracked = index === undefined ? undefined : trackedIn(index, named, hashLength);
  return tracked === undefined ? undefined : named.filter((path) => !tracked.has(path));
}

function nameIn(root: string, path: string): string {
  let real = path;
  try {
    real = realpathSync(path);
  } catch (error) {
    // Gone since it was read: then git's list is asked about the name that it had.
    if (systemErrorCode(error) === undefined) throw error;
  }
  return relative(root, real).split(sep).join("/");
}

/** What the files of a work tree say. Its top must be free of links. */
export function readWorkTree(root: string): Omit<WorkTree, "remotes"> {
  const read = (path: string): string | undefined => readInside(root, path, MAX_BYTES);
  const hooks = read(".pre-commit-config.yaml");
  return {
    ci: [...CI_FILES, ...CI_FOLDERS.flatMap((folder) => yamlFiles(root, folder))].flatMap(
      (path): CiFile[] => {
        const text = read(path);
        return text === undefined ? [] : [{ path, buildsImages: BUILDS.test(withoutComments(text)) }];
      },
    ),
    updateBots: [
      ...DEPENDABOT.flatMap((path) => dependabot(path, read(path))),
      ...RENOVATE.flatMap((path) => renovate(path, read(path))),
    ],
    hooks: hooks === undefined ? undefined : valuesOf("id", hooks),
  };
}

const CI_FILES = [
  ".gitlab-ci.yml",
  ".circleci/config.yml",
  ".travis.yml",
  "azure-pipelines.yml",
  "Jenkinsfile",
];
const CI_FOLDERS = [".github/workflows", ".forgejo/workflows", ".gitea/workflows"];

function yamlFiles(root: string, folder: string): string[] {
  try {
    const names = readdirSync(join(root, folder)).filter((name) => /\.ya?ml$/i.test(name));
    return names
      .sort()
      .slice(0, MOST_WORKFLOWS)
      .map((name) => `${folder}/${name}`);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return [];
  }
}

/** The ways in which CI files say that an image is built, or that we are asked to build it. */
const BUILDS =
  /\b(?:docker|podman|nerdctl)[ \t]+(?:buildx[ \t]+|image[ \t]+|builder[ \t]+)?(?:build|bake)\b|\b(?:docker[ -]compose|podman-compose)[ \t][^\n]{0,200}\bbuild\b|\bdocker\/(?:build-push|bake)-action\b|\bbuildah\b|\bkaniko\b|\bbuildctl\b|\b(?:apptainer|singularity)[ \t]+build\b|\bpratique(?:@[\w.-]{1,40})?[ \t]+(?:check|build)\b/i;

const DEPENDABOT = [
  ".github/dependabot.yml",
  ".github/dependabot.yaml",
  ".gitlab/dependabot.yml",
  ".gitlab/dependabot.yaml",
];

function dependabot(path: string, text: string | undefined): UpdateBot[] {
  const looksAfter = text === undefined ? [] : valuesOf("package-ecosystem", text);
  return looksAfter.length === 0
    ? []
    : [{ name: "Dependabot", path, readsDockerfiles: looksAfter.includes("docker") }];
}

const RENOVATE = ["", ".github/", ".gitlab/"]
  .flatMap((folder) => [`${folder}renovate.json`, `${folder}renovate.json5`])
  .concat(".renovaterc", ".renovaterc.json", ".renovaterc.json5");

/** Renovate looks after Dockerfiles unless it is told otherwise. */
const renovate = (path: string, text: string | undefined): UpdateBot[] =>
  text === undefined || isSwitchedOff(text) ? [] : [{ name: "Renovate", path, readsDockerfiles: true }];

function isSwitchedOff(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && Reflect.get(value, "enabled") === false;
  } catch (error) {
    // JSON5, which Renovate reads too.
    if (!(error instanceof SyntaxError)) throw error;
    return false;
  }
}

const withoutComments = (text: string): string => text.replace(/(^|\s)#.*/g, "$1");

/** The values of a key wherever it stands in YAML, in braces too. */
function valuesOf(key: string, text: string): string[] {
  const pattern = new RegExp(`(?:^|[\\s{,"'-])${key}["']?[ \\t]*:[ \\t]*["']?([\\w./-]+)`, "g");
  return [...withoutComments(text).matchAll(pattern)].map(([, value = ""]) => value);
}
