import { createHash } from "node:crypto";
import type { ImageConfig } from "../engine/engine.ts";
import { containerSettings } from "../engine/image-json.ts";
import { asArray, field, stringsOf, textOf } from "../engine/json.ts";
import { PratiqueError } from "../errors.ts";

/** Largest index, manifest or configuration that is read; registries need take no more than 4 MiB either. */
export const MAX_JSON = 8 * 1024 * 1024;
/** Engines stop at 127. */
const MAX_LAYERS = 1000;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

/** What one document says of another. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform: Platform | undefined;
  /** The name it has in an archive or folder, where one is given. */
  readonly name: string | undefined;
}

export interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** What `docker save` writes about one image. */
export interface ArchiveManifest {
  readonly config: string;
  readonly names: readonly string[];
  readonly layers: readonly string[];
}

export interface HistoryEntry {
  readonly created: string | undefined;
  /** The instruction, as the builder wrote it down. */
  readonly instruction: string;
  /** Buildah and Podman say here what the build started from. */
  readonly comment?: string | undefined;
  /** True when it made no layer. */
  readonly empty: boolean;
}

/** The image's configuration: what it is, and how it came about. */
export interface Configuration {
  readonly config: ImageConfig;
  readonly history: readonly HistoryEntry[];
  readonly diffIds: readonly string[];
  /** The document itself. */
  readonly json: unknown;
}

export const invalidImage = (message: string, cause?: unknown): PratiqueError =>
  new PratiqueError("image.invalid", message, {
    hint: "Save or copy the image anew; “pratique inspect --help” lists what can be read.",
    cause,
  });

export const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** Fails when the bytes are not those that the digest stands for. */
export function checkDigest(what: string, wanted: string, found: string): void {
  if (wanted === found) return;
  throw new PratiqueError(
    "image.digest-mismatch",
    `${what} is not what the image says it is: its digest is ${found} in place of ${wanted}.`,
    {
      hint: "The image was changed or damaged after it was made. Save or pull it anew, and find out why if that does not help.",
    },
  );
}

export function parseDocument(bytes: Uint8Array, what: string): unknown {
  if (bytes.length > MAX_JSON)
    throw invalidImage(`${what} has ${bytes.length} bytes, which no real one has.`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"));
  } catch (cause) {
    throw invalidImage(`${what} is no JSON.`, cause);
  }
  if (typeof value !== "object" || value === null) throw invalidImage(`${what} is not what it should be.`);
  return value;
}

/** The images or indexes that an index names, without what only says something about another image. */
export function readIndex(value: unknown, what: string): readonly Descriptor[] | undefined {
  const manifests = field(value, "manifests");
  if (!Array.isArray(manifests)) return undefined;
  if (manifests.length > MAX_LAYERS) throw invalidImage(`${what} names ${manifests.length} images.`);
  return manifests
    .filter(
      (entry) => field(field(entry, "annotations"), "vnd.docker.reference.type") !== "attestation-manifest",
    )
    .map((entry) => descriptor(entry, what));
}

export function readManifest(value: unknown, what: string): Manifest {
  const layers = field(value, "layers");
  if (!Array.isArray(layers) || field(value, "config") === undefined)
    throw invalidImage(`${what} is no image's manifest.`);
  if (layers.length > MAX_LAYERS) throw invalidImage(`${what} names ${layers.length} layers.`);
  return {
    config: descriptor(field(value, "config"), what),
    layers: layers.map((entry) => descriptor(entry, what)),
  };
}

function descriptor(value: unknown, what: string): Descriptor {
  const digest = field(value, "digest");
  const size = field(value, "size");
  if (typeof digest !== "string" || !DIGEST.test(digest)) {
    const shown = typeof digest === "string" ? ` (“${digest.slice(0, 100)}”)` : "";
    throw invalidImage(`${what} names something without a SHA-256 digest${shown}.`);
  }
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw invalidImage(`${what} names ${digest} without a size.`);
  const platform = field(value, "platform");
  const annotations = field(value, "annotations");
  const name =
    field(annotations, "io.containerd.image.name") ?? field(annotations, "org.opencontainers.image.ref.name");
  return {
    digest,
    size,
    mediaType: textOf(field(value, "mediaType")),
    platform:
      platform === undefined
        ? undefined
        : { os: textOf(field(platform, "os")), architecture: textOf(field(platform, "architecture")) },
    name: typeof name === "string" ? name : undefined,
  };
}

