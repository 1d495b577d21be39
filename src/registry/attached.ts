import { type Descriptor, digestOf, type RegistryRepository, type StoredManifest } from "./repository.ts";
import { RegistryProblem } from "./request.ts";

/**
 * What belongs to an image in a registry. There are two ways in use: a manifest that names the image as its `subject`
 * (OCI image and distribution specification 1.1), and a tag that cosign makes of the image's digest.
 */

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const EMPTY = "application/vnd.oci.empty.v1+json";
const TITLE = "org.opencontainers.image.title";
const CREATED = "org.opencontainers.image.created";

/** Something to attach. */
export interface Artifact {
  readonly artifactType: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly parts: readonly {
    readonly mediaType: string;
    readonly bytes: Uint8Array;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
}

const MOST_FILES = 100;

/** Nobody attaches more to one image. */
const MOST_REFERRERS = 1000;

/** Attaches an artifact to the image whose manifest is `subject`. The same one again changes nothing. */
export async function attach(
  registry: RegistryRepository,
  subject: Descriptor,
  { artifactType, annotations, parts }: Artifact,
): Promise<Descriptor> {
  const layers: Descriptor[] = [];
  for (const { bytes, mediaType, annotations } of parts)
    layers.push({ ...(await registry.putBlob(bytes, mediaType)), ...(annotations && { annotations }) });
  const config = await registry.putBlob(json({}), EMPTY);
  const { mediaType, digest, size } = subject;
  const { descriptor, listed } = await registry.putManifest(
    json({
      schemaVersion: 2,
      mediaType: MANIFEST,
      artifactType,
      config,
      layers,
      subject: { mediaType, digest, size },
      annotations,
    }),
    MANIFEST,
  );
  if (!listed) await list(registry, digest, { ...descriptor, artifactType, annotations });
  return descriptor;
}

/** What is attached to a manifest by `subject`. */
export async function attachedTo(
  registry: RegistryRepository,
  digest: string,
): Promise<readonly Descriptor[]> {
  const bytes = (await registry.referrers(digest)) ?? (await registry.manifest(tagOf(digest)))?.bytes;
  return bytes === undefined ? [] : descriptorsIn(bytes, "manifests").slice(0, MOST_REFERRERS);
}

/** Registries without an interface for it: the specification has clients keep an index under a tag. */
async function list(registry: RegistryRepository, digest: string, entry: Descriptor): Promise<void> {
  const tag = tagOf(digest);
  const there = await registry.manifest(tag);
  const others = there === undefined ? [] : descriptorsIn(there.bytes, "manifests");
  if (others.some((other) => other.digest === entry.digest)) return;
  const manifests = [...others, entry];
  await registry.putManifest(json({ schemaVersion: 2, mediaType: INDEX, manifests }), INDEX, tag);
}

/** Signed statements, in the form that cosign gives them in a registry. */
export const envelopesAs = (
  envelopes: readonly { readonly bytes: Uint8Array; readonly predicateType: string }[],
): Artifact["parts"] =>
  envelopes.map(({ bytes, predicateType }) => ({
    mediaType: "application/vnd.dsse.envelope.v1+json",
    bytes,
    annotations: { "dev.cosignproject.cosign/signature": "", predicateType },
  }));

/** A Sigstore bundle, in the form that cosign gives it in a registry: one artifact for each. */
export const bundleAs = (mediaType: string, predicateType: string, line: string, at: string): Artifact => ({
  artifactType: mediaType,
  annotations: {
    "dev.sigstore.bundle.content": "dsse-envelope",
    "dev.sigstore.bundle.predicateType": predicateType,
    ...created(at),
  },
  parts: [{ mediaType, bytes: Buffer.from(line, "utf8") }],
});

/**
 * Puts signed statements where `cosign verify-attestation` looks for them. Those that others put there stay; the same
 * ones again change nothing. The tag is returned.
 */
export async function attachForCosign(
  registry: RegistryRepository,
  digest: string,
  parts: Artifact["parts"],
): Promise<string> {
  const tag = `${tagOf(digest)}.att`;
  const there = await registry.manifest(tag);
  const layers = there === undefined ? [] : [...descriptorsIn(there.bytes, "layers")];
  const before = layers.length;
  for (const { bytes, mediaType, annotations = {} } of parts) {
    if (layers.some((layer) => layer.digest === digestOf(bytes))) continue;
    layers.push({ ...(await registry.putBlob(bytes, mediaType)), annotations });
  }
  if (layers.length === before) return tag;
  const config = await registry.putBlob(
    json({
      architecture: "",
      os: "",
      config: {},
      rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.digest) },
    }),
    "application/vnd.oci.image.config.v1+json",
  );
  await registry.putManifest(json({ schemaVersion: 2, mediaType: MANIFEST, config, layers }), MANIFEST, tag);
  return tag;
}

