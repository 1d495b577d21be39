import { Readable } from "node:stream";
import { StreamBytes } from "./bytes.ts";
import type { Collector } from "./collector.ts";
import { type ImageRead, ImageReading } from "./image.ts";
import { mergeLayers } from "./merged.ts";
import { type Member, tar } from "./test-archives.ts";

/** An image with these layers, as the collectors see it. */
export async function readLayers(
  collectors: readonly Collector[],
  ...layers: readonly (readonly Member[])[]
): Promise<Pick<ImageRead, "layers" | "tree">> {
  const reading = new ImageReading({
    collectors,
    platform: { os: "linux", architecture: "amd64" },
    verify: true,
  });
  const contents = [];
  for (const members of layers)
    contents.push(await reading.readLayer(new StreamBytes(Readable.from([tar(...members)]))));
  const { tree } = mergeLayers(reading.paths, contents);
  return { tree, layers: contents.map(({ content }, index) => ({ index, content })) as never };
}
