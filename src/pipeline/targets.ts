import { readdirSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { pathMatcher } from "../context/ignore.ts";
import { PratiqueError } from "../errors.ts";
import { compareText } from "../findings/finding.ts";
import { isScript, runFileKind } from "../run-files/read.ts";

export type UnitKind = "dockerfile" | "manifest" | "run-files";

/** One file that lint reads, or the run files of one folder together, with the folder that it belongs to. */
export interface Unit {
  readonly kind: UnitKind;
  /** Absolute; for run files the folder. */
  readonly file: string;
  /** Run files, relative to `root`, with forward slashes. */
  readonly files?: readonly string[] | undefined;
  /** A user named it; else it was found, and may be something else than its name says. */
  readonly named: boolean;
  /** Absolute path of the folder that is the build context. */
  readonly root: string;
  /** Absolute path of the folder whose settings hold: `root`, or one above it. */
  readonly settingsRoot: string;
}

/** Folders that hold other people's software. */
const FOREIGN = new Set(["node_modules", "site-packages", "__pycache__", "venv"]);
/** A folder deeper or larger than this is no project: what lies further down has to be named. */
const MAX_FOLDERS = 50_000;

const DOCKERFILE = /^(?:dockerfile|containerfile)(?:[._-][\w.-]+)?$|\.(?:dockerfile|containerfile)$/i;
/** Names that begin like a Dockerfile's and are something else. */
const OTHER =
  /\.(?:dockerignore|bak|c|cjs|cpp|cs|css|csv|diff|gif|go|gz|h|hpp|html?|ipynb|j2|java|jl|jpe?g|js|json|jsx|kt|lock|log|lua|md|mjs|orig|patch|pdf|php|pl|png|py|r|rb|rej|rmd|rs|rst|scala|sh|svg|swift|swp|tar|tcl|tex|tf|tgz|tmpl|toml|tsx?|txt|vim|xml|ya?ml|zip)$|~$/i;

export const isDockerfileName = (name: string): boolean => DOCKERFILE.test(name) && !OTHER.test(name);

/** What a file is by its name alone, when a user names it. Anything that is nothing else is a Dockerfile. */
export function kindOf(name: string): UnitKind {
  if (/\.(?:ya?ml|json)$/i.test(name)) return "manifest";
  return isRunFile(name) ? "run-files" : "dockerfile";
}

const isRunFile = (path: string): boolean => isScript(path) || runFileKind(path) !== undefined;

/** More of a kind than this in one folder are no manifests and no scripts that a person wrote. */
const MOST_OTHERS = 2000;

/**
 * What there is to lint below a folder: its Dockerfiles, its own first, then what may be a job manifest, then the files
 * and scripts that jobs are started with. Links to folders are not followed, and neither hidden folders nor those with
 * other people's software are entered. `.dockerignore` does not count: what starts a job need not be in its image.
 */
export async function findUnits(folder: string): Promise<Unit[]> {
  const dockerfiles: Unit[] = [];
  const manifests: Unit[] = [];
  const runFiles: string[] = [];
  let folders = 0;
  for (const pending = [folder]; pending.length > 0 && folders < MAX_FOLDERS; folders++) {
    const at = pending.pop() ?? folder;
    let entries: import("node:fs").Dirent[];
    try {
      entries = readdirSync(at, { withFileTypes: true });
    } catch (error) {
      if (at === folder) throw notFound(folder, error);
      continue;
    }
    // The settings of the folder that was named hold below it, unless a project further down has its own.
    const own = at !== folder && entries.some(({ name }) => SETTINGS.includes(name));
    for (const entry of entries) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) {
        if (!entry.name.startsWith(".") && !FOREIGN.has(entry.name)) pending.push(path);
      } else if (isDockerfileName(entry.name)) {
        if (entry.isFile() || entry.isSymbolicLink()) dockerfiles.push(unitOf(path, at, own ? at : folder));
      } else if (entry.isFile() && /\.ya?ml$/i.test(entry.name)) {
        if (manifests.length < MOST_OTHERS)
          manifests.push({ ...unitOf(path, folder, folder), kind: "manifest" });
      } else if (entry.isFile() && runFiles.length < MOST_OTHERS) {
        const name = relative(folder, path).split(sep).join("/");
        if (isRunFile(name)) runFiles.push(name);
      }
    }
  }
  const inOrder = (units: Unit[]): Unit[] =>
    units.sort((a, b) => depth(a.file) - depth(b.file) || compareText(a.file, b.file));
  const together: Unit[] =
    runFiles.length === 0
      ? []
      : [{ ...unitOf(folder, folder, folder), kind: "run-files", files: runFiles.sort(compareText) }];
  return [...inOrder(dockerfiles), ...inOrder(manifests), ...together];
}

