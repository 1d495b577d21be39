import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PratiqueError } from "../errors.ts";
import { type ProcessResult, run } from "../system/process.ts";
import { lastWords } from "./command-line.ts";
import type {
  ContainerPlan,
  ContainerResult,
  ContainerRunner,
  ContainerState,
  RunOptions,
} from "./engine.ts";

const PROGRAMS = ["apptainer", "singularity"] as const;
const ANSWER_TIMEOUT = 20_000;
/** What Apptainer itself answers when it fails; programs seldom use it. */
const FAILED = 255;

export interface InstalledApptainer {
  readonly name: (typeof PROGRAMS)[number];
  readonly version: string;
}

/** Apptainer, or Singularity that it came from, where one of them is installed and answers. */
export async function findApptainer(): Promise<InstalledApptainer | undefined> {
  for (const name of PROGRAMS) {
    try {
      const { code, stdout } = await run(name, ["--version"], { timeout: ANSWER_TIMEOUT });
      const version = /(\d+(?:\.\d+)+\S*)/.exec(stdout)?.[1];
      if (code === 0 && version !== undefined) return { name, version };
    } catch (error) {
      // Not there, or not for us to start.
      if (!(error instanceof PratiqueError) || error.code !== "tool.failed") throw error;
    }
  }
  return undefined;
}

/** Makes an image file of an archive in Docker's form, as `ces-pull apptainer` makes one of the registry's image. */
export async function buildSif(
  { name }: InstalledApptainer,
  archive: string,
  sif: string,
  signal: AbortSignal,
): Promise<void> {
  const result = await run(name, ["build", sif, `docker-archive:${archive}`], {
    env: cleared(name),
    signal,
  });
  if (result.code !== 0) throw failure("The image could not be made into a file for Apptainer", name, result);
}

/**
 * Starts containers with Apptainer itself. Nothing of this machine reaches the container: neither its variables, nor
 * its home, /tmp or current folder. The user is the one who started pratique, and there is no network.
 */
export class ApptainerRunner implements ContainerRunner {
  readonly info: InstalledApptainer;
  readonly #sif: string;
  /** Where Apptainer keeps what stands for the desktop's /tmp. */
  readonly #folder: string;
  readonly #running = new Map<string, AbortController>();
  readonly #ended = new Map<string, ContainerState>();

  constructor(info: InstalledApptainer, sif: string, folder: string) {
    this.info = info;
    this.#sif = sif;
    this.#folder = folder;
  }

  async runContainer(plan: ContainerPlan, options: RunOptions): Promise<ContainerResult> {
    const { name } = this.info;
    const ended = new AbortController();
    this.#running.set(plan.name, ended);
    const workdir = join(this.#folder, plan.name);
    await mkdir(workdir, { recursive: true });
    try {
      const result = await run(name, apptainerArgs(plan, this.#sif, workdir), {
        env: { ...cleared(name), ...prefixed(name, plan.environment) },
        signal: AbortSignal.any([ended.signal, ...(options.signal === undefined ? [] : [options.signal])]),
        keep: 64 * 1024,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.onStdout === undefined ? {} : { onStdout: options.onStdout }),
        ...(options.onStderr === undefined ? {} : { onStderr: options.onStderr }),
        ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
      });
      const fatal = result.code === FAILED && /^(?:FATAL|ERROR)\b/m.test(result.stderr);
      const error = fatal ? lastWords(result.stderr) : "";
      this.#ended.set(plan.name, { started: true, exitCode: result.code ?? -1, outOfMemory: false, error });
      return { code: result.code, stderr: result.stderr, timedOut: result.timedOut };
    } catch (error) {
      if (!ended.signal.aborted || options.signal?.aborted === true) throw error;
      this.#ended.set(plan.name, { started: true, exitCode: 137, outOfMemory: false, error: "" });
      return { code: 137, stderr: "", timedOut: false };
    } finally {
      this.#running.delete(plan.name);
    }
  }

  async containerState(name: string): Promise<ContainerState | undefined> {
    return this.#ended.get(name);
  }

  async kill(name: string): Promise<void> {
    this.#running.get(name)?.abort(new PratiqueError("interrupted", "The container was ended."));
  }

  /** The program's end is the container's: nothing is left of it but what is in our own folder. */
  async remove(name: string): Promise<void> {
    await this.kill(name);
  }
}

/** `exec` in place of `run`: the program is the image's, and the recorder may stand before it. */
export function apptainerArgs(plan: ContainerPlan, sif: string, workdir: string): string[] {
  const home = plan.workingDirectory;
  const mounts = plan.mounts.filter(({ target }) => !target.startsWith("/etc/") && target !== home);
  const homeMount = plan.mounts.find(({ target }) => target === home);
  return [
    "exec",
    "--contain",
    "--workdir",
    workdir,
    "--no-privs",
    "--net",
    "--network",
    "none",
    ...(homeMount === undefined ? [] : ["--home", `${homeMount.source}:${homeMount.target}`]),
    ...(home === undefined ? [] : ["--pwd", home]),
    ...mounts.flatMap(({ source, target, readOnly }) => [
      "--mount",
      `type=bind,source=${quoted(source)},destination=${quoted(target)}${readOnly ? ",ro" : ""}`,
    ]),
    sif,
    ...(plan.entrypoint === undefined ? [] : [plan.entrypoint]),
    ...plan.command,
  ];
}

/** A value inside `--mount`, which is read as one line of CSV. */
const quoted = (value: string): string => (/[",]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** What Apptainer needs of our own environment; the rest would go into the container. */
const NEEDED = new Set(["PATH", "HOME", "TMPDIR", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"]);

function cleared(name: InstalledApptainer["name"]): Record<string, string | undefined> {
  const settings = new RegExp(`^${name.toUpperCase()}_(?:CACHEDIR|TMPDIR|CONFIGDIR)$`);
  return Object.fromEntries(
    Object.keys(process.env)
      .filter((key) => !NEEDED.has(key) && !settings.test(key))
      .map((key) => [key, undefined]),
  );
}

/** Variables for the container by Apptainer's own way; HOME is the mounted one's. */
const prefixed = (
  name: InstalledApptainer["name"],
  environment: Readonly<Record<string, string>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment)
      .filter(([key]) => key !== "HOME" && !/^(?:APPTAINER|SINGULARITY)_/.test(key))
      .map(([key, value]) => [`${name.toUpperCase()}ENV_${key}`, value]),
  );

function failure(what: string, name: string, result: ProcessResult): PratiqueError {
  return new PratiqueError(
    "engine.failed",
    `${what}: ${lastWords(result.stderr) || `exit code ${result.code}`}`,
    {
      hint: `See whether “${name} build” works on this machine; without it the engine imitates Apptainer.`,
    },
  );
}
