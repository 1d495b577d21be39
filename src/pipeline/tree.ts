import { steadyMatcher } from "../context/ignore.ts";
import type { EngineName } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import type { TreeImage, TreeRow } from "../evidence/tree.ts";
import { type ImageRead, readImage } from "../image/image.ts";
import { type ListOptions, listPaths } from "../image/listing.ts";
import { instructionText } from "../rules/instruction-text.ts";
import { settingsOf } from "./command.ts";
import { type Extracted, extractStream, extractTo } from "./extract.ts";
import { openImage, platformOf } from "./images.ts";

export interface TreeOptions {
  readonly target: string;
  readonly engine?: EngineName | undefined;
  readonly globs: readonly string[];
  readonly largerThan?: number | undefined;
  /** As it is shown: from 1. */
  readonly layer?: number | undefined;
  readonly depth?: number | undefined;
  readonly sort: ListOptions["sort"];
  readonly verify: boolean;
  readonly signal: AbortSignal;
}

/** Folders that are gone into where nothing else is chosen. */
const DEPTH = 2;

/** Reads an image and gives its files one after the other. */
export async function listImage(
  options: TreeOptions,
): Promise<{ readonly image: TreeImage; readonly rows: Iterable<TreeRow> }> {
  const { depth, globs, largerThan, layer, sort, target } = options;
  const image = await readImage(await openImage(target, options.engine), {
    ...(await readingOf(options)),
    collectors: [],
  });
  if (layer !== undefined && layer > image.layers.length)
    throw new PratiqueError(
      "usage.bad-argument",
      `The image has ${image.layers.length} layers, and no layer ${layer}.`,
    );
  const chosen = globs.length > 0 || largerThan !== undefined || layer !== undefined || sort !== "path";
  const list = listPaths(image.tree.table, {
    matches: globs.length === 0 ? undefined : matcher(globs),
    atLeast: largerThan === undefined ? undefined : largerThan + 1,
    layer: layer === undefined ? undefined : layer - 1,
    depth: depth ?? (chosen ? undefined : DEPTH),
    sort,
  });
  return { image: summary(target, image), rows: rowsOf(image, list) };
}

/** Takes one file out, to a file or into `use`. */
export async function extractFromImage(
  options: Pick<TreeOptions, "target" | "engine" | "verify" | "signal">,
  path: string,
  to: string | Parameters<typeof extractStream>[3],
): Promise<Extracted> {
  const source = await openImage(options.target, options.engine);
  const reading = await readingOf(options);
  return typeof to === "string"
    ? extractTo(source, path, to, reading)
    : extractStream(source, path, reading, to);
}

async function readingOf({ signal, verify }: Pick<TreeOptions, "signal" | "verify">) {
  const { profile } = await settingsOf(".", {});
  return { platform: platformOf(profile), verify, signal };
}

/** A pattern without a slash means names, one with a slash whole paths. */
function matcher(globs: readonly string[]): (path: string, name: string) => boolean {
  const tests = globs.map((glob) => ({ byName: !glob.includes("/"), test: steadyMatcher(glob) }));
  return (path, name) => tests.some(({ byName, test }) => test(byName ? name : path.slice(1)));
}

const summary = (name: string, { config, digests, layers }: ImageRead): TreeImage => ({
  name,
  id: config.id,
  digest: config.digest ?? null,
  layers: layers.map(({ diffId, instruction }) => ({
    diffId,
    instruction: instruction === undefined ? null : instructionText(instruction),
  })),
  notes: digests.verified ? [] : [`The image was not compared with its digests: ${digests.reason}.`],
});

function* rowsOf({ tree }: ImageRead, list: ReturnType<typeof listPaths>): Generator<TreeRow> {
  for (const { id, bytes } of list) {
    const { gid, kind, layer, mode, path, target, uid } = tree.table.entry(id);
    yield {
      path,
      kind,
      size: bytes,
      mode: mode.toString(8),
      owner: `${uid}:${gid}`,
      layer,
      ...(kind === "symlink" ? { target } : {}),
    };
  }
}
