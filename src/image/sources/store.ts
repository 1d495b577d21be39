import { posix } from "node:path";
import { field, textOf } from "../../engine/json.ts";
import type { Bytes } from "../bytes.ts";
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
  type Platform,
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

/** An image that was found in a store; its layers are still to be read. */
export interface ChosenImage {
  readonly config: Buffer;
  /** Of the configuration, where something names it. */
  readonly configDigest: string | undefined;
  /** The manifest as it is written; archives of Docker's own form have none. */
  readonly manifest:
    | { readonly digest: string; readonly mediaType: string; readonly bytes: Buffer }
    | undefined;
  /** From the base up: name in the store, and what the manifest says of it. */
  readonly layers: readonly {
    readonly name: string;
    readonly digest: string | undefined;
    readonly size: number | undefined;
    readonly mediaType: string | undefined;
  }[];
  readonly otherPlatforms: readonly string[];
}

/** A store whose blobs can be had one by one, as often as is wanted. */
export interface OpenStore extends BlobStore {
  /** The bytes of a blob as they are stored, to be closed in the end. Fails where it is missing. */
  openBlob(name: string): Promise<Bytes>;
}

/** Reads an OCI layout, or what `docker save` writes; newer Dockers write both at once. */
export async function readStore(
  store: BlobStore,
  reading: ImageReading,
  name: string | undefined,
): Promise<FoundImage> {
  return readChosen(store, reading, await chooseInStore(store, reading.platform, name));
}

/** The one image that is meant of those in an OCI layout or an archive. */
export async function chooseInStore(
  store: Pick<BlobStore, "document">,
  platform: Platform,
  name: string | undefined,
): Promise<ChosenImage> {
  const index = await store.document("index.json");
  const archive = await store.document("manifest.json");
  // Names of images stand in both; where the archive is Docker's, its own list has them in full.
  if (index !== undefined && (archive === undefined || name === undefined)) {
    const top = readIndex(parseDocument(index, "The image's index.json"), "The image's index.json");
    if (top === undefined) throw invalidImage("The image's index.json is no index.");
    return followDescriptors(store, platform, top, name);
  }
  if (archive !== undefined) {
    const manifests = readArchiveManifests(parseDocument(archive, "The archive's manifest.json"));
    return chooseInArchive(store, manifests, name);
  }
  throw invalidImage("It is no image: there is neither an index.json nor a manifest.json in it.");
}

/** What a manifest without a word about its own type is. */
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** An index in an index is as deep as anybody goes. */
const MAX_DEPTH = 4;

/** Follows indexes down to one manifest, and reads that. */
export async function readDescriptors(
  store: BlobStore,
  reading: ImageReading,
  top: readonly Descriptor[],
  name: string | undefined,
): Promise<FoundImage> {
  return readChosen(store, reading, await followDescriptors(store, reading.platform, top, name));
}

async function followDescriptors(
  store: Pick<BlobStore, "document">,
  platform: Platform,
  top: readonly Descriptor[],
  name: string | undefined,
): Promise<ChosenImage> {
  let candidates = top;
  let wanted = name;
  let otherPlatforms: readonly string[] = [];
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const choice = choose(candidates, platform, wanted);
    if (choice.others.length > 0) otherPlatforms = choice.others;
    const { digest, mediaType } = choice.chosen;
    const bytes = await required(store, choice.chosen, "manifest");
    const value = parseDocument(bytes, "The image's manifest");
    const inner = readIndex(value, "The image's index");
    if (inner === undefined) {
      const manifest = readManifest(value, "The image's manifest");
      return {
        config: await required(store, manifest.config),
        configDigest: manifest.config.digest,
        manifest: {
          digest,
          bytes,
          mediaType: mediaType || textOf(field(value, "mediaType")) || OCI_MANIFEST,
        },
        layers: manifest.layers.map((layer) => ({ ...layer, name: blobName(layer.digest) })),
        otherPlatforms,
      };
    }
    candidates = inner;
    wanted = undefined;
  }
  throw invalidImage("The image's indexes are nested too deep.");
}

async function chooseInArchive(
  store: Pick<BlobStore, "document">,
  manifests: readonly ArchiveManifest[],
  name: string | undefined,
): Promise<ChosenImage> {
  const fitting =
    name === undefined
      ? manifests
      : manifests.filter(({ names }) => names.some((known) => matchesName(known, name)));
  const [manifest] = fitting;
  if (manifest === undefined || new Set(fitting.map(({ config }) => config)).size > 1)
    throw ambiguous(manifests.flatMap(({ names }) => names));
  const config = await store.document(inside(manifest.config));
  if (config === undefined) throw invalidImage("The image's configuration is missing.");
  // `<digest>.json`, or `blobs/sha256/<digest>`.
  const digest = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(manifest.config)?.[1];
  return {
    config,
    configDigest: digest === undefined ? undefined : `sha256:${digest}`,
    manifest: undefined,
    otherPlatforms: [],
    layers: manifest.layers.map(inside).map((layer) => {
      const blob = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(layer)?.[1];
      return {
        name: layer,
        digest: blob === undefined ? undefined : `sha256:${blob}`,
        size: undefined,
        mediaType: undefined,
      };
    }),
  };
}

async function readChosen(
  store: BlobStore,
  reading: ImageReading,
  { config, configDigest, manifest, layers, otherPlatforms }: ChosenImage,
): Promise<FoundImage> {
  const sizes = new Map(
    layers.flatMap(({ name, size }) => (size === undefined ? [] : [[name, size] as const])),
  );
  const contents = await store.layers(
    layers.map(({ name }) => name),
    reading,
    sizes,
  );
  return {
    config,
    configDigest,
    manifestDigest: manifest?.digest,
    otherPlatforms,
    layers: layers.map(({ name, digest, size }) => ({ content: found(contents, name), digest, size })),
  };
}

/** A document that something names, which must be what its digest says. */
async function required(
  store: Pick<BlobStore, "document">,
  { digest, size }: Descriptor,
  kind?: "manifest",
): Promise<Buffer> {
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