/** The named files of an artifact: `MOST_FILES` at most, with `most` bytes in all. */
export async function filesOf(
  registry: RegistryRepository,
  artifact: Descriptor,
  most: number,
): Promise<ReadonlyMap<string, Buffer>> {
  const manifest = await registry.manifest(artifact.digest);
  const files = new Map<string, Buffer>();
  let room = most;
  for (const { digest, size, annotations } of manifest === undefined
    ? []
    : descriptorsIn(manifest.bytes, "layers")) {
    const name = annotations?.[TITLE];
    if (name === undefined) continue;
    room -= size;
    if (room < 0 || files.size === MOST_FILES)
      throw new RegistryProblem(`${registry.place.host} has more there than evidence can be`);
    files.set(name, await registry.blob(digest, size));
  }
  return files;
}

/** The manifest of the one platform that has this configuration, in an image or an index of images. */
export async function manifestWith(
  registry: RegistryRepository,
  top: StoredManifest,
  configuration: string,
): Promise<Descriptor | undefined> {
  const own = configurationIn(top.bytes);
  if (own !== undefined) return own === configuration ? top.descriptor : undefined;
  for (const { digest } of descriptorsIn(top.bytes, "manifests").slice(0, MOST_PLATFORMS)) {
    const one = await registry.manifest(digest);
    if (one !== undefined && configurationIn(one.bytes) === configuration) return one.descriptor;
  }
  return undefined;
}

const MOST_PLATFORMS = 50;

/** Digests of a manifest, or of an index and all the images in it. */
export const manifestsOf = ({ descriptor, bytes }: StoredManifest): readonly string[] => [
  descriptor.digest,
  ...descriptorsIn(bytes, "manifests")
    .slice(0, MOST_PLATFORMS)
    .map(({ digest }) => digest),
];

/** When an artifact says that it was made; empty where it does not. */
export const createdOf = ({ annotations }: Descriptor): string => annotations?.[CREATED] ?? "";

/** Annotation for the name of a file. */
export const titled = (name: string): Readonly<Record<string, string>> => ({ [TITLE]: name });

/** Annotation for the time of making (ISO 8601). */
export const created = (time: string): Readonly<Record<string, string>> => ({ [CREATED]: time });

const tagOf = (digest: string): string => digest.replace(":", "-");

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value), "utf8");

function configurationIn(manifest: Buffer): string | undefined {
  const { config } = parsed(manifest);
  return isDescriptor(config) ? config.digest : undefined;
}

/** Descriptors of a list in a manifest; what is malformed there is no descriptor. */
function descriptorsIn(manifest: Buffer, field: "layers" | "manifests"): readonly Descriptor[] {
  const list = parsed(manifest)[field];
  return Array.isArray(list) ? list.filter(isDescriptor) : [];
}

function parsed(bytes: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new RegistryProblem("what is attached there cannot be read: it is no JSON object");
}

function isDescriptor(value: unknown): value is Descriptor {
  if (typeof value !== "object" || value === null) return false;
  const { mediaType, digest, size, annotations = {} } = value as Record<string, unknown>;
  return (
    typeof mediaType === "string" &&
    typeof digest === "string" &&
    /^sha256:[0-9a-f]{64}$/.test(digest) &&
    typeof size === "number" &&
    Number.isSafeInteger(size) &&
    size >= 0 &&
    typeof annotations === "object" &&
    annotations !== null &&
    Object.values(annotations).every((one) => typeof one === "string")
  );
}
