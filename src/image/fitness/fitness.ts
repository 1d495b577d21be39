import type { ProgramFacts } from "../facts.ts";
import type { ImageRead } from "../image.ts";
import type { Attributes } from "../merged.ts";
import type { ImageTree } from "../tree.ts";
import type { JobUser } from "./access.ts";
import { type FitnessCollector, type Found, MAX_SAMPLE } from "./collect.ts";
import { type ClosedPlace, closedPlaces, type FolderFacts, folderFacts } from "./folders.ts";
import type { LoaderImage } from "./loader.ts";
import { type StartFacts, startFacts } from "./start.ts";

/** Whether an image's files suit the user and the machine that a job runs on. Reading only: no verdicts. */
export interface FitnessFacts {
  readonly user: Pick<JobUser, "uid" | "gid">;
  readonly start: StartFacts;
  /** Programs and libraries of the finished image, and how many there are for each kind of machine. */
  readonly machines: ReadonlyMap<string, Found>;
  /** Libraries that some file asks for and that are nowhere in the image, by name, with the files that ask. */
  readonly absentLibraries: ReadonlyMap<string, Found>;
  readonly folders: readonly FolderFacts[];
  readonly closedPlaces: readonly ClosedPlace[];
  /** What a layer puts into a folder that is mounted over, and a later layer takes away or replaces. */
  readonly deletedBelowMounts: Found;
  /** Programs with a set-user-ID or set-group-ID mark. */
  readonly setUserId: Found;
  /** Files, and folders without the sticky bit, that everyone may write. */
  readonly worldWritable: Found;
  /** Files that can be started and that belong to another user than root, or can be written by others. */
  readonly changeablePrograms: Found;
  /** Owners and groups above 65,535, in any layer. */
  readonly largeIds: Found;
  /** Accounts of /etc/shadow with an empty password. */
  readonly openAccounts: readonly string[];
  readonly leftOvers: Found;
  /** Compilers and the like that the job's user would find. */
  readonly buildTools: readonly string[];
  /** What was not looked at, in words; empty where all was. */
  readonly notAssessed: readonly string[];
}

export interface FitnessQuestion {
  readonly image: Pick<ImageRead, "tree" | "layers">;
  readonly collected: FitnessCollector;
  readonly tree: ImageTree;
  /** Of the machine that the image is made for. */
  readonly architecture: string;
  readonly program: ProgramFacts;
  readonly argv: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  readonly workingDirectory: string;
  readonly user: JobUser;
  /** Folders that are mounted over when the job runs. */
  readonly mounted: readonly string[];
}

export function fitnessFacts(question: FitnessQuestion): FitnessFacts {
  const { image, collected, tree, environment, user, mounted } = question;
  const list = (folder: string): readonly string[] => image.tree.children(folder);
  const loader: LoaderImage = {
    tree,
    environment,
    list,
    elf: (path) => collected.elf(image, path),
    text: (path) => collected.text(image, path),
  };
  const start = startFacts({ ...question, image: loader });
  const where = { ...question, list };
  const { machines, absentLibraries } = librariesOf(image, collected, question.architecture);
  const shownIn = (path: string): boolean => !mounted.some((folder) => `${path}/`.startsWith(`${folder}/`));
  const matching = (wanted: (entry: Attributes) => boolean): Found =>
    found(
      (function* () {
        for (const { path } of image.tree.matching(wanted)) if (shownIn(path)) yield path;
      })(),
    );
  const { problem } = collected;
  return {
    user: { uid: user.uid, gid: user.gid },
    start,
    machines,
    absentLibraries,
    folders: folderFacts(where),
    closedPlaces: closedPlaces(where),
    deletedBelowMounts: found(deletedBelow(image, mounted)),
    setUserId: matching(({ kind, mode }) => kind === "file" && (mode & 0o6000) !== 0 && (mode & 0o111) !== 0),
    worldWritable: matching(
      ({ kind, mode }) =>
        (mode & 0o002) !== 0 && (kind === "file" || (kind === "folder" && (mode & 0o1000) === 0)),
    ),
    changeablePrograms: matching(
      ({ kind, mode, uid, gid }) =>
        kind === "file" &&
        (mode & 0o111) !== 0 &&
        (uid !== 0 || (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0)),
    ),
    largeIds: collected.largeIds(image),
    openAccounts: collected.openAccounts(image),
    leftOvers: collected.leftOvers(image),
    buildTools: buildTools(tree, environment),
    notAssessed: [...start.notFollowed, ...(problem === undefined ? [] : [problem])],
  };
}

function found(paths: Iterable<string>): Found {
  let count = 0;
  const some: string[] = [];
  for (const path of paths) {
    count++;
    if (some.length < MAX_SAMPLE) some.push(path);
  }
  return { count, paths: some };
}

function* deletedBelow({ tree }: Pick<ImageRead, "tree">, folders: readonly string[]): Generator<string> {
  for (const folder of folders)
    for (const { path, goneIn } of tree.everBelow(folder))
      if (goneIn !== undefined || tree.entry(path) === undefined) yield path;
}

/** They come with the machine's driver, and are put in as the container starts. */
const OF_THE_DRIVER = /^lib(?:cuda|nvidia-[\w-]+|nvcuvid|nvoptix|nvidia|GLX_nvidia|EGL_nvidia)\.so/;
/** A job has no display, so that what Python draws windows with is left out of many images on purpose. */
const OF_A_DISPLAY = /\/_tkinter\.[^/]*$/;
const MAX_ABSENT = 100;

function librariesOf(
  image: Pick<ImageRead, "tree" | "layers">,
  collected: FitnessCollector,
  own: string,
): Pick<FitnessFacts, "machines" | "absentLibraries"> {
  const machines = new Map<string, { count: number; paths: string[] }>();
  const absentLibraries = new Map<string, { count: number; paths: string[] }>();
  const note = (into: typeof machines, key: string, path: string): void => {
    const known = into.get(key) ?? { count: 0, paths: [] };
    known.count++;
    if (known.paths.length < MAX_SAMPLE) known.paths.push(path);
    into.set(key, known);
  };
  for (const [path, { architecture, needed }] of collected.elfs(image)) {
    note(machines, architecture, path);
    if (architecture !== own) continue;
    for (const written of needed) {
      const name = written.slice(written.lastIndexOf("/") + 1).slice(0, 200);
      if (collected.hasLibrary(name) || OF_THE_DRIVER.test(name) || OF_A_DISPLAY.test(path)) continue;
      if (absentLibraries.size < MAX_ABSENT || absentLibraries.has(name)) note(absentLibraries, name, path);
    }
  }
  return { machines, absentLibraries };
}

const BUILD_TOOLS = [
  "gcc",
  "g++",
  "clang",
  "gfortran",
  "make",
  "cmake",
  "ninja",
  "rustc",
  "cargo",
  "go",
  "nvcc",
];
const FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function buildTools(tree: ImageTree, environment: ReadonlyMap<string, string>): string[] {
  const folders = (environment.get("PATH") ?? FOLDERS).split(":").slice(0, 100);
  return BUILD_TOOLS.filter((name) =>
    folders.some((folder) => folder.startsWith("/") && tree.entry(`${folder}/${name}`) !== undefined),
  );
}
