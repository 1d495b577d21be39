import type { Engine } from "../../engine/engine.ts";
import { PratiqueError } from "../../errors.ts";
import { StreamBytes } from "../bytes.ts";
import type { FoundImage, ImageReading, ImageSource } from "../image.ts";
import { readArchiveStream } from "./archive.ts";
import { readStorage } from "./storage.ts";
import { StorageProblem } from "./tar-split.ts";

/**
 * An image that the engine has: from its storage, where we may read that, else by the archive that it saves, read as it
 * comes. Nothing is stored either way. `id` is the image's full id.
 */
export function engineSource(engine: Engine, id: string, direct = true): ImageSource {
  return {
    description: `image ${id} of ${engine.info.name}`,
    async read(reading) {
      const { storage } = engine.info;
      if (direct && storage !== undefined) {
        try {
          return await readStorage(storage, id, reading);
        } catch (error) {
          // Whatever is wrong there, the engine's own archive decides.
          if (!(error instanceof StorageProblem)) throw error;
        }
      }
      return readSaved(engine, id, reading);
    },
  };
}

async function readSaved(engine: Engine, id: string, reading: ImageReading): Promise<FoundImage> {
  let found: FoundImage | undefined;
  await engine.streamImage(
    id,
    async (archive) => {
      const bytes = new StreamBytes(archive);
      const next = () => bytes.next();
      try {
        found = await readArchiveStream({ next }, undefined, reading);
      } catch (error) {
        // Podman 4.3 hangs, its lock held, when nobody reads to the end.
        while ((await next()) !== undefined);
        throw error;
      }
    },
    reading.signal,
  );
  if (found === undefined)
    throw new PratiqueError("image.unreadable", `${engine.info.name} saved nothing.`, {
      hint: `“pratique doctor” checks whether ${engine.info.name} works.`,
    });
  return found;
}
