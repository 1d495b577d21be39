import type { EngineName } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import { findingsWithout, packageChanges, type ValueChange, valueChanges } from "../evidence/changes.ts";
import {
  type ComparedEntry,
  type ComparedImage,
  type ComparedPath,
  DIFF_SCHEMA,
  type ImageDiff,
} from "../evidence/diff.ts";
import type { Finding } from "../findings/finding.ts";
import { collectDigests } from "../image/compare/digests.ts";
import { compareTrees, type PathDifference } from "../image/compare/trees.ts";
import type { ImageFacts } from "../image/facts.ts";
import { type ImageRead, type ImageSource, pathTable } from "../image/image.ts";
import { inspectSource } from "../image/inspect.ts";
import { collectInventory, type Inventory } from "../image/inventory/inventory.ts";
import type { TreeEntry } from "../image/merged.ts";
import { jobUser, safeDirectories } from "../profiles/profile.ts";
import { instructionText } from "../rules/instruction-text.ts";
import { hideSecrets, hideValues } from "../rules/secrets.ts";
import { packageVersion } from "../system/package.ts";
import type { ProgressSink } from "./collector.ts";
import { settingsOf } from "./command.ts";
import { openImage, platformOf } from "./images.ts";
import { judge } from "./judge.ts";
import type { Settings } from "./suppressions.ts";

export interface DiffOptions {
  readonly before: string;
  readonly after: string;
  readonly engine?: EngineName | undefined;
  readonly config?: string | undefined;
  readonly profile?: string | undefined;
  /** False: contents are compared by size alone, and no digests are. */
  readonly verify: boolean;
  readonly signal: AbortSignal;
  readonly progress: ProgressSink;
}

/** Differing names that are listed; more than anybody reads. */
const MAX_LISTED = 10_000;

/** Reads two images into one table of paths, and says what is not the same. */
export async function diffImages(options: DiffOptions): Promise<ImageDiff> {
  if (options.before === "-" && options.after === "-")
    throw new PratiqueError("usage.bad-argument", "Only one of the images can come on standard input.");
  const settings = await settingsOf(".", options);
  // Both are looked for before either is read, which may take long.
  const sources = [
    await openImage(options.before, options.engine),
    await openImage(options.after, options.engine),
  ] as const;
  const read = reader(options, settings);
  const before = await read(sources[0], options.before);
  const after = await read(sources[1], options.after);
  return differences(before, after, options);
}

/** One image with all that is compared of it. */
interface Side {
  readonly name: string;
  readonly facts: ImageFacts;
  readonly image: ImageRead;
  readonly inventory: Inventory;
  readonly digests: ReturnType<typeof collectDigests> | undefined;
  readonly findings: readonly Finding[];
}

function reader({ progress, signal, verify }: DiffOptions, settings: Settings) {
  const paths = pathTable();
  return async (source: ImageSource, name: string): Promise<Side> => {
    const start = performance.now();
    progress.start("inspect", name);
    const software = collectInventory();
    const digests = verify ? collectDigests() : undefined;
    const { facts, image } = await inspectSource(source, name, {
      directories: safeDirectories(settings.profile),
      platform: platformOf(settings.profile),
      user: jobUser(settings.profile),
      verify,
      paths,
      collectors: digests === undefined ? [software] : [software, digests],
      signal,
    });
    if (image === undefined) throw new PratiqueError("image.unreadable", `${name} could not be read.`);
    const { findings } = await judge("image", facts, settings);
    progress.done({
      id: "inspect",
      status: "done",
      detail: name,
      findings: findings.length,
      seconds: Math.round((performance.now() - start) / 10) / 100,
      reason: "",
    });
    return { name, facts, image, inventory: software.inventory(image), digests, findings };
  };
}

