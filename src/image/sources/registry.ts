import { parseImageReference } from "../../dockerfile/image-reference.ts";
import { PratiqueError } from "../../errors.ts";
import { storedCredentials } from "../../registry/credentials.ts";
import { askHelper } from "../../registry/helper.ts";
import { type PullOptions, RegistryPull } from "../../registry/pull.ts";
import { RegistryProblem } from "../../registry/request.ts";
import type { FoundImage, ImageReading, ImageSource } from "../image.ts";
import type { LayerContent } from "../layer.ts";
import { checkDigest, type Descriptor, digestOf, invalidImage, MAX_JSON } from "../manifest.ts";
import { type BlobStore, blobName, readDescriptors } from "./store.ts";

/** An image in a registry. Its layers are read as they come, and not stored. */
export function registrySource(name: string, options: PullOptions = {}): ImageSource {
  return {
    description: name,
    async read(reading) {
      try {
        return await pull(name, reading, {
          credentials: storedCredentials(process.env, undefined, askHelper),
          signal: reading.signal,
          ...options,
        });
      } catch (error) {
        reading.throwIfStopped();
        if (!(error instanceof RegistryProblem)) throw error;
        throw new PratiqueError("registry.failed", `${name} cannot be read: ${error.message}.`, {
          hint: "Check the name; log in where that is needed (podman login, docker login); or pull it and name the engine's image.",
          cause: error,
        });
      }
    },
  };
}

async function pull(name: string, reading: ImageReading, options: PullOptions): Promise<FoundImage> {
  const reference = parseImageReference(name);
  const registry = new RegistryPull(reference, options);
  const { digest } = reference;
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw invalidImage(`“${digest.slice(0, 100)}” is no SHA-256 digest.`);
  const bytes = await registry.manifest(digest ?? reference.tag ?? "latest");
  const own = digestOf(bytes);
  if (digest !== undefined) checkDigest("The image's manifest", digest, own);
  const top: Descriptor = {
    digest: own,
    size: bytes.length,
    mediaType: "",
    platform: undefined,
    name: undefined,
  };
  return readDescriptors(new RegistryStore(registry, own, bytes), reading, [top], undefined);
}

class RegistryStore implements BlobStore {
  readonly #registry: RegistryPull;
  readonly #top: string;
  readonly #bytes: Buffer;

  constructor(registry: RegistryPull, top: string, bytes: Buffer) {
    this.#registry = registry;
    this.#top = blobName(top);
    this.#bytes = bytes;
  }

  document(name: string, kind?: "manifest"): Promise<Buffer> {
    if (name === this.#top) return Promise.resolve(this.#bytes);
    const digest = digestIn(name);
    return kind === "manifest" ? this.#registry.manifest(digest) : this.#registry.document(digest, MAX_JSON);
  }

  layers(
    names: readonly string[],
    reading: ImageReading,
    sizes: ReadonlyMap<string, number>,
  ): Promise<ReadonlyMap<string, LayerContent>> {
    return reading.readLayers(names, (name) => this.#registry.blob(digestIn(name), sizes.get(name) ?? 0));
  }
}

/** The digest that `blobName` made a name of. */
const digestIn = (name: string): string => name.replace(/^blobs\//, "").replace("/", ":");
