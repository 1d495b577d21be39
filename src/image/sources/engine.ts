import type { Engine } from "../../engine/engine.ts";
import { StreamBytes } from "../bytes.ts";
import type { FoundImage, ImageSource } from "../image.ts";
import { readArchiveStream } from "./archive.ts";

/** An image that the engine has, by the archive that it saves: read as it comes, nothing is stored. */
export function engineSource(engine: Engine, reference: string): ImageSource {
  return {
    description: `image ${reference} of ${engine.info.name}`,
    async read(reading) {
      let found: FoundImage | undefined;
      await engine.streamImage(
        reference,
        async (archive) => {
          const bytes = new StreamBytes(archive);
          // Podman 4.3 hangs, its lock held, when nobody reads to the end: a reader that gave up reads on for nothing.
          const next = () => bytes.next();
          try {
            found = await readArchiveStream({ next }, undefined, reading);
          } catch (error) {
            while ((await next()) !== undefined);
            throw error;
          }
        },
        reading.signal,
      );
      if (found === undefined) throw new Error("the engine saved nothing and did not say so");
      return found;
    },
  };
}
