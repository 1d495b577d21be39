import { createHash } from "node:crypto";
import { pipeline } from "node:stream";
import { createGzip } from "node:zlib";
import { type Compression, compressionOf } from "../image/compression.ts";
import { checkDigest } from "../image/manifest.ts";
import type { ImageParts, LayerPart } from "../image/sources/parts.ts";
import { type Descriptor, digestOf, type RegistryRepository } from "../registry/repository.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYERS: Readonly<Record<Compression, string>> = {
  none: "application/vnd.oci.image.layer.v1.tar",
  gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
};

/** A layer as a registry has it. */
export interface StoredBlob {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * What a layer's content (its diff id) was packed into before. Packed layers have digests that nobody knows until the
 * work is done, and by these a layer that is there already need be neither packed nor sent.
 */
export interface KnownLayers {
  get(diffId: string): StoredBlob | undefined;
  /** Where else in the registry a layer lies. */
  elsewhere(diffId: string): readonly (StoredBlob & { readonly from: string })[];
  add(diffId: string, blob: StoredBlob): Promise<void>;
}

export interface Pushed {
  readonly manifest: Descriptor;
  readonly bytes: Buffer;
  readonly layers: {
    /** Layers that had to be sent, and their bytes. */
    readonly sent: number;
    readonly bytesSent: number;
    /** Layers that the registry had. */
    readonly there: number;
  };
}

export interface PushOptions {
  readonly known: KnownLayers;
  /** Bytes of layers that went out, since the last call. */
  readonly onBytes: (count: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Packing keeps a processor busy, and sending waits for the line. */
const AT_ONCE = 3;

/**
 * Puts an image into a repository, under the digest of its manifest alone: no tag is moved. What the registry has
 * already is not sent, so that a push which was broken off goes on where it was. Where the image has no manifest that
 * its layers fit, one is made; the configuration is never changed, and each layer is compared with the digest that it
 * names. Fails with `RegistryProblem` or `image.digest-mismatch`.
 */
export async function pushImage(
  registry: RegistryRepository,
  parts: ImageParts,
  { known, onBytes, signal }: PushOptions,
): Promise<Pushed> {
  const layers: Descriptor[] = new Array(parts.layers.length);
  /** Images have the empty layer many times. */
  const sending = new Map<string, Promise<Descriptor>>();
  const counts = { sent: 0, bytesSent: 0, there: 0 };
  const put = async (layer: LayerPart): Promise<Descriptor> => {
    const before = layer.stored ?? known.get(layer.diffId);
    if (before !== undefined && (await registry.blobSize(before.digest)) === before.size) {
      counts.there++;
      return { mediaType: layer.stored?.mediaType ?? LAYERS.gzip, digest: before.digest, size: before.size };
    }
    for (const { from, digest, size } of known.elsewhere(layer.diffId)) {
      // A manifest that came with the image names its layers as they are packed in it.
      if (layer.stored !== undefined && layer.stored.digest !== digest) continue;
      if (!(await registry.mountBlob(digest, from)) || (await registry.blobSize(digest)) !== size) continue;
      counts.there++;
      if (layer.stored === undefined) await known.add(layer.diffId, { digest, size });
      return { mediaType: layer.stored?.mediaType ?? LAYERS.gzip, digest, size };
    }
    let form: Compression = "gzip";
    const sent = await registry.sendBlob(() =>
      watched(
        layer.stored === undefined
          ? packed(layer, (found) => {
              form = found;
            })
          : stored(layer),
        onBytes,
      ),
    );
    if (layer.stored !== undefined) checkDigest("A layer", layer.stored.digest, sent.digest);
    // What was packed by others is not remembered: its form would have to be too.
    else if (form === "gzip") await known.add(layer.diffId, sent);
    counts.sent++;
    counts.bytesSent += sent.size;
    return { mediaType: layer.stored?.mediaType ?? LAYERS[form], ...sent };
  };
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    for (let index = next++; index < parts.layers.length && !failed; index = next++) {
      signal?.throwIfAborted();
      const layer = parts.layers[index];
      if (layer === undefined) return;
      const key = layer.stored?.digest ?? layer.diffId;
      const one = sending.get(key) ?? put(layer);
      sending.set(key, one);
      try {
        layers[index] = await one;
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  // All have to be done before the files they read are closed; the first failure is the one to tell.
  const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  const config = await registry.putBlob(parts.config, CONFIG);
  const { mediaType, bytes } = parts.manifest ?? {
    mediaType: MANIFEST,
    bytes: Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: layers.map(plain) }),
    ),
  };
  const { descriptor } = await registry.putManifest(bytes, mediaType);
  if (parts.manifest !== undefined)
    checkDigest("The image's manifest", parts.manifest.digest, digestOf(bytes));
  return { manifest: descriptor, bytes, layers: counts };
}

const plain = ({ mediaType, digest, size }: Descriptor): Descriptor => ({ mediaType, digest, size });

async function* watched(
  bytes: AsyncIterable<Uint8Array>,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    yield chunk;
    onBytes(chunk.length);
  }
}

/** The bytes as they are stored. Each chunk is the receiver's own. */
async function* stored(layer: LayerPart): AsyncGenerator<Buffer> {
  const bytes = await layer.open();
  try {
    for (let chunk = await bytes.next(); chunk !== undefined; chunk = await bytes.next())
      if (chunk.length > 0) yield Buffer.from(chunk);
  } finally {
    await bytes.close?.();
  }
}

/** The layer with gzip, and its content compared with its digest; one that is packed already as it is. */
async function* packed(layer: LayerPart, tell: (form: Compression) => void): AsyncGenerator<Uint8Array> {
  const bytes = stored(layer);
  const first = await bytes.next();
  const start = first.done === true ? Buffer.alloc(0) : first.value;
  const form = compressionOf(start);
  const all = async function* (): AsyncGenerator<Buffer> {
    if (start.length > 0) yield start;
    yield* bytes;
  };
  if (form !== "none") {
    tell(form);
    yield* all();
    return;
  }
  tell("gzip");
  const hash = createHash("sha256");
  const compared = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of all()) {
      hash.update(chunk);
      yield chunk;
    }
    checkDigest("A layer", layer.diffId, `sha256:${hash.digest("hex")}`);
  };
  // What goes wrong before it comes out of the last one.
  yield* pipeline(compared(), createGzip({ chunkSize: 256 * 1024 }), () => {});
}
