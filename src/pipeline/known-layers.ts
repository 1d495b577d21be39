import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { asArray, field, stringsOf } from "../engine/json.ts";
import type { RegistryRepository } from "../registry/repository.ts";
import { RegistryProblem } from "../registry/request.ts";
import { writeWhole } from "../system/files.ts";
import type { KnownLayers, StoredBlob } from "./push.ts";

/** Beside the evidence, where a publication that was broken off finds it again; hidden, so it is no part of it. */
const FILE = ".published-layers.json";
const MAX_BYTES = 4 * 1024 * 1024;
/** Layers are remembered over many checks; the oldest are forgotten. */
const MOST = 1000;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const GZIP =
  /^application\/vnd\.(?:oci\.image\.layer\.v1\.tar\+gzip|docker\.image\.rootfs\.diff\.tar\.gzip)$/;

/** An image in the same registry, whose layers may be in ours too. */
export interface RelatedImage {
  readonly registry: RegistryRepository;
  /** Tag or digest. */
  readonly name: string;
}

/**
 * What layers were packed into: by us, as a file in `folder` says, in what the repository has as `latest`, with which
 * a new version mostly shares its base, or in the bases themselves, where they lie in the same registry. Each may be wrong
 * or gone: nothing depends on it but time.
 */
export async function knownLayers(
  folder: string,
  registry: RegistryRepository,
  bases: readonly RelatedImage[] = [],
  architecture = "amd64",
): Promise<KnownLayers> {
  const path = join(folder, FILE);
  const ours = await remembered(path);
  const layers = (related: RelatedImage): Promise<Map<string, StoredBlob>> =>
    layersOf(related, architecture).catch((error: unknown) => {
      if (error instanceof RegistryProblem || error instanceof SyntaxError)
        return new Map<string, StoredBlob>();
      throw error;
    });
  const theirs = await layers({ registry, name: "latest" });
  const others: { readonly from: string; readonly found: ReadonlyMap<string, StoredBlob> }[] = [];
  for (const base of bases) others.push({ from: base.registry.place.repository, found: await layers(base) });
  return {
    get: (diffId) => ours.get(diffId) ?? theirs.get(diffId),
    elsewhere: (diffId) =>
      others.flatMap(({ from, found }) => {
        const blob = found.get(diffId);
        return blob === undefined ? [] : [{ ...blob, from }];
      }),
    async add(diffId, blob) {
      ours.delete(diffId);
      ours.set(diffId, blob);
      await writeWhole(path, `${JSON.stringify(Object.fromEntries([...ours].slice(-MOST)))}\n`);
    },
  };
}

async function remembered(path: string): Promise<Map<string, StoredBlob>> {
  const found = new Map<string, StoredBlob>();
  try {
    if ((await stat(path)).size > MAX_BYTES) return found;
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof value !== "object" || value === null) return found;
    for (const [diffId, blob] of Object.entries(value)) note(found, diffId, blob);
  } catch {
    // The first time there is none, and a broken one only costs time.
  }
  return found;
}

async function layersOf(
  { registry, name }: RelatedImage,
  architecture: string,
): Promise<Map<string, StoredBlob>> {
  const found = new Map<string, StoredBlob>();
  const top = json((await registry.manifest(name))?.bytes);
  const own = asArray(field(top, "manifests"))
    .filter((one) => {
      const platform = field(one, "platform");
      return field(platform, "architecture") === architecture && field(platform, "os") === "linux";
    })
    .map((one) => field(one, "digest"))
    .find((digest) => typeof digest === "string" && DIGEST.test(digest));
  const manifest = typeof own === "string" ? json((await registry.manifest(own))?.bytes) : top;
  const digest = field(field(manifest, "config"), "digest");
  const layers = asArray(field(manifest, "layers"));
  if (typeof digest !== "string" || !DIGEST.test(digest)) return found;
  const config = json(await registry.blob(digest, MAX_BYTES));
  const diffIds = stringsOf(field(field(config, "rootfs"), "diff_ids"));
  if (diffIds.length !== layers.length) return found;
  for (const [index, diffId] of diffIds.entries())
    if (GZIP.test(String(field(layers[index], "mediaType")))) note(found, diffId, layers[index]);
  return found;
}

const json = (bytes: Buffer | undefined): unknown =>
  bytes === undefined ? undefined : JSON.parse(bytes.toString("utf8"));

function note(found: Map<string, StoredBlob>, diffId: string, blob: unknown): void {
  const digest = field(blob, "digest");
  const size = field(blob, "size");
  if (DIGEST.test(diffId) && typeof digest === "string" && DIGEST.test(digest) && typeof size === "number")
    found.set(diffId, { digest, size });
}
