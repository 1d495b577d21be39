import { join, resolve } from "node:path";
import { nearest } from "../config/nearest.ts";
import { PratiqueError } from "../errors.ts";
import { plural } from "../findings/counting.ts";
import type { FixedFile } from "../fix/result.ts";
import type { ProjectFacts } from "../rules/rule.ts";
import { unknownWords } from "../rules/selection.ts";
import { readBaseline, writeBaseline } from "./baseline.ts";
import { Collector } from "./collector.ts";
import { type CommandOptions, type CommandResult, type Opened, settingsOf } from "./command.ts";
import { judge } from "./judge.ts";
import { lintFacts, noteLimits, UnitReader } from "./lint-units.ts";
import { displayPath, dockerfileFacts, parseBytes, projectFacts } from "./project.ts";
import { askShellcheck, type ShellcheckWhen } from "./shellcheck.ts";
import type { Settings } from "./suppressions.ts";
import { findUnits, nameOf, noDockerfile, resolveTargets } from "./targets.ts";

export interface LintOptions extends Omit<CommandOptions, "target"> {
  /** Folders, files and patterns. */
  readonly targets: readonly string[];
  /** Texts that take the place of files (by absolute path): what an editor holds and has not saved. */
  readonly texts?: ReadonlyMap<string, string> | undefined;
  readonly shellcheck?: ShellcheckWhen | undefined;
  /** Mend what has one safe answer: write it, or only work out what would be written. */
  readonly fix?: "write" | "show" | undefined;
  /** File with the findings that are known already. */
  readonly baseline?: string | undefined;
  /** Write that file anew in place of reading it. */
  readonly updateBaseline?: boolean | undefined;
}

export interface LintResult extends CommandResult {
  /** What `fix` changed or would change. */
  readonly fixes: readonly FixedFile[];
}

/**
 * Lints folders and files. Neither an engine nor the network is needed, and nothing is written, unless `fix` asks for
 * it: then a registry may be asked for digests.
 */
export async function lintCommand(options: LintOptions): Promise<LintResult> {
  const given = { ...options, target: options.targets[0] ?? "." };
  const chosen = async (folder: string): Promise<string | undefined> =>
    (await settingsOf(folder, given)).config.dockerfile;
  const units = await resolveTargets(options.targets, options.file, chosen, options.texts);
  const name = nameOf(units, options.targets);
  const base = await settingsOf(units[0]?.settingsRoot ?? ".", given);
  await refuseUnknownRules([...(options.select ?? []), ...(options.ignore ?? [])]);
  const collector = new Collector("lint", name, base, options.progress);
  await useBaseline(collector, options);
  const reader = new UnitReader(collector, given, units);
  await collector.step("lint", name, async () => {
    let findings = 0;
    for (const unit of units) {
      options.signal.throwIfAborted();
      findings += await reader.lint(unit);
    }
    findings += await reader.lintRepositories();
    return { detail: reader.detail(), findings };
  });
  if (!reader.metSomething && !units.some(({ named }) => named)) throw noDockerfile(options.targets);
  return { ...(await resultOf(collector, base, options)), fixes: reader.fixes };
}

type BaselineOptions = Pick<LintOptions, "baseline" | "updateBaseline">;

/** Reads what is known already, before any work is done. */
async function useBaseline(
  collector: Collector,
  { baseline, updateBaseline }: BaselineOptions,
): Promise<void> {
  if (updateBaseline === true && baseline === undefined) {
    throw new PratiqueError("usage.bad-argument", "--update-baseline needs --baseline <file>.", {
      hint: "For example: pratique lint --baseline pratique-baseline.json --update-baseline",
    });
  }
  if (baseline !== undefined && updateBaseline !== true) collector.baseline = await readBaseline(baseline);
}

/** The report, after the open findings were written down as known where that was asked for. */
async function resultOf(
  collector: Collector,
  { config }: Pick<Settings, "config">,
  { baseline, updateBaseline }: BaselineOptions,
): Promise<CommandResult> {
  if (baseline !== undefined && updateBaseline === true) {
    collector.baseline = await writeBaseline(baseline, (await collector.report()).findings);
    const count = plural(collector.baseline.known.size, "finding");
    collector.note(`${count} went into the baseline ${baseline}.`);
  }
  return { report: await collector.report(), failOn: config.failOn, failure: collector.failure };
}

/** A rule's name that is mistyped must not go unnoticed: it would select or leave out nothing. */
async function refuseUnknownRules(words: readonly string[]): Promise<void> {
  if (words.length === 0) return;
  const { ruleNames } = await import("../rules/registry/names.gen.ts");
  const [unknown] = unknownWords(words, ruleNames);
  if (unknown === undefined) return;
  const known = ruleNames.flatMap(({ id, category = "" }) => [id, category]);
  const guess = nearest(unknown, [...new Set(known)]);
  throw new PratiqueError("rule.unknown", `There is no rule or category “${unknown.slice(0, 60)}”.`, {
    hint: guess === undefined ? "“pratique rules” lists them." : `Did you mean “${guess}”?`,
  });
}

type TextOptions = CommandOptions & BaselineOptions & Pick<LintOptions, "shellcheck">;

