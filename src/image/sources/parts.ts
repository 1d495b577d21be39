import type { EngineStorage } from "../../engine/engine.ts";
import type { Bytes } from "../bytes.ts";
import { type Platform, readConfiguration } from "../manifest.ts";
import { withStore } from "./files.ts";
import { findInStorage } from "./storage.ts";
import { type ChosenImage, chooseInStore } from "./store.ts";
import { TarSplitBytes } from "./tar-split.ts";

/** An image as it is stored, part by part, to be put somewhere else. Nothing is compared with its digest here. */
export interface ImageParts {
  readonly config: Buffer;
  /** The manifest as it is written, where there is one that its layers fit. */
  readonly manifest: ChosenImage["manifest"];
  /** From the base up. */
  readonly layers: readonly LayerPart[];
}

export interface LayerPart {
  /** Digest of the archive inside, as the configuration says. */
  readonly diffId: string;
  /** What the manifest says of the stored form; undefined where there is no manifest. */
  readonly stored: { readonly digest: string; readonly size: number; readonly mediaType: string } | undefined;
  /** The bytes as they are stored, anew with each call, to be closed in the end. */
  open(): Promise<Bytes>;
}

/** The parts of an image in an engine's storage: archives that are not compressed. Fails with `StorageProblem`. */
export async function partsInStorage(storage: EngineStorage, id: string): Promise<ImageParts> {
  const { config, layers } = await findInStorage(storage, id);
  const { diffIds } = readConfiguration(config, undefined, 0);
  return {
    config,
    manifest: undefined,
    layers: layers.map(({ folder, split }, index) => ({
      diffId: diffIds[index] ?? "",
      stored: undefined,
      open: () => Promise.resolve(new TarSplitBytes(folder, split)),
    })),
  };
}

/** The parts of the image in an archive or an OCI layout; `use` may have them until it is done. */
export function withPartsOf<T>(
  { path, name }: { readonly path: string; readonly name: string | undefined },
  platform: Platform,
  signal: AbortSignal | undefined,
  use: (parts: ImageParts) => Promise<T>,
): Promise<T> {
  return withStore(path, signal, async (store) => {
    const { config, manifest, layers } = await chooseInStore(store, platform, name);
    const { diffIds } = readConfiguration(config, undefined, 0);
    return use({
      config,
      manifest,
      layers: layers.map(({ name, digest, size, mediaType }, index) => ({
        diffId: diffIds[index] ?? "",
        stored:
          digest === undefined || size === undefined || mediaType === undefined
            ? undefined
            : { digest, size, mediaType },
        open: () => store.openBlob(name),
      })),
    });
  });
}
