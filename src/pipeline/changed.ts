import { basename, dirname, relative, resolve, sep } from "node:path";
import { isMap, isScalar, isSeq, type Node, parseDocument } from "yaml";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { PratiqueError } from "../errors.ts";
import { changedSince } from "../system/git.ts";
import { readSmallFile } from "./project.ts";
import { findUnits } from "./targets.ts";

/** One Dockerfile with its project. Paths lead from the folder where the command was given, with forward slashes. */
export interface ChangedProject {
  /** Differs from every other's; letters, digits, `.`, `_` and `-`: fit for the name of a job or an artefact. */
  readonly name: string;
  /** The folder that is the build context; `.` for the one where the command was given. */
  readonly project: string;
  readonly file: string;
}

export interface ChangedProjects {
  readonly include: readonly ChangedProject[];
  /** How many there are, changed or not. */
  readonly all: number;
  /** Why all of them count, where that was not asked for. */
  readonly note: string | undefined;
}

interface Place {
  /** Absolute, both. */
  readonly root: string;
  readonly file: string;
  /** Files and folders outside `root` that the project's settings name; absolute. */
  readonly elsewhere: readonly string[];
}

/** What a forge says for “there is nothing before this”. */
const NO_COMMIT = /^0+$/;

/**
 * The Dockerfiles below a folder whose projects differ from what they were where the branch of now left `since`: in a
 * file of the build context, or in one that the settings name. All of them without `since`, and where git cannot tell,
 * since what was not compared may have changed. Fails with `project.not-found`, `project.no-dockerfile`, and with
 * `usage.bad-argument` for what can be no commit.
 */
export async function changedProjects(folder: string, since: string | undefined): Promise<ChangedProjects> {
  const top = resolve(folder);
  const places = await placesBelow(top);
  const all = places.length;
  const every = (note: string | undefined): ChangedProjects => ({ include: named(places), all, note });
  if (since === undefined || since === "") return every(undefined);
  if (NO_COMMIT.test(since)) return every("There is no commit before this one: all projects count.");
  const changed = await changedSince(top, since);
  if (changed === undefined)
    return every(`Git cannot compare with ${since.slice(0, 60)} here: all projects count.`);
  const touched = ({ root, file, elsewhere }: Place): boolean =>
    changed.some((path) => path === file || [root, ...elsewhere].some((place) => isWithin(path, place)));
  return { include: named(places.filter(touched), places), all, note: undefined };
}

async function placesBelow(top: string): Promise<Place[]> {
  const units = (await findUnits(top)).filter(({ kind }) => kind === "dockerfile");
  const folders = new Set([top, ...units.flatMap(({ root }) => [...upTo(top, root)])]);
  const settings = new Map<string, Config>();
  for (const folder of folders) settings.set(folder, await loadConfig(folder, undefined));
  const placeOf = (root: string, file: string): Place => ({
    root,
    file,
    elsewhere: pathsOutside(root, settings.get(root)?.file),
  });
  // A folder whose settings name its Dockerfile is the context of that one, wherever it lies, and of no other.
  const chosen = [...settings].flatMap(([root, { dockerfile }]) =>
    dockerfile === undefined ? [] : [placeOf(root, dockerfile)],
  );
  const taken = new Set(chosen.flatMap(({ root, file }) => [root, file]));
  const others = units.filter(({ root, file }) => !taken.has(root) && !taken.has(file));
  const places = [...chosen, ...others.map(({ root, file }) => placeOf(root, file))];
  if (places.length > 0) return places;
  throw new PratiqueError("project.no-dockerfile", `There is no Dockerfile in ${top}.`, {
    hint: "Name the folder that holds the projects.",
  });
}

/** A folder and those above it, as far as `top`. */
function* upTo(top: string, folder: string): Generator<string> {
  for (let at = folder; isWithin(at, top); at = dirname(at)) {
    yield at;
    if (at === top) return;
  }
}

/** Every value of the settings that leads out of their folder, whatever its key: arguments, data, profiles. */
function pathsOutside(root: string, settings: string | undefined): string[] {
  const content = settings === undefined ? undefined : readSmallFile(settings);
  if (settings === undefined || content === undefined) return [];
  const found: string[] = [];
  const pending: unknown[] = [parseDocument(content.toString("utf8")).contents];
  for (const node of pending) {
    if (isMap(node)) pending.push(...node.items.map(({ value }) => value));
    else if (isSeq(node)) pending.push(...(node.items as Node[]));
    else if (isScalar(node) && typeof node.value === "string" && node.value.includes("/"))
      found.push(resolve(dirname(settings), node.value));
  }
  return found.filter((path) => !isWithin(path, root));
}

const isWithin = (path: string, folder: string): boolean =>
  path === folder || folder === sep || path.startsWith(folder + sep);

/** `among` are all that there are: a name is to stay the same whatever else has changed. */
function named(places: readonly Place[], among: readonly Place[] = places): ChangedProject[] {
  const lone = (root: string): boolean => among.filter((place) => place.root === root).length === 1;
  return places.map(({ root, file }) => {
    const project = display(root);
    const words = lone(root) ? project : `${project}/${basename(file)}`;
    const plain = words === "." ? basename(root) : words;
    return {
      name: plain.replace(/[^\w.-]+/g, "-").replace(/^[-.]+/, "") || "project",
      project,
      file: display(file),
    };
  });
}

const display = (path: string): string => relative(process.cwd(), path).split(sep).join("/") || ".";
