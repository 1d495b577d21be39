import { existsSync } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Dockerfile } from "../dockerfile/model.ts";
import type { Engine } from "../engine/engine.ts";
import {
  countBySeverity,
  type LicenceNote,
  type ScannerSummary,
  type VulnerabilitySummary,
} from "../evidence/vulnerabilities.ts";
import { plural } from "../findings/counting.ts";
import { compareText, type Finding, isFileLocation } from "../findings/finding.ts";
import { isAsBad, severityOf } from "../findings/vulnerability.ts";
import { isForVulnerability, waiveVulnerabilities } from "../findings/vulnerability-waivers.ts";
import type { ImageFacts } from "../image/facts.ts";
import { loadRules } from "../rules/registry/registry.gen.ts";
import type { ScanFacts } from "../rules/rule.ts";
import { isEnabled, settle } from "../rules/selection.ts";
import type { ImportedCatalogue, ImportedScan } from "../scanners/imported.ts";
import type { ScannedLicence, ScannedMisconfiguration, ScannedSecret } from "../scanners/scanned.ts";
import { askTrivy, type TrivyAnswer, type TrivyCall, trivyProgram } from "../scanners/trivy.ts";
import { isOnPath } from "../system/on-path.ts";
import type { Workspace } from "../system/workspace.ts";
import type { Collector } from "./collector.ts";
import type { CommandOptions, Opened } from "./command.ts";
import { judge } from "./judge.ts";
import type { ScanInputs } from "./scan-inputs.ts";
import { mergeVulnerabilities } from "./scan-merge.ts";
import type { Settings } from "./suppressions.ts";
import { trivyContainer } from "./trivy-container.ts";
import { cacheOf } from "./trivy-database.ts";

const NO_TRIVY =
  "Trivy is not installed, so nothing was scanned. To install it: https://trivy.dev/docs/latest/getting-started/installation/. In its place its image can be run (scan.image in pratique.yaml), or another scanner's report be read (--import).";
const NO_DATABASE =
  "Trivy's image is run without a network, so it needs a database. On a machine with network: trivy image --download-db-only; then name the folder db of its cache with --db.";
const NO_SERVER =
  "Trivy's image is run without a network, so it cannot ask a server. Install Trivy, or name a database with --db.";
const NO_IMAGE = "There is no image, so it could not be scanned.";

/** What was asked for a scan, and what was made by the steps before it. */
export interface ScanWork {
  readonly collector: Collector;
  readonly opened: Settings | Opened;
  readonly facts: ImageFacts | undefined;
  readonly engine: Promise<Engine>;
  readonly workspace: Workspace;
  readonly inputs: ScanInputs;
  readonly options: CommandOptions;
}

/** Asks Trivy about the image, takes in what other scanners said, and lets the rules judge all of it. */
export async function scanStep(work: ScanWork): Promise<void> {
  const { collector, facts, inputs, opened } = work;
  if (facts === undefined) return collector.skip("scan", NO_IMAGE);
  const image = isOnPath("trivy") ? undefined : opened.config.scan.image;
  const scans = inputs.imports.filter(({ content }) => content.kind === "scan");
  const missing = whyNoTrivy(image, inputs);
  if (missing !== undefined && scans.length === 0) return collector.skip("scan", missing);
  await collector.step("scan", missing === undefined ? "Trivy" : "reports of scanners", async () => {
    const answer = missing === undefined ? await ask(work, facts, image) : { missing };
    if ("missing" in answer && scans.length === 0) return { notAssessed: answer.missing };
    const summary = summaryOf(work, facts, answer);
    const { list, uses } = waiveVulnerabilities(
      summary.list,
      opened.waivers.filter(isForVulnerability),
      collector.startedAt.toISOString().slice(0, 10),
    );
    collector.vulnerabilities = { ...summary, list };
    for (const { name, version, file } of summary.scanners)
      if (file === undefined) collector.useTool(name.toLowerCase(), version);
    let findings = collector.judge(
      await judge("scan", await factsOf(work, collector.vulnerabilities, answer), opened),
    );
    // A peer's list is shared by many images, and need not fit this one.
    const told = uses
      .filter(({ waiver }) => waiver.source === "settings")
      .map((use) => ({ ...use, known: true }));
    if (told.length > 0) findings += collector.judge(await judge("waivers", { uses: told }, opened));
    const open = list.filter(({ waived }) => waived === undefined);
    const severities = countBySeverity(list).map(({ severity, count }) => `${count} ${severity}`);
    const words = [plural(open.length, "vulnerability", "vulnerabilities"), ...severities];
    return { detail: words.join(", "), findings };
  });
}

