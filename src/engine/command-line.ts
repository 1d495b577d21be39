import { readFile } from "node:fs/promises";
import { PassThrough, type Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { PratiqueError } from "../errors.ts";
import { type ProcessResult, run, type SpawnOptions } from "../system/process.ts";
import type {
  Adjustments,
  BuildPlan,
  ContainerPlan,
  ContainerResult,
  ContainerState,
  Engine,
  EngineInfo,
  ImageConfig,
  Labelled,
  RunOptions,
} from "./engine.ts";
import { writeEnvironment } from "./environment.ts";
import { readImageConfig, readRepositoryDigests } from "./image-json.ts";
import { asArray, field, parseJson } from "./json.ts";

/** Milliseconds after which a call that only asks for something is given up: an engine that hangs must not hang us. */
const QUESTION_TIMEOUT = 60_000;
/** Milliseconds that a daemon gets to clear up after a build that was given up. */
const SETTLE_PATIENCE = 8000;

/** Words of an engine that looked at something which was removed meanwhile. */
const VANISHED = /image not known|no such container/i;

/** What differs between the engines' command lines; the rest is shared below. */
export interface Dialect {
  readonly program: string;
  /** True where the program builds, false where it asks a daemon to: then there are no steps below it. */
  readonly buildsItself: boolean;
  /** Options before the sub-command, and the environment. */
  global(adjustments: Adjustments): readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  build(plan: BuildPlan): readonly string[];
  run(plan: ContainerPlan): readonly string[];
  /** The value of `--tmpfs` for a folder that everybody may write. */
  temporary(path: string): string;
  importArgs(tag: string): readonly string[];
  /** Options of `save` that give Docker's form. */
  readonly saveArgs: readonly string[];
  /** Options of `run` and `build` that change limits. */
  limits(adjustments: Adjustments, forBuild: boolean): readonly string[];
  /** Removes a folder as the user whom containers take for root, where that is another one than we are. */
  removeFolder?(path: string): readonly string[];
  /** Where `--runtime` stands: before the sub-command (Podman) or among run's options (Docker). */
  readonly runRuntime: (adjustments: Adjustments) => readonly string[];
}

export class CommandLineEngine implements Engine {
  readonly info: EngineInfo;
  readonly adjustments: Adjustments;
  readonly #dialect: Dialect;

  constructor(dialect: Dialect, info: EngineInfo, adjustments: Adjustments = { notes: [] }) {
    this.#dialect = dialect;
    this.info = info;
    this.adjustments = adjustments;
  }

  with(adjustments: Adjustments): Engine {
    return new CommandLineEngine(this.#dialect, this.info, adjustments);
  }

  async build(plan: BuildPlan, options: RunOptions & { readonly outputFile: string }): Promise<string> {
    const { onLine, outputFile } = options;
    // The engine's complaints stand at the end of what it printed.
    let tail = "";
    const before = this.#dialect.buildsItself ? undefined : await this.#containers();
    const result = await this.#call(
      [
        "build",
        ...this.#dialect.build(plan),
        ...this.#dialect.limits(this.adjustments, true),
        ...labelArgs(plan.labels),
        ...(plan.network === undefined ? [] : ["--network", plan.network]),
        ...(plan.target === undefined ? [] : ["--target", plan.target]),
        ...Object.entries(plan.args).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
        "--platform",
        plan.platform,
        "--file",
        plan.dockerfile,
        "--tag",
        plan.tag,
        "--iidfile",
        plan.idFile,
        plan.context,
      ],
      {
        ...pick(options),
        outputFile,
        onLine: (line) => {
          tail = `${tail}\n${line}`.slice(-64 * 1024);
          onLine?.(line);
        },
        endStepFirst: this.#dialect.buildsItself,
      },
    ).catch(async (error: unknown) => {
      // The daemon stops the step that it was at and removes its container, a moment after its client has gone.
      if (before !== undefined) await this.#settle(before);
      throw error;
    });
    if (result.code !== 0) throw this.#failure("The image could not be built", { ...result, stderr: tail });
    const id = (await readFile(plan.idFile, "utf8")).trim();
    return id.startsWith("sha256:") ? id : `sha256:${id}`;
  }

  async #containers(): Promise<ReadonlySet<string>> {
    const { stdout } = await this.#call(["ps", "--all", "--quiet", "--no-trunc"], {
      timeout: QUESTION_TIMEOUT,
    });
    return new Set(stdout.split("\n").filter(Boolean));
  }

  /** Waits until there are no containers but those that were there before, or for as long as is reasonable. */
  async #settle(before: ReadonlySet<string>): Promise<void> {
    for (let waited = 0; waited < SETTLE_PATIENCE; waited += 200) {
      if ([...(await this.#containers())].every((id) => before.has(id))) return;
      await sleep(200);
    }
  }

  async inspectImage(reference: string): Promise<ImageConfig> {
    return readImageConfig(await this.#imageJson(reference), reference);
  }

  async repositoryDigest(reference: string): Promise<string | undefined> {
    try {
      return readRepositoryDigests(await this.#imageJson(reference), reference);
    } catch (error) {
      if (error instanceof PratiqueError && error.code === "image.not-found") return undefined;
      throw error;
    }
  }

  async #imageJson(reference: string): Promise<unknown> {
    const result = await this.#call(["image", "inspect", "--", reference], { timeout: QUESTION_TIMEOUT });
    if (result.code !== 0) {
      if (/no such image|not known|not found|unable to find|invalid reference/i.test(result.stderr)) {
        throw new PratiqueError("image.not-found", `${this.info.name} has no image “${reference}”.`, {
          hint: `See “${this.info.name} images” for what is there, or build it with “pratique build”.`,
        });
      }
      throw this.#failure("The image could not be inspected", result);
    }
    return parseJson(result.stdout, this.info.name);
  }

  async streamImage(
    reference: string,
    read: (archive: Readable) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<void> {
    const archive = new PassThrough({ highWaterMark: 1024 * 1024 });
    const reading = read(archive);
    const done = this.#piped(["save", ...this.#dialect.saveArgs, "--", reference], archive, signal).finally(
      () => archive.end(),
    );
    const [saved, taken] = await Promise.allSettled([done, reading]);
    if (saved.status === "rejected") throw saved.reason;
    // What the engine complains about is the reason for whatever the reader missed.
    if (saved.value.code !== 0) throw this.#failure("The image could not be read", saved.value);
    if (taken.status === "rejected") throw taken.reason;
  }

  async importImage(tar: Uint8Array, tag: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const changes = Object.entries(labels).flatMap(([name, value]) => ["--change", `LABEL ${name}=${value}`]);
    const result = await this.#call(["import", ...changes, ...this.#dialect.importArgs(tag)], {
      input: tar,
      timeout: QUESTION_TIMEOUT,
    });
    if (result.code !== 0) throw this.#failure("A small test image could not be stored", result);
  }

  async saveImage(reference: string, file: string, signal?: AbortSignal): Promise<void> {
    const result = await this.#call(["save", ...this.#dialect.saveArgs, "--output", file, reference], {
      ...(signal === undefined ? {} : { signal }),
    });
    if (result.code !== 0) throw this.#failure("The image could not be saved", result);
  }

  async runContainer(plan: ContainerPlan, options: RunOptions): Promise<ContainerResult> {
    const environment = await writeEnvironment(plan);
    const result = await this.#call(
      [
        "run",
        "--name",
        plan.name,
        ...labelArgs(plan.labels),
        ...this.#dialect.runRuntime(this.adjustments),
        ...this.#dialect.limits(this.adjustments, false),
        "--user",
        plan.user,
        "--network",
        plan.network,
        // Kubernetes knows no HEALTHCHECK, and a program of ours would answer it.
        "--no-healthcheck",
        // We keep the output; a second copy would fill the engine's disk, and take three times as long (measured).
        "--log-driver",
        "none",
        "--cap-drop",
        "ALL",
        ...plan.capabilities.flatMap((capability) => ["--cap-add", capability]),
        ...(plan.noNewPrivileges ? ["--security-opt", "no-new-privileges"] : []),
        // Shared folders would otherwise need relabelling on machines with SELinux.
        "--security-opt",
        "label=disable",
        ...plan.mounts.flatMap((mount) => [
          "--mount",
          `type=bind,source=${csv(mount.source)},target=${csv(mount.target)}${mount.readOnly ? ",readonly" : ""}`,
        ]),
        ...plan.temporary.flatMap((path) => ["--tmpfs", this.#dialect.temporary(path)]),
        ...environment.args,
        ...(plan.workingDirectory === undefined ? [] : ["--workdir", plan.workingDirectory]),
        ...this.#resources(plan),
        ...(plan.sharedMemory === undefined ? [] : ["--shm-size", plan.sharedMemory]),
        ...(plan.entrypoint === undefined ? [] : ["--entrypoint", plan.entrypoint]),
        ...this.#dialect.run(plan),
        "--",
        plan.image,
        ...plan.command,
      ],
      { ...pick(options), keep: 64 * 1024, env: environment.variables },
    ).finally(environment.remove);
    return { code: result.code, stderr: result.stderr, timedOut: result.timedOut };
  }

  /** A rootless engine cannot limit anything on cgroup v1, and would say so among the program's own words. */
  #resources({ memory, processes, processors }: ContainerPlan): string[] {
    if (this.info.rootless && this.info.cgroupVersion === "v1") return [];
    return [
      ...(memory === undefined ? [] : ["--memory", memory, "--memory-swap", memory]),
      ...(processes === undefined ? [] : ["--pids-limit", String(processes)]),
      ...(processors === undefined ? [] : ["--cpus", String(processors)]),
    ];
  }

  async containerState(name: string): Promise<ContainerState | undefined> {
    const result = await this.#call(["container", "inspect", "--", name], { timeout: QUESTION_TIMEOUT });
    if (result.code !== 0) return undefined;
    const [first] = asArray(parseJson(result.stdout, this.info.name));
    const state = field(first, "State");
    return {
      started: !/^(?:created|configured|initialized)$/.test(String(field(state, "Status") ?? "")),
      exitCode: Number(field(state, "ExitCode") ?? -1),
      outOfMemory: field(state, "OOMKilled") === true,
      error: String(field(state, "Error") ?? ""),
    };
  }

  async kill(name: string, signal = "KILL"): Promise<void> {
    await this.#call(["kill", "--signal", signal, "--", name], { timeout: QUESTION_TIMEOUT });
  }

  async remove(name: string): Promise<void> {
    const result = await this.#call(["rm", "--force", "--volumes", "--", name], {
      timeout: QUESTION_TIMEOUT,
    });
    if (result.code !== 0 && !/no such container|no container with/i.test(result.stderr)) {
      throw this.#failure("A container could not be removed", result);
    }
  }

  async removeImage(reference: string): Promise<void> {
    await this.#call(["rmi", "--force", "--", reference], { timeout: QUESTION_TIMEOUT });
  }

  async removeFolder(path: string): Promise<boolean> {
    const args = this.#dialect.removeFolder?.(path);
    return args !== undefined && (await this.#call(args)).code === 0;
  }

  labelled(label: string): Promise<readonly Labelled[]> {
    return this.#labelled("container", ["ps", "--all"], label);
  }

  labelledImages(label: string): Promise<readonly Labelled[]> {
    return this.#labelled("image", ["images"], label);
  }

  async #labelled(
    kind: "container" | "image",
    list: readonly string[],
    label: string,
  ): Promise<readonly Labelled[]> {
    const ask = (): Promise<ProcessResult> =>
      this.#call([...list, "--quiet", "--no-trunc", "--filter", `label=${label}`], {
        timeout: QUESTION_TIMEOUT,
      });
    let listed = await ask();
    // Podman gives up the whole list where one of them vanishes while it is made (measured).
    for (let again = 0; again < 5 && listed.code !== 0 && VANISHED.test(listed.stderr); again++)
      listed = await ask();
    if (listed.code !== 0) throw this.#failure(`The ${kind}s could not be listed`, listed);
    const ids = listed.stdout.split("\n").filter((id) => /^(?:sha256:)?[0-9a-f]{12,}$/.test(id));
    if (ids.length === 0) return [];
    // One may vanish in between: what could be inspected is printed all the same.
    const result = await this.#call([kind, "inspect", ...ids], { timeout: QUESTION_TIMEOUT });
    return asArray(parseJson(result.stdout || "[]", this.info.name)).flatMap((entry) => {
      const id = field(entry, "Id");
      const value = field(field(field(entry, "Config"), "Labels"), label);
      return typeof id === "string" && typeof value === "string" ? [{ id, value }] : [];
    });
  }

  /**
   * Podman opens /dev/stdout anew, which fails on the sockets that Node gives its children (measured): a shell puts a
   * pipe in between, and says how the program ended.
   */
  async #piped(
    words: readonly string[],
    output: PassThrough,
    signal: AbortSignal | undefined,
  ): Promise<ProcessResult> {
    const options = {
      ...(signal === undefined ? {} : { signal }),
      stdoutTo: output,
      env: this.#dialect.environment,
    };
    const args = [...this.#dialect.global(this.adjustments), ...words];
    if (process.platform === "win32") return run(this.#dialect.program, args, options);
    const result = await run(
      "sh",
      ["-c", '{ "$@" || echo "engine: exit $?" >&2; } | cat', "sh", this.#dialect.program, ...args],
      options,
    );
    const failed = /^engine: exit (\d+)$/m.exec(result.stderr);
    return failed === null
      ? result
      : { ...result, code: Number(failed[1]), stderr: result.stderr.replace(failed[0], "") };
  }

  #call(args: readonly string[], options: SpawnOptions = {}): Promise<ProcessResult> {
    return run(this.#dialect.program, [...this.#dialect.global(this.adjustments), ...args], {
      ...options,
      env: { ...this.#dialect.environment, ...options.env },
    });
  }

  #failure(what: string, result: ProcessResult): PratiqueError {
    return engineFailure(this.info.name, what, result);
  }
}

