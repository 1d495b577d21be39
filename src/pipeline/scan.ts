import { existsSync } from "node:fs";
import { mkdir, stat, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Engine } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import type { SpaceSummary } from "../evidence/report.ts";
import {
  countBySeverity,
  VULNERABILITY_SEVERITIES,
  type Vulnerability,
} from "../evidence/vulnerabilities.ts";
import { plural } from "../findings/counting.ts";
import { compareText } from "../findings/finding.ts";
import type { ImageFacts } from "../image/facts.ts";
import type { TrivyVulnerability } from "../scanners/trivy-report.ts";
import { isOnPath } from "../system/on-path.ts";
import type { Workspace } from "../system/workspace.ts";
import type { Collector } from "./collector.ts";
import type { CommandOptions } from "./command.ts";

const NO_TRIVY =
  "Trivy is not installed, so no scan for vulnerabilities was made. To install it: https://trivy.dev/docs/latest/getting-started/installation/";
const NO_IMAGE = "There is no image, so it could not be scanned.";

/** What a scan with Trivy does not say, in the words of the report. */
const NOT_ASSESSED = [
  "Trivy's checks of the Dockerfile (pratique's own stand in for them)",
  "Trivy's search for secrets and licences (pratique's own stand in for it)",
];
const UNJUDGED =
  "The known vulnerabilities of the image were listed; no rule of this version judges them, and Trivy's own scan of the Dockerfile was not made.";

/** Asks Trivy about the image where Trivy is installed; `root` is the project's folder, where there is one. */
export async function scanStep(
  collector: Collector,
  root: string | undefined,
  facts: ImageFacts | undefined,
  engine: Promise<Engine>,
  workspace: Workspace,
  options: CommandOptions,
): Promise<void> {
  if (facts === undefined) return collector.skip("scan", NO_IMAGE);
  if (!isOnPath("trivy")) return collector.skip("scan", NO_TRIVY);
  const { askTrivy } = await import("../scanners/trivy.ts");
  await collector.step("scan", "Trivy", async () => {
    const scratch = join(workspace.temporary, "trivy");
    const archive = join(workspace.temporary, "trivy-image.tar");
    await mkdir(scratch);
    const { database, server, vex } = options.scan ?? {};
    const cache = database === undefined ? undefined : await cacheOf(database, scratch);
    await (await engine).saveImage(facts.id, archive, options.signal);
    const answer = await askTrivy({
      archive,
      scratch,
      cache,
      server,
      vex,
      ignoreFile: ignoreFileIn(root),
      signal: options.signal,
      onLine: (line) => options.progress.detail(line),
    });
    if ("missing" in answer) return { notAssessed: answer.missing };
    const list = mergeVulnerabilities(answer.vulnerabilities, collector.space);
    collector.vulnerabilities = {
      scanner: { name: "Trivy", version: answer.version },
      databaseOf: answer.databaseOf ?? null,
      list,
      notAssessed: NOT_ASSESSED,
    };
    collector.useTool("trivy", answer.version);
    collector.missKind("scan", UNJUDGED);
    const open = list.filter(({ waived }) => waived === undefined);
    const severities = countBySeverity(list).map(({ severity, count }) => `${count} ${severity}`);
    const words = [plural(open.length, "vulnerability", "vulnerabilities"), ...severities];
    return { detail: words.join(", "), findings: 0 };
  });
}

/** Trivy wants the database in a folder `db` of its cache, and writes beside it. */
async function cacheOf(database: string, scratch: string): Promise<string> {
  const given = resolve(database);
  for (const folder of [given, join(given, "db")]) {
    const found = await stat(join(folder, "trivy.db")).catch(() => undefined);
    if (found?.isFile() !== true) continue;
    const cache = join(scratch, "cache");
    await mkdir(cache);
    await symlink(folder, join(cache, "db"));
    return cache;
  }
  throw new PratiqueError("usage.bad-argument", `There is no Trivy database in ${database}.`, {
    hint: "Name a folder that holds trivy.db and metadata.json, such as the folder db of Trivy's cache.",
  });
}

/** Trivy takes one file; the one with reasons and ends says more. */
function ignoreFileIn(root: string | undefined): string | undefined {
  if (root === undefined) return undefined;
  return [".trivyignore.yaml", ".trivyignore"]
    .map((name) => join(root, name))
    .find((path) => existsSync(path));
}

/** One for each id, package and version, the worst first; a package in several places counts once. */
export function mergeVulnerabilities(
  found: readonly TrivyVulnerability[],
  space: Pick<SpaceSummary, "layers"> | undefined,
): Vulnerability[] {
  const layers = new Map(space?.layers.map(({ diffId, fromBase }) => [diffId, fromBase]));
  const merged = new Map<string, Vulnerability>();
  for (const one of found) {
    const key = JSON.stringify([one.id, one.package, one.version]);
    const before = merged.get(key);
    const next = vulnerability(one, layers);
    // What the project added is what the project can cure, and what is waived in one place only still counts.
    if (before === undefined || outranks(next, before)) merged.set(key, next);
  }
  return [...merged.values()].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (b.cvss ?? -1) - (a.cvss ?? -1) ||
      compareText(a.id, b.id) ||
      compareText(a.package, b.package) ||
      compareText(a.version, b.version),
  );
}

const rank = ({ severity }: Vulnerability): number => VULNERABILITY_SEVERITIES.indexOf(severity);

function outranks(next: Vulnerability, before: Vulnerability): boolean {
  if ((next.waived === undefined) !== (before.waived === undefined)) return next.waived === undefined;
  return next.origin === "project" && before.origin !== "project";
}

function vulnerability(one: TrivyVulnerability, layers: ReadonlyMap<string, boolean | null>): Vulnerability {
  const fromBase = layers.get(one.diffId) ?? null;
  const severity = VULNERABILITY_SEVERITIES.find((known) => known === one.severity.toLowerCase());
  return {
    id: one.id,
    package: one.package,
    version: one.version,
    fixedVersion: one.fixedVersion,
    severity: severity ?? "unknown",
    cvss: one.cvss,
    title: one.title,
    origin: fromBase === null ? "unknown" : fromBase ? "base" : "project",
    ...(one.suppressed === undefined ? {} : { waived: one.suppressed }),
  };
}
