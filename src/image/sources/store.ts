import { posix } from "node:path";
import type { FoundImage, ImageReading } from "../image.ts";
import type { LayerContent } from "../layer.ts";
import {
  type ArchiveManifest,
  ambiguous,
  checkDigest,
  choose,
  type Descriptor,
  digestOf,
  invalidImage,
  matchesName,
  parseDocument,
  readArchiveManifests,
  readIndex,
  readManifest,
} from "../manifest.ts";

/** Documents and layers by name: an archive's members, a folder's files, a registry's blobs. */
export interface BlobStore {
  /** A small document; undefined where there is none of that name. Registries keep manifests apart from the rest. */
  document(name: string, kind?: "manifest"): Promise<Buffer | undefined>;
  /** Reads layers, each name once; fails where one is missing. `sizes` is what the manifest says, if it does. */
  layers(
    names: readonly string[],
    reading: ImageReading,
    sizes: ReadonlyMap<string, number>,
  ): Promise<ReadonlyMap<string, LayerContent>>;
}

/** Reads an OCI layout, or what `docker save` writes; newer Dockers write both at once. */
export async function readStore(
  store: BlobStore,
  reading: ImageReading,
  name: string | undefined,
): Promise<FoundImage> {
  const index = await store.document("index.json");
  const archive = await store.document("manifest.json");
  // Names of images stand in both; where the archive is Docker's, its own list has them in full.
  if (index !== undefined && (archive === undefined || name === undefined)) {
    const top = readIndex(parseDocument(index, "The image's index.json"), "The image's index.json");
    if (top === undefined) throw invalidImage("The image's index.json is no index.");
    return readDescriptors(store, reading, top, name);
  }
  if (archive !== undefined) {
    const manifests = readArchiveManifests(parseDocument(archive, "The archive's manifest.json"));
    return readArchive(store, reading, manifests, name);
  }
  throw invalidImage("It is no image: there is neither an index.json nor a manifest.json in it.");
}

/** An index in an index is as deep as anybody goes. */
const MAX_DEPTH = 4;

/** Follows indexes down to one manifest, and reads that. */
export async function readDescriptors(
  store: BlobStore,
  reading: ImageReading,
  top: readonly Descriptor[],
  name: string | undefined,
): Promise<FoundImage> {
  let candidates = top;
  let wanted = name;
  let others: readonly string[] = [];
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const choice = choose(candidates, reading.platform, wanted);
    if (choice.others.length > 0) others = choice.others;
    const { digest } = choice.chosen;
    const bytes = await required(store, choice.chosen, "manifest");
    const value = parseDocument(bytes, "The image's manifest");
    const inner = readIndex(value, "The image's index");
    if (inner === undefined) return readManifestLayers(store, reading, value, digest, others);
    candidates = inner;
    wanted = undefined;
  }
  throw invalidImage("The image's indexes are nested too deep.");
}

async function readManifestLayers(
  store: BlobStore,
  reading: ImageReading,
  value: unknown,
  manifestDigest: string,
  otherPlatforms: readonly string[],
): Promise<FoundImage> {
  const manifest = readManifest(value, "The image's manifest");
  const config = await required(store, manifest.config);
  const names = manifest.layers.map(({ digest }) => blobName(digest));
  const sizes = new Map(manifest.layers.map(({ digest, size }) => [blobName(digest), size]));
  const contents = await store.layers(names, reading, sizes);
  return {
    config,
    configDigest: manifest.config.digest,
    manifestDigest,
    otherPlatforms,
    layers: manifest.layers.map(({ digest, size }) => ({
      content: found(contents, blobName(digest)),
      digest,
      size,
    })),
  };
}

async function readArchive(
  store: BlobStore,
  reading: ImageReading,
  manifests: readonly ArchiveManifest[],
  name: string | undefined,
): Promise<FoundImage> {
  const fitting =
    name === undefined
      ? manifests
      : manifests.filter(({ names }) => names.some((known) => matchesName(known, name)));
  const [manifest] = fitting;
  if (manifest === undefined || new Set(fitting.map(({ config }) => config)).size > 1)
    throw ambiguous(manifests.flatMap(({ names }) => names));
  const config = await store.document(inside(manifest.config));
  if (config === undefined) throw invalidImage("The image's configuration is missing.");
  const names = manifest.layers.map(inside);
  const contents = await store.layers(names, reading, new Map());
  // `<digest>.json`, or `blobs/sha256/<digest>`.
  const digest = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(manifest.config)?.[1];
  return {
    config,
    configDigest: digest === undefined ? undefined : `sha256:${digest}`,
    manifestDigest: undefined,
    otherPlatforms: [],
    layers: names.map((layer) => {
      const blob = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(layer)?.[1];
      return {
        content: found(contents, layer),
        digest: blob === undefined ? undefined : `sha256:${blob}`,
        size: undefined,
      };
    }),
  };
}

/** A document that something names, which must be what its digest says. */
async function required(store: BlobStore, { digest, size }: Descriptor, kind?: "manifest"): Promise<Buffer> {
  const bytes = await store.document(blobName(digest), kind);
  if (bytes === undefined) throw invalidImage(`A part of the image is missing: ${digest}.`);
  checkDigest("A part of the image", digest, digestOf(bytes));
  if (bytes.length !== size)
    throw invalidImage(`${digest} has ${bytes.length} bytes, but the image says ${size}.`);
  return bytes;
}

export const blobName = (digest: string): string => `blobs/${digest.replace(":", "/")}`;

/** A member's name as an archive's index has it. */
export const inside = (name: string): string => posix.normalize(`/${name}`).slice(1);

function found(contents: ReadonlyMap<string, LayerContent>, name: string): LayerContent {
  const content = contents.get(name);
  if (content === undefined) throw missingLayer(name);
  return content;
}

export const missingLayer = (name: string) => invalidImage(`A layer of the image is missing: ${name}.`);