const depth = (path: string): number => path.split(sep).length;

/**
 * What the words on the command line name: files, folders, patterns such as `**` + `/Dockerfile`. A folder whose
 * settings name its Dockerfile (`chosen` tells) stands for that one alone.
 */
export async function resolveTargets(
  targets: readonly string[],
  named: string | undefined,
  chosen: (folder: string) => Promise<string | undefined>,
  /** Files whose text is at hand: they need not be on disk yet. */
  texts: ReadonlyMap<string, string> = new Map(),
): Promise<Unit[]> {
  const units: Unit[] = [];
  for (const target of targets) {
    const absolute = resolve(target);
    const info = await stat(absolute).catch(() => undefined);
    if (info?.isDirectory() === true) {
      const file = named === undefined ? await chosen(absolute) : resolve(named);
      const found = await findUnits(absolute);
      if (file === undefined) units.push(...found);
      else units.push(unitOf(file, absolute, absolute), ...found.filter(({ kind }) => kind !== "dockerfile"));
    } else if (info !== undefined || texts.has(absolute)) {
      const root = dirname(absolute);
      units.push(namedUnit(absolute, root, await settingsRoot(root)));
    } else if (/[*?[]/.test(target)) {
      units.push(...(await matching(target)));
    } else {
      throw notFound(target, undefined);
    }
  }
  const seen = new Set<string>();
  const distinct = units.filter(({ kind, file, files = [] }) => {
    const key = `${kind} ${file} ${files.join(" ")}`;
    return !seen.has(key) && seen.add(key);
  });
  if (distinct.length === 0) throw noDockerfile(targets);
  return distinct;
}

/** For what holds nothing that can be linted. */
export function noDockerfile([first = "."]: readonly string[]): PratiqueError {
  return new PratiqueError("project.no-dockerfile", `There is no Dockerfile in ${resolve(first)}.`, {
    hint: "Name the project's folder, or the file with --file <file>.",
  });
}

const unitOf = (file: string, root: string, settings: string): Unit => ({
  kind: "dockerfile",
  file,
  root,
  settingsRoot: settings,
  named: false,
});

function namedUnit(file: string, root: string, settings: string): Unit {
  const kind = kindOf(basename(file));
  const unit: Unit = { ...unitOf(file, root, settings), kind, named: true };
  return kind === "run-files" ? { ...unit, file: root, files: [basename(file)] } : unit;
}

/** The nearest folder with settings, from `folder` up to where the command was given. */
async function settingsRoot(folder: string): Promise<string> {
  const top = process.cwd();
  const inside = folder === top || folder.startsWith(top + sep);
  for (let at = folder; inside; at = dirname(at)) {
    if (await hasSettings(at)) return at;
    if (at === top) break;
  }
  return folder;
}

const SETTINGS = [
  "pratique.yaml",
  "pratique.yml",
  ".hadolint.yaml",
  ".hadolint.yml",
  ".trivyignore",
  ".trivyignore.yaml",
];

async function hasSettings(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []);
  return SETTINGS.some((name) => names.includes(name));
}

/** What a report about these files is called. */
export function nameOf(units: readonly Unit[], targets: readonly string[]): string {
  const [first] = units;
  if (units.length === 1 && first !== undefined) return basename(first.root) || "project";
  const [target = "."] = targets;
  return targets.length === 1 ? basename(resolve(target)) || "project" : `${units.length} files`;
}

/** Files that a pattern names, `**` standing for any folders. The part before the first wildcard is where to look. */
async function matching(pattern: string): Promise<Unit[]> {
  const fixed = pattern.slice(0, pattern.search(/[*?[]/));
  const base = resolve(fixed.includes("/") ? fixed.slice(0, fixed.lastIndexOf("/") + 1) : ".");
  const wanted = relative(base, resolve(pattern)).split(sep).join("/");
  const matches = pathMatcher(wanted);
  const units: Unit[] = [];
  for (const pending = [base]; pending.length > 0; ) {
    const at = pending.pop() ?? base;
    for (const entry of await readdir(at, { withFileTypes: true }).catch(() => [])) {
      const path = join(at, entry.name);
      if (entry.isDirectory() && !entry.name.startsWith(".") && !FOREIGN.has(entry.name)) pending.push(path);
      else if (entry.isFile() && matches(relative(base, path).split(sep).join("/")))
        units.push(namedUnit(path, at, await settingsRoot(at)));
    }
  }
  if (units.length === 0) throw notFound(pattern, undefined);
  return units.sort((a, b) => compareText(a.file, b.file));
}

function notFound(path: string, cause: unknown): PratiqueError {
  return new PratiqueError("project.not-found", `There is no folder or file “${path}”.`, {
    hint: "Name the folder that holds the Dockerfile, for example: pratique lint my-project",
    cause,
  });
}