/** Lints text from standard input: a Dockerfile alone, since there is no folder around it, or a job manifest. */
export async function lintText(content: Uint8Array, options: TextOptions): Promise<CommandResult> {
  await refuseUnknownRules([...(options.select ?? []), ...(options.ignore ?? [])]);
  const settings = await settingsOf(".", options);
  const text = Buffer.from(content).toString("utf8");
  // Only what cannot be a Dockerfile: a heredoc may hold YAML, but not without an instruction around it.
  if (/^apiVersion\s*:/m.test(text) && !/^\s*(?:FROM|RUN|COPY|ADD)\s/im.test(text))
    return lintManifestText(text, settings, options);
  const read = parseBytes(content, "-");
  const collector = new Collector("lint", "standard input", settings, options.progress);
  collector.subject = { ...collector.subject, dockerfile: read.subject };
  await useBaseline(collector, options);
  await collector.step("lint", "Dockerfile", async () => {
    const facts = dockerfileFacts(read.dockerfile, settings.config.build.args);
    const shell = await askShellcheck(
      facts,
      options.shellcheck ?? "auto",
      collector,
      settings,
      options.signal,
    );
    return { detail: "Dockerfile", findings: await lintFacts(collector, facts, settings, { shell }) };
  });
  return resultOf(collector, settings, options);
}

async function lintManifestText(
  text: string,
  settings: Settings,
  options: TextOptions,
): Promise<CommandResult> {
  const collector = new Collector("lint", "standard input", settings, options.progress);
  await useBaseline(collector, options);
  const { lintManifest } = await import("./lint-others.ts");
  const unit = { kind: "manifest", file: "-", root: ".", settingsRoot: ".", named: true } as const;
  await collector.step("lint", "job manifest", async () => ({
    detail: "job manifest",
    findings: (await lintManifest(unit, settings, collector, text, "")) ?? 0,
  }));
  return resultOf(collector, settings, options);
}

/** What `--fix` makes of a text from standard input. */
export async function mendText(
  content: Uint8Array,
  options: CommandOptions,
): Promise<{ readonly text: string; readonly result: FixedFile }> {
  const settings = await settingsOf(".", options);
  const { dockerfile } = parseBytes(content, "-");
  const [{ findAgain, fixContent }, { registryClient }] = await Promise.all([
    import("./fix.ts"),
    import("../registry/client.ts"),
  ]);
  const digests = registryClient({ signal: options.signal });
  return fixContent(dockerfile.text, "-", findAgain("-", settings), digests);
}

/** The first step of every command that reads the project; undefined when its files could not be read. */
export async function lintStep(collector: Collector, opened: Opened, options: CommandOptions) {
  const { place, read, config } = opened;
  const facts = dockerfileFacts(read.dockerfile, config.build.args);
  let project: ProjectFacts | undefined;
  await collector.step("lint", read.dockerfile.file, async () => {
    project = await projectFacts(facts, place.root, resolve(options.output));
    noteLimits(collector, project);
    const shell = await askShellcheck(facts, "auto", collector, opened, options.signal);
    let findings = await lintFacts(collector, facts, opened, { project, shell });
    const around = await lintAround(collector, opened);
    findings += around.findings;
    findings += await lintRepository(collector, opened);
    const { judgedFiles } = await import("./inputs.ts");
    collector.files = await judgedFiles(place.root, project, around, options.config);
    if (shell !== undefined && shell.missing === undefined) {
      const { shellcheckVersion } = await import("../scanners/shellcheck.ts");
      collector.useTool("shellcheck", await shellcheckVersion(options.signal));
    }
    return { detail: `${facts.dockerfile.file}, ${plural(project.source.files, "source file")}`, findings };
  });
  return project;
}

/** Where the project is kept. */
async function lintRepository(collector: Collector, opened: Opened): Promise<number> {
  const { repositoriesAround } = await import("./repositories.ts");
  const { root } = opened.place;
  const [around] = repositoriesAround([{ file: opened.read.absolute, root, settingsRoot: root }]);
  return around === undefined ? 0 : collector.judge(await judge("repository", around.facts, opened));
}

/** The manifests and run files of a project, which jobs are started with. */
async function lintAround(
  collector: Collector,
  opened: Opened,
): Promise<{ findings: number; manifests: string[]; runFiles: string[] }> {
  const { root } = opened.place;
  const judged = { findings: 0, manifests: [] as string[], runFiles: [] as string[] };
  const others = (await findUnits(root)).filter(({ kind }) => kind !== "dockerfile");
  if (others.length === 0) return judged;
  const { lintManifest, lintRunFiles } = await import("./lint-others.ts");
  for (const unit of others) {
    const isManifest = unit.kind === "manifest";
    const found = isManifest
      ? await lintManifest(unit, opened, collector, undefined, "")
      : await lintRunFiles(unit, opened, collector, "");
    if (found === undefined) continue;
    judged.findings += found;
    if (isManifest) judged.manifests.push(displayPath(root, unit.file));
    else judged.runFiles.push(...(unit.files ?? []).map((path) => displayPath(root, join(unit.root, path))));
  }
  return judged;
}
