import { relative, resolve, sep } from "node:path";
import { PratiqueError } from "../errors.ts";
import { plural } from "../findings/counting.ts";
import type { FixedFile } from "../fix/result.ts";
import type { DigestSource } from "../registry/client.ts";
import { forget } from "../remember.ts";
import type { DockerfileFacts } from "../rules/rule.ts";
import type { ShellcheckFacts } from "../scanners/shellcheck.ts";
import type { Collector } from "./collector.ts";
import { type CommandOptions, settingsOf } from "./command.ts";
import { judge } from "./judge.ts";
import { type Beside, judgeDockerfile } from "./judge-dockerfile.ts";
import type { LintOptions } from "./lint.ts";
import type { ReadDockerfile, Surroundings } from "./project.ts";
import { displayPath, dockerfileFacts, parseBytes, readDockerfile, readSurroundings } from "./project.ts";
import { askShellcheck } from "./shellcheck.ts";
import type { Settings } from "./suppressions.ts";
import type { Unit } from "./targets.ts";

/** Judges one Dockerfile, and hands what is said of it to the report. Gives the number of findings. */
export async function lintFacts(
  collector: Collector,
  facts: DockerfileFacts,
  settings: Settings,
  beside: Beside,
): Promise<number> {
  const { judgements, waivers } = await judgeDockerfile(facts, settings, beside);
  collector.waive(waivers);
  return judgements.reduce((sum, judgement) => sum + collector.judge(judgement), 0);
}

export function noteLimits(collector: Collector, { source, context }: Surroundings): void {
  for (const { file, reason } of source.skipped.slice(0, 5))
    collector.note(`${file} was not read: ${reason}.`);
  if (context.truncated) collector.note("The project has more files than are looked at.");
}

/**
 * So many Dockerfiles in one folder are a collection and no project: the files around them belong to none of them, and
 * are not looked at.
 */
const COLLECTION = 20;

/** After so many files memory is freed: often enough to stay small, seldom enough to cost nothing. */
const OFTEN = 1000;

/** ShellCheck takes some milliseconds for each RUN: too long for a folder of thousands, unless it is asked for. */
const FEW = 20;

/** The facts that are not whole when a file of a kind cannot be read. */
const KINDS = { dockerfile: "dockerfile", manifest: "job", "run-files": "run-files" } as const;

/** Reads and judges one file after the other; what files of one folder share is read once. */
export class UnitReader {
  readonly #collector: Collector;
  readonly #options: CommandOptions & LintOptions;
  readonly #perFolder = new Map<string, number>();
  readonly #settings = new Map<string, Promise<Settings>>();
  #surroundings: { readonly root: string; readonly read: Promise<Surroundings> } | undefined;
  readonly #projects: Unit[] = [];
  readonly fixes: FixedFile[] = [];
  #registry: DigestSource | undefined;
  /**
   * What was judged last. While an object of each kind is held, V8 keeps the machine code that it has made for them:
   * without this it throws away most of its code each time memory is freed.
   */
  #last: DockerfileFacts | undefined;
  #units = 0;
  #dockerfiles = 0;
  #sources = 0;
  #manifests = 0;
  #runFiles = 0;
  /** Dockerfiles, and files in all. */
  readonly #count: number;
  readonly #files: number;

  constructor(collector: Collector, options: CommandOptions & LintOptions, units: readonly Unit[]) {
    this.#collector = collector;
    this.#options = options;
    const dockerfiles = units.filter(({ kind }) => kind === "dockerfile");
    this.#count = dockerfiles.length;
    this.#files = units.length;
    for (const { root } of dockerfiles) this.#perFolder.set(root, (this.#perFolder.get(root) ?? 0) + 1);
  }

