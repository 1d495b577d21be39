import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { loadConfig } from "../config/load.ts";
import type { EngineName } from "../engine/engine.ts";
import type { PratiqueError } from "../errors.ts";
import type { Report } from "../evidence/report.ts";
import type { Severity } from "../findings/finding.ts";
import { type AskedRuntimes, findProfile } from "../profiles/find.ts";
import type { CesRunFiles } from "./ces-run.ts";
import type { ProgressSink } from "./collector.ts";
import { locateProject, type ProjectPlace, type ReadDockerfile, readDockerfile } from "./project.ts";
import { type Settings, withPeerSettings } from "./suppressions.ts";

export interface CommandOptions {
  /** Project folder or Dockerfile; an image's name for `inspect` and `test`; `-` for standard input (lint). */
  readonly target: string;
  readonly engine?: EngineName | undefined;
  readonly config?: string | undefined;
  readonly profile?: string | undefined;
  /** Only these rules run: ids, categories, peers' names. */
  readonly select?: readonly string[] | undefined;
  readonly ignore?: readonly string[] | undefined;
  /** Dockerfile to use in place of the folder's own. */
  readonly file?: string | undefined;
  readonly output: string;
  /** Runtimes to test in, and whether to show the others beside them. */
  readonly runtimes?: AskedRuntimes | undefined;
  /** Files as `ces-run` takes them. */
  readonly cesRun?: CesRunFiles | undefined;
  /** Job manifest that says how the test starts the container. */
  readonly manifest?: string | undefined;
  /** Test cases of the settings to run, by name; all of them unless given. */
  readonly cases?: readonly string[] | undefined;
  /** False: no second run to hear what the program asks for on the network. */
  readonly discover?: boolean | undefined;
  /** False compares no digests when an image is inspected, and reads no more than is wanted. */
  readonly verify?: boolean | undefined;
  readonly scan?: ScanChoices | undefined;
  readonly signal: AbortSignal;
  readonly progress: ProgressSink;
}

/** How the scanner is to be asked. Paths are as the user gave them. */
export interface ScanChoices {
  /** Folder or archive with Trivy's database: nothing is fetched. */
  readonly database?: string | undefined;
  /** Address of a Trivy server. */
  readonly server?: string | undefined;
  readonly vex?: readonly string[] | undefined;
  /** Reports of other scanners, and catalogues of what is exploited. */
  readonly imports?: readonly string[] | undefined;
}

export interface CommandResult {
  readonly report: Report;
  /** Least severity of findings that gives exit code 1, by the settings. */
  readonly failOn: Severity;
  /** What kept a step from being done; the report says which step. */
  readonly failure: PratiqueError | undefined;
}

export interface Opened extends Settings {
  readonly place: ProjectPlace;
  readonly read: ReadDockerfile;
}

/** The settings that hold for a folder: ours, those of other linters, and what the command line says. */
export async function settingsOf(
  root: string,
  options: Pick<CommandOptions, "config" | "profile" | "select" | "ignore">,
): Promise<Settings> {
  const loaded = await loadConfig(root, options.config);
  const config = {
    ...loaded,
    select: options.select ?? loaded.select,
    ignore: [...loaded.ignore, ...(options.ignore ?? [])],
  };
  const profile = findProfile(options.profile ?? config.profile);
  return withPeerSettings(root, await namesIn(root), config, profile);
}

async function namesIn(folder: string): Promise<ReadonlySet<string>> {
  // A folder that cannot be listed has no settings that could be read.
  return new Set(await readdir(folder).catch(() => []));
}

/** Finds the project, its settings, its policy and its Dockerfile. */
export async function openProject(options: CommandOptions): Promise<Opened> {
  const place = await locateProject(options.target);
  const settings = await settingsOf(place.root, options);
  const named =
    options.file === undefined ? (place.file ?? settings.config.dockerfile) : resolve(options.file);
  return { place, read: await readDockerfile(place.root, named), ...settings };
}