/** Why Trivy cannot be asked, with what would cure it; undefined where it can. */
function whyNoTrivy(image: string | undefined, { database, server }: ScanInputs): string | undefined {
  if (isOnPath("trivy")) return undefined;
  if (image === undefined) return NO_TRIVY;
  if (server !== undefined) return NO_SERVER;
  return database === undefined ? NO_DATABASE : undefined;
}

async function ask(
  { opened, engine, workspace, inputs, options }: ScanWork,
  facts: ImageFacts,
  image: string | undefined,
): Promise<TrivyAnswer> {
  const scratch = join(workspace.temporary, "trivy");
  const archive = join(scratch, "image.tar");
  await mkdir(scratch);
  const { database, server } = inputs;
  const cache = database === undefined ? undefined : await cacheOf(database, scratch);
  const ready = await engine;
  await ready.saveImage(facts.id, archive, options.signal);
  // Copies: a container sees only this folder, and Trivy knows a Dockerfile by its name.
  const ignoreFile = await copyInto(scratch, "place" in opened ? ignoreFileIn(opened.place.root) : undefined);
  const vex: string[] = [];
  for (const [index, file] of inputs.vex.entries()) {
    const folder = join(scratch, `vex-${index}`);
    await mkdir(folder);
    vex.push((await copyInto(folder, file)) ?? file);
  }
  const call: TrivyCall =
    image === undefined ? trivyProgram(scratch) : trivyContainer(ready, image, scratch, database, workspace);
  return askTrivy({
    call,
    archive,
    dockerfile: "read" in opened ? await dockerfileIn(scratch, opened.read.dockerfile) : undefined,
    cache,
    server,
    vex,
    ignoreFile,
    signal: options.signal,
    onLine: (line) => options.progress.detail(line),
  });
}

async function copyInto(folder: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const copy = join(folder, basename(file));
  await copyFile(file, copy);
  return copy;
}

async function dockerfileIn(scratch: string, { text }: Dockerfile): Promise<string> {
  const folder = join(scratch, "dockerfile");
  await mkdir(folder);
  const file = join(folder, "Dockerfile");
  await writeFile(file, text);
  return file;
}

/** Trivy takes one file; the one with reasons and ends says more. */
function ignoreFileIn(root: string): string | undefined {
  return [".trivyignore.yaml", ".trivyignore"]
    .map((name) => join(root, name))
    .find((path) => existsSync(path));
}

function summaryOf(
  { collector, inputs }: ScanWork,
  facts: ImageFacts,
  answer: TrivyAnswer,
): VulnerabilitySummary {
  const scans = inputs.imports.flatMap(({ file, content }) =>
    content.kind === "scan" ? { file, content } : [],
  );
  const catalogues = inputs.imports.flatMap(({ file, content }) =>
    content.kind === "catalogue" ? { file, content } : [],
  );
  const asked: readonly ScannerSummary[] =
    "missing" in answer
      ? []
      : [{ name: "Trivy", version: answer.version, databaseOf: answer.databaseOf ?? null }];
  const list = mergeVulnerabilities(
    [
      ...("missing" in answer ? [] : [{ scanner: "Trivy", vulnerabilities: answer.image.vulnerabilities }]),
      ...scans.map(({ content }) => ({
        scanner: content.scanner.name,
        vulnerabilities: content.vulnerabilities,
      })),
    ],
    collector,
    catalogues.map(({ content }): ImportedCatalogue => content),
  );
  return {
    scanners: [
      ...asked,
      ...scans.map(({ file, content }) => ({ ...content.scanner, databaseOf: null, file })),
    ],
    ...(catalogues.length === 0
      ? {}
      : {
          catalogues: catalogues.map(({ file, content }) => ({
            name: content.title,
            date: content.date,
            file,
          })),
        }),
    list,
    ...("missing" in answer ? {} : { licences: licencesOf(answer.image.licences) }),
    notAssessed: [
      ...("missing" in answer ? [`the image and the Dockerfile with Trivy (${answer.missing})`] : []),
      ...scans.flatMap(({ file, content }) => gapsOf(file, content, facts)),
    ],
  };
}