/** The last words of the engine, made into an error with the code that fits them. */
export function engineFailure(
  name: string,
  what: string,
  result: Pick<ProcessResult, "stderr" | "code" | "timedOut">,
): PratiqueError {
  const words = lastWords(result.stderr);
  if (result.timedOut) {
    return new PratiqueError("engine.failed", `${what}: ${name} did not answer in time.`, {
      hint: `Restart ${name} and try again; “pratique doctor” checks it.`,
    });
  }
  if (/no space left on device|disk quota exceeded/i.test(result.stderr)) {
    return new PratiqueError("engine.no-space", `${what}: there is no space left on the disk.`, {
      hint: `Free some: “${name} system df” shows what takes it, “${name} image prune” removes unused images.`,
    });
  }
  return new PratiqueError("engine.failed", `${what}: ${words === "" ? `exit code ${result.code}` : words}`, {
    hint: `“pratique doctor” checks whether ${name} works on this machine.`,
  });
}

/** The last line that says something, without the prefix that engines put before it. */
export function lastWords(stderr: string): string {
  const line = stderr
    .split(/\r?\n/)
    .map((text) => text.trim())
    .findLast((text) => text !== "" && !text.startsWith("See 'docker") && !text.startsWith("Run 'docker"));
  return (line ?? "").replace(/^(?:Error|docker):\s*/i, "").slice(0, 600);
}

function pick(options: RunOptions): SpawnOptions {
  return {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.onStdout === undefined ? {} : { onStdout: options.onStdout }),
    ...(options.onStderr === undefined ? {} : { onStderr: options.onStderr }),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
  };
}

const labelArgs = (labels: Readonly<Record<string, string>>): string[] =>
  Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]);

/** A value inside `--mount`, which is read as one line of CSV. */
const csv = (value: string): string => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