  /** A file that cannot be read is named, and the others are linted all the same. Gives the number of findings. */
  async lint(unit: Unit): Promise<number> {
    if (++this.#units % OFTEN === 0) {
      forget();
      const { freeMemory } = await import("../system/memory.ts");
      this.#last = freeMemory(this.#last);
    }
    try {
      return await this.#lint(unit);
    } catch (error) {
      if (!(error instanceof PratiqueError) || error.code === "interrupted" || this.#files === 1) throw error;
      this.#collector.fail(error, KINDS[unit.kind]);
      return 0;
    }
  }

  /** Whether anything was there that is what it was taken for: any YAML may be a manifest, and any script a job's. */
  get metSomething(): boolean {
    return this.#count + this.#manifests > 0;
  }

  /** `3 Dockerfiles, 12 source files, 1 job manifest`. */
  detail(): string {
    const parts = [
      ...(this.#dockerfiles === 0
        ? []
        : [this.#dockerfiles === 1 ? "Dockerfile" : plural(this.#dockerfiles, "Dockerfile")]),
      ...(this.#dockerfiles === 0 ? [] : [plural(this.#sources, "source file")]),
      ...(this.#manifests === 0 ? [] : [plural(this.#manifests, "job manifest")]),
      ...(this.#runFiles === 0 ? [] : [plural(this.#runFiles, "run file")]),
    ];
    return parts.join(", ");
  }

  /**
   * Judges the repositories around the projects that were found below a folder, each once. A file that was named, or a
   * collection, is no project, and nobody asks where it is kept.
   */
  async lintRepositories(): Promise<number> {
    if (this.#projects.length === 0) return 0;
    const { repositoriesAround } = await import("./repositories.ts");
    let findings = 0;
    for (const { facts, settingsRoot } of repositoriesAround(this.#projects, COLLECTION)) {
      const settings = await this.#settingsOf(settingsRoot);
      this.#collector.startUnit(settings, prefixOf(process.cwd(), settingsRoot));
      findings += this.#collector.judge(await judge("repository", facts, settings));
    }
    return findings;
  }

  async #lint(unit: Unit): Promise<number> {
    const settings = await this.#settingsOf(unit.settingsRoot);
    this.#collector.startUnit(settings, prefixOf(process.cwd(), unit.settingsRoot));
    const prefix = prefixOf(unit.settingsRoot, unit.root);
    if (unit.kind === "dockerfile") return this.#lintDockerfile(unit, settings, prefix);
    const { lintManifest, lintRunFiles } = await import("./lint-others.ts");
    if (unit.kind === "manifest") {
      const text = this.#options.texts?.get(unit.file);
      const findings = await lintManifest(unit, settings, this.#collector, text, prefix);
      if (findings !== undefined) this.#manifests++;
      return findings ?? 0;
    }
    const findings = await lintRunFiles(unit, settings, this.#collector, prefix);
    if (findings !== undefined) this.#runFiles += unit.files?.length ?? 0;
    return findings ?? 0;
  }

  async #lintDockerfile(unit: Unit, settings: Settings, prefix: string): Promise<number> {
    const project = await this.#projectOf(unit);
    const read = await this.#mended(unit, await this.#readDockerfile(unit), settings, project);
    const facts = dockerfileFacts(read.dockerfile, settings.config.build.args);
    this.#last = facts;
    this.#dockerfiles++;
    if (project !== undefined && !unit.named) this.#projects.push(unit);
    if (this.#count === 1) {
      this.#collector.subject = { ...this.#collector.subject, dockerfile: read.subject };
    }
    const shell = await this.#shellcheck(facts, settings);
    return lintFacts(this.#collector, facts, settings, { project, shell, prefix });
  }

  async #shellcheck(dockerfile: DockerfileFacts, settings: Settings): Promise<ShellcheckFacts | undefined> {
    const { shellcheck = "auto", signal } = this.#options;
    if (shellcheck === "auto" && this.#count > FEW) {
      this.#collector.note(
        `ShellCheck was not asked about more than ${FEW} Dockerfiles; “--shellcheck always” asks it.`,
      );
      return undefined;
    }
    return askShellcheck(dockerfile, shellcheck, this.#collector, settings, signal);
  }

  async #readDockerfile(unit: Unit): Promise<ReadDockerfile> {
    const text = this.#options.texts?.get(unit.file);
    if (text === undefined) return readDockerfile(unit.root, unit.file);
    return parseBytes(Buffer.from(text), displayPath(unit.root, unit.file), unit.file);
  }

  /** The file after what could be mended was written, so that what is told of it is true of it. */
  async #mended(
    unit: Unit,
    read: ReadDockerfile,
    settings: Settings,
    project: Surroundings | undefined,
  ): Promise<ReadDockerfile> {
    if (this.#options.fix === undefined) return read;
    const [{ findAgain, fixFiles }, { registryClient }] = await Promise.all([
      import("./fix.ts"),
      import("../registry/client.ts"),
    ]);
    this.#registry ??= registryClient({ signal: this.#options.signal });
    const { file } = read.dockerfile;
    const prefix = prefixOf(unit.settingsRoot, unit.root);
    const [fixed] = await fixFiles(
      [
        {
          file: prefix + file,
          absolute: read.absolute,
          root: unit.root,
          sha256: read.sha256,
          find: findAgain(file, settings, project, prefix),
          shown: prefixOf(process.cwd(), unit.settingsRoot) + prefix + file,
        },
      ],
      { write: this.#options.fix === "write", digests: this.#registry },
    );
    if (fixed === undefined) return read;
    this.fixes.push(fixed);
    return fixed.written ? this.#readDockerfile(unit) : read;
  }

  #settingsOf(root: string): Promise<Settings> {
    const known = this.#settings.get(root);
    if (known !== undefined) return known;
    const settings = settingsOf(root, this.#options);
    this.#settings.set(root, settings);
    return settings;
  }

  async #projectOf({ root }: Unit): Promise<Surroundings | undefined> {
    if ((this.#perFolder.get(root) ?? 0) > COLLECTION) {
      this.#collector.missKind(
        "project",
        `There are more than ${COLLECTION} Dockerfiles in one folder, so the files around them were not looked at.`,
      );
      return undefined;
    }
    if (this.#surroundings?.root !== root) {
      this.#surroundings = { root, read: readSurroundings(root, resolve(this.#options.output)) };
      const surroundings = await this.#surroundings.read;
      this.#sources += surroundings.source.files;
      noteLimits(this.#collector, surroundings);
    }
    return this.#surroundings.read;
  }
}

/** The way from one folder to another below it, with a slash at its end; the whole path where it is not below. */
function prefixOf(from: string, to: string): string {
  if (from === to) return "";
  const path = relative(from, to);
  if (path === "") return "";
  return `${(path.startsWith("..") ? to : path).split(sep).join("/")}/`;
}
