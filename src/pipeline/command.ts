import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import type { EngineName } from "../engine/engine.ts";
import type { PratiqueError } from "../errors.ts";
import type { Report } from "../evidence/report.ts";
import { findProfile } from "../profiles/find.ts";
import type { Profile } from "../profiles/profile.ts";
import type { ProgressSink } from "./collector.ts";
import { locateProject, type ProjectPlace, type ReadDockerfile, readDockerfile } from "./project.ts";

export interface CommandOptions {
  /** Project folder or Dockerfile; an image's name for `inspect` and `test`; `-` for standard input (lint). */
  readonly target: string;
  readonly engine?: EngineName | undefined;
  readonly config?: string | undefined;
  readonly profile?: string | undefined;
  /** Dockerfile to use in place of the folder's own. */
  readonly file?: string | undefined;
  readonly output: string;
  /** Also run with a read-only root file system. */
  readonly foreseen?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly progress: ProgressSink;
}

export interface CommandResult {
  readonly report: Report;
  /** What kept a step from being done; the report says which step. */
  readonly failure: PratiqueError | undefined;
}

export const SCAN_REASON =
  "This version runs no vulnerability scanner. Until one does, run Trivy yourself: trivy image <the image's name>.";

export interface Opened {
  readonly place: ProjectPlace;
  readonly read: ReadDockerfile;
  readonly config: Config;
  readonly profile: Profile;
}

/** Finds the project, its settings, its policy and its Dockerfile. */
export async function openProject(options: CommandOptions): Promise<Opened> {
  const place = await locateProject(options.target);
  const config = await loadConfig(place.root, options.config);
  const profile = findProfile(options.profile ?? config.profile);
  const named = options.file === undefined ? (place.file ?? config.dockerfile) : resolve(options.file);
  return { place, read: await readDockerfile(place.root, named), config, profile };
}