function differences(before: Side, after: Side, { verify }: DiffOptions): ImageDiff {
  const trees = compareTrees(
    { tree: before.image.tree, digests: before.digests },
    { tree: after.image.tree, digests: after.digests },
    MAX_LISTED,
  );
  const { added, removed, changed } = trees;
  const total = added.paths + removed.paths + changed.paths;
  const settings = changes(settingsIn(before.facts), settingsIn(after.facts));
  const environment = changes(
    Object.fromEntries(before.facts.environment),
    Object.fromEntries(after.facts.environment),
  );
  const labels = changes(Object.fromEntries(before.facts.labels), Object.fromEntries(after.facts.labels));
  const packages = {
    ...packageChanges(before.inventory.packages, after.inventory.packages),
    notAssessed: [...new Set([...before.inventory.notAssessed, ...after.inventory.notAssessed])],
  };
  const findings = {
    came: findingsWithout(after.findings, before.findings),
    went: findingsWithout(before.findings, after.findings),
  };
  const lists = [settings, environment, labels, packages.added, packages.removed, packages.changed];
  return {
    schema: DIFF_SCHEMA,
    tool: { name: "pratique", version: packageVersion() },
    before: sideSummary(before),
    after: sideSummary(after),
    differs: [...lists, findings.came, findings.went].some((list) => list.length > 0) || total > 0,
    filesComparedBy: verify ? "contents" : "sizes",
    settings,
    environment,
    labels,
    layers: layerChanges(before.image, after.image),
    packages,
    files: {
      added: { files: added.paths, bytes: added.bytes },
      removed: { files: removed.paths, bytes: removed.bytes },
      changed: { files: changed.paths, before: changed.before, after: changed.after },
      list: trees.list.map(pathSummary),
      unlisted: total - trees.list.length,
    },
    findings,
    notes: [before, after].flatMap(({ name, image: { digests } }) =>
      digests.verified ? [] : [`${name} was not compared with its digests: ${digests.reason}.`],
    ),
  };
}

const sideSummary = ({ name, facts, image }: Side): ComparedImage => ({
  name,
  id: facts.id,
  digest: facts.digest ?? null,
  size: facts.size,
  bytes: image.tree.bytes,
  files: image.tree.files,
  layers: facts.layers,
});

const settingsIn = (facts: ImageFacts): Record<string, string> => ({
  platform: `${facts.platform.os}/${facts.platform.architecture}`,
  user: facts.user,
  "working folder": facts.workingDirectory,
  entrypoint: JSON.stringify(facts.entrypoint),
  command: JSON.stringify(facts.command),
  ports: facts.exposedPorts.toSorted().join(" "),
  volumes: facts.volumes.toSorted().join(" "),
});

/** Secret values are compared and not shown. */
function changes(before: Record<string, string>, after: Record<string, string>): ValueChange[] {
  const hidden = { before: hideValues(before), after: hideValues(after) };
  return valueChanges(before, after, (side, name) => hideSecrets(hidden[side][name] ?? "").slice(0, 2000));
}

function layerChanges(before: ImageRead, after: ImageRead): ImageDiff["layers"] {
  let shared = 0;
  while (
    shared < Math.min(before.layers.length, after.layers.length) &&
    before.layers[shared]?.diffId === after.layers[shared]?.diffId
  )
    shared++;
  const rest = ({ layers }: ImageRead) =>
    layers.slice(shared).map(({ index, diffId, instruction, size }) => ({
      index,
      diffId,
      instruction: instruction === undefined ? null : instructionText(instruction),
      size,
    }));
  return { shared, before: rest(before), after: rest(after) };
}

const pathSummary = ({ path, before, after, what }: PathDifference): ComparedPath => ({
  path,
  change: before === undefined ? "added" : after === undefined ? "removed" : "changed",
  what,
  before: entrySummary(before),
  after: entrySummary(after),
});

function entrySummary(entry: TreeEntry | undefined): ComparedEntry | null {
  if (entry === undefined) return null;
  const { kind, size, mode, uid, gid, target } = entry;
  return {
    kind,
    size,
    mode: mode.toString(8),
    owner: `${uid}:${gid}`,
    ...(kind === "symlink" ? { target } : {}),
  };
}
