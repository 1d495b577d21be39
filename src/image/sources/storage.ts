import { realpathSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { EngineStorage } from "../../engine/engine.ts";
import { asArray, field } from "../../engine/json.ts";
import { messageOf } from "../../errors.ts";
import type { FoundImage, ImageReading } from "../image.ts";
import { digestOf, MAX_JSON, readConfiguration } from "../manifest.ts";
import { StorageProblem, TarSplitBytes } from "./tar-split.ts";

/** Podman lists all its layers in one file. */
const MAX_LIST = 256 * 1024 * 1024;

/** Where the parts of an image lie. */
export interface StoredImage {
  readonly config: Buffer;
  readonly manifestDigest: string | undefined;
  /** From the base up. */
  readonly layers: readonly { readonly folder: string; readonly split: string }[];
}

/** Looks an image up in an engine's storage. Fails as `readStorage` does. */
export async function findInStorage({ driver, root }: EngineStorage, id: string): Promise<StoredImage> {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(id)?.[1];
  if (hex === undefined || root === "") throw new StorageProblem("the image has no id");
  try {
    if (driver === "overlay") return await podmanImage(root, hex);
    if (driver === "overlay2") return await dockerImage(root, hex);
  } catch (error) {
    if (error instanceof StorageProblem) throw error;
    throw new StorageProblem(messageOf(error));
  }
  throw new StorageProblem(`images are kept by “${driver}”`);
}

/**
 * Reads an image straight from an engine's storage, with no engine's help. Fails with `StorageProblem` where that is
 * not allowed, not there, or kept in another way than is known.
 */
export async function readStorage(
  storage: EngineStorage,
  id: string,
  reading: ImageReading,
): Promise<FoundImage> {
  const image = await findInStorage(storage, id);
  const keys = image.layers.map((_, index) => String(index));
  const contents = await reading.readLayers(keys, (key) => {
    const layer = image.layers[Number(key)];
    if (layer === undefined) throw new StorageProblem("a layer is missing");
    return new TarSplitBytes(layer.folder, layer.split);
  });
  return {
    config: image.config,
    configDigest: id,
    manifestDigest: image.manifestDigest,
    otherPlatforms: [],
    layers: keys.map((key) => {
      const content = contents.get(key);
      if (content === undefined) throw new StorageProblem("a layer is missing");
      return { content, digest: undefined, size: undefined };
    }),
  };
}

async function podmanImage(root: string, hex: string): Promise<StoredImage> {
  const folder = join(root, "overlay-images", hex);
  // Names of other files than these are kept as they are; this one has a colon in it.
  const config = await small(join(folder, `=${Buffer.from(`sha256:${hex}`).toString("base64")}`), MAX_JSON);
  const images = json(await small(join(root, "overlay-images", "images.json"), MAX_LIST));
  const image = asArray(images).find((entry) => field(entry, "id") === hex);
  const layers = new Map<unknown, unknown>();
  for (const layer of asArray(json(await small(join(root, "overlay-layers", "layers.json"), MAX_LIST))))
    layers.set(field(layer, "id"), layer);
  const ids: string[] = [];
  for (
    let at = field(image, "layer");
    typeof at === "string" && at !== "";
    at = field(layers.get(at), "parent")
  ) {
    if (!/^[0-9a-f]{64}$/.test(at) || !layers.has(at) || ids.length > 1000)
      throw new StorageProblem("a layer is missing");
    ids.push(at);
  }
  const digest = field(image, "digest");
  return {
    config,
    manifestDigest: typeof digest === "string" && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined,
    layers: await located(
      ids.reverse().map((layer) => ({
        folder: join(root, "overlay", layer, "diff"),
        split: join(root, "overlay-layers", `${layer}.tar-split.gz`),
      })),
    ),
  };
}

async function dockerImage(root: string, hex: string): Promise<StoredImage> {
  const own = join(root, "image", "overlay2");
  const config = await small(join(own, "imagedb", "content", "sha256", hex), MAX_JSON);
  const { diffIds } = readConfiguration(config, undefined, 0);
  const layers: { folder: string; split: string }[] = [];
  let chain = "";
  for (const diffId of diffIds) {
    chain = chain === "" ? diffId : digestOf(Buffer.from(`${chain} ${diffId}`));
    const layer = join(own, "layerdb", "sha256", chain.slice("sha256:".length));
    const cache = (await small(join(layer, "cache-id"), 1024)).toString("utf8").trim();
    if (!/^[0-9a-z]{1,128}$/.test(cache)) throw new StorageProblem("a layer is missing");
    layers.push({ folder: join(root, "overlay2", cache, "diff"), split: join(layer, "tar-split.json.gz") });
  }
  return { config, manifestDigest: undefined, layers: await located(layers) };
}

/** With the folders' real paths, which the files' are compared with; all have to be there before one is read. */
async function located(
  layers: readonly { readonly folder: string; readonly split: string }[],
): Promise<StoredImage["layers"]> {
  for (const { split } of layers) await stat(split);
  return layers.map(({ folder, split }) => ({ folder: realpathSync(folder), split }));
}

async function small(path: string, most: number): Promise<Buffer> {
  const { size } = await stat(path);
  if (size > most) throw new StorageProblem(`${path} is too large`);
  return readFile(path);
}

const json = (bytes: Buffer): unknown => JSON.parse(bytes.toString("utf8"));