/** `manifest.json` of a `docker save` archive. */
export function readArchiveManifests(value: unknown): readonly ArchiveManifest[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_LAYERS)
    throw invalidImage("The archive's manifest.json names no image.");
  return value.map((entry: unknown) => {
    const config = field(entry, "Config");
    const layers = field(entry, "Layers") ?? [];
    if (typeof config !== "string" || !Array.isArray(layers) || layers.length > MAX_LAYERS)
      throw invalidImage("The archive's manifest.json does not say what the image is made of.");
    if (!layers.every((layer): layer is string => typeof layer === "string"))
      throw invalidImage("The archive's manifest.json names layers that are no files.");
    return { config, layers, names: stringsOf(field(entry, "RepoTags")) };
  });
}

/** Reads the configuration whose digest is the image's id. Sizes and the manifest's digest are put in by the caller. */
export function readConfiguration(
  bytes: Uint8Array,
  digest: string | undefined,
  size: number,
): Configuration {
  const json = parseDocument(bytes, "The image's configuration");
  const rootfs = field(json, "rootfs");
  const diffIds = stringsOf(field(rootfs, "diff_ids"));
  if (diffIds.length > MAX_LAYERS || !diffIds.every((id) => DIGEST.test(id)))
    throw invalidImage("The image's configuration does not say which layers it has.");
  const config: ImageConfig = {
    id: digestOf(bytes),
    digest,
    os: textOf(field(json, "os")),
    architecture: textOf(field(json, "architecture")),
    size,
    layers: diffIds.length,
    diffIds,
    created: textOf(field(json, "created")) || undefined,
    ...containerSettings(field(json, "config")),
  };
  const history = asArray(field(json, "history"))
    .slice(0, 10 * MAX_LAYERS)
    .map((entry) => ({
      created: textOf(field(entry, "created")) || undefined,
      instruction: textOf(field(entry, "created_by")),
      comment: textOf(field(entry, "comment")) || undefined,
      empty: field(entry, "empty_layer") === true,
    }));
  return { config, history, diffIds, json };
}

export interface Choice {
  readonly chosen: Descriptor;
  /** What else there is, as `linux/arm64`. */
  readonly others: readonly string[];
}

/**
 * The one image to read of those that an index names: the one of that name where one is given, then that of the
 * platform. A single image is taken whatever its platform, so that a rule can say that it is the wrong one.
 */
export function choose(
  candidates: readonly Descriptor[],
  platform: Platform,
  name: string | undefined,
): Choice {
  const named = name === undefined ? candidates : candidates.filter((one) => matchesName(one.name, name));
  if (named.length === 0) {
    const names = [...new Set(candidates.flatMap((one) => one.name ?? []))];
    throw new PratiqueError(
      "image.not-found",
      name === undefined ? "There is no image in it." : `There is no image “${name}” in it.`,
      names.length === 0 ? {} : { hint: `It has: ${names.slice(0, 10).join(", ")}.` },
    );
  }
  const label = ({ platform: own }: Descriptor): string =>
    own === undefined ? "unknown" : `${own.os}/${own.architecture}`;
  const fitting = named.filter(
    ({ platform: own }) =>
      own !== undefined && own.os === platform.os && own.architecture === platform.architecture,
  );
  const [first] = fitting.length > 0 ? fitting : named;
  if (first === undefined) throw invalidImage("There is no image in it.");
  const distinct = new Set((fitting.length > 0 ? fitting : named).map(({ digest }) => digest));
  const labels = [...new Set(named.map(label))];
  if (distinct.size > 1) {
    if (fitting.length === 0 && labels.length > 1)
      throw new PratiqueError(
        "image.not-found",
        `There is no image for ${platform.os}/${platform.architecture} in it.`,
        {
          hint: `It is there for ${labels.slice(0, 10).join(", ")}. Build it with --platform ${platform.os}/${platform.architecture}.`,
        },
      );
    throw ambiguous(named.flatMap((one) => one.name ?? []));
  }
  return { chosen: first, others: labels.filter((one) => one !== label(first)) };
}

export function ambiguous(names: readonly string[]): PratiqueError {
  const known = [...new Set(names)].slice(0, 10);
  return new PratiqueError("image.ambiguous", "There are several images in it.", {
    hint:
      known.length === 0
        ? "Save the one that is wanted by itself."
        : `Say which after a colon, as in docker-archive:image.tar:${known[0]}. It has: ${known.join(", ")}.`,
  });
}

/** A name fits as a whole, without Docker Hub's prefix, or by its tag alone, as OCI layouts write it. */
export function matchesName(known: string | undefined, wanted: string): boolean {
  if (known === undefined) return false;
  const full = familiar(known);
  return known === wanted || full === familiar(wanted) || full === `${familiar(wanted)}:latest`;
}

const familiar = (name: string): string => name.replace(/^(?:docker\.io\/)?(?:library\/)?/, "");