/** What a report that somebody brought leaves open. */
function gapsOf(file: string, { about, others }: ImportedScan, facts: ImageFacts): string[] {
  const own = [facts.id, facts.digest ?? ""].map((digest) => digest.replace(/^.*sha256:/, ""));
  const fits = about.some((digest) => own.includes(digest));
  return [
    ...(fits
      ? []
      : [
          about.length === 0
            ? `whether ${file} is about this image (it names none by digest)`
            : `whether ${file} is about this image (it names one by another digest)`,
        ]),
    ...(others === 0
      ? []
      : [`${plural(others, "entry", "entries")} of ${file} about no vulnerability of a package`]),
  ];
}

/** Classes of licences that bind who passes an image on; the others ask for no more than their names. */
const BINDING = new Set(["forbidden", "restricted", "reciprocal"]);

function licencesOf(found: readonly ScannedLicence[]): LicenceNote[] {
  const byName = new Map<string, { name: string; category: string; packages: Set<string> }>();
  for (const { name, category, package: of } of found) {
    if (!BINDING.has(category)) continue;
    const known = byName.get(`${category} ${name}`) ?? { name, category, packages: new Set() };
    if (of !== "") known.packages.add(of);
    byName.set(`${category} ${name}`, known);
  }
  return [...byName.values()]
    .map((one) => ({ ...one, packages: [...one.packages].sort(compareText) }))
    .sort((a, b) => compareText(a.category, b.category) || compareText(a.name, b.name));
}

const DAY = 24 * 60 * 60 * 1000;

async function factsOf(
  { collector, opened }: ScanWork,
  summary: VulnerabilitySummary,
  answer: TrivyAnswer,
): Promise<ScanFacts> {
  const dockerfile = "read" in opened ? opened.read.dockerfile : undefined;
  const checks = "missing" in answer ? answer : answer.dockerfile;
  const isMissing = "missing" in checks;
  return {
    vulnerabilities: summary.list,
    databases: summary.scanners.map(({ name, databaseOf }) => ({
      scanner: name,
      date: databaseOf,
      days: databaseOf === null ? null : ageOf(databaseOf, collector.startedAt),
    })),
    base: collector.space?.base.reference ?? null,
    secrets: "missing" in answer ? [] : newSecrets(answer.image.secrets, collector),
    misconfigurations:
      isMissing || dockerfile === undefined
        ? []
        : await newChecks(checks, dockerfile.file, collector, opened),
    dockerfile,
    dockerfileMissing: isMissing ? checks.missing : undefined,
  };
}

function ageOf(date: string, now: Date): number | null {
  const days = Math.floor((now.getTime() - Date.parse(date)) / DAY);
  return Number.isNaN(days) ? null : Math.max(days, 0);
}

/** Secrets in files in which we found none ourselves. */
function newSecrets(found: readonly ScannedSecret[], { contents }: Collector): readonly ScannedSecret[] {
  const known = new Set(contents?.secrets.map(({ path }) => path));
  return found.filter(({ path }) => !known.has(path));
}

/**
 * Failed checks that no finding of ours stands for already, by the names that rules have elsewhere. Those whose rule does
 * not run here, since nobody asked for it or the settings leave it out, stay out as well. What the policy does not accept
 * stays in, unless a finding of ours fails the check for it.
 */
async function newChecks(
  found: readonly ScannedMisconfiguration[],
  file: string,
  collector: Collector,
  { config, profile }: Settings,
): Promise<readonly ScannedMisconfiguration[]> {
  const rules = [...(await loadRules("dockerfile")), ...(await loadRules("project"))];
  const settings = settle(config, rules);
  const limit = profile.scan?.failOn?.value;
  return found.flatMap((check) => {
    const alias = `trivy:${check.id}`;
    const covering = rules.filter(({ aliases }) => aliases.includes(alias));
    const told = collector.findings.filter((finding) => standsFor(finding, alias, file, check));
    const isLeftOut = covering.length > 0 && covering.every((rule) => !isEnabled(rule as never, settings));
    const fails = limit !== undefined && isAsBad(severityOf(check.severity), limit);
    const isKnown = fails ? told.some(({ severity }) => severity === "error") : told.length > 0 || isLeftOut;
    return isKnown ? [] : [{ ...check, rules: covering.map(({ id }) => id) }];
  });
}

const standsFor = (
  { aliases, location }: Finding,
  alias: string,
  file: string,
  { line, endLine }: ScannedMisconfiguration,
): boolean =>
  aliases.includes(alias) &&
  isFileLocation(location) &&
  location.file === file &&
  (line === 0 || (location.startLine <= endLine && location.endLine >= line));
