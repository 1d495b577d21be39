// Reads one image as “pratique inspect” does, for the benchmark: `<path> verify|no-verify`, or `podman <image> save|storage`.
import { openEngine } from "../src/engine/detect.ts";
import { type ImageSource, readImage } from "../src/image/image.ts";
import { engineSource } from "../src/image/sources/engine.ts";
import { pathSource } from "../src/image/sources/files.ts";
import { readStorage } from "../src/image/sources/storage.ts";
import { collectScripts } from "../src/image/tree.ts";

const [first = "", second = "", how = ""] = process.argv.slice(2);

async function sourceOf(): Promise<ImageSource> {
  if (first !== "podman") return pathSource(first, undefined);
  const engine = await openEngine("podman");
  const { id } = await engine.inspectImage(second);
  const { storage } = engine.info;
  if (how === "save" || storage === undefined) return engineSource(engine, id, false);
  return { description: second, read: (reading) => readStorage(storage, id, reading) };
}

const verify = second !== "no-verify";
const image = await readImage(await sourceOf(), {
  collectors: [collectScripts()],
  platform: { os: "linux", architecture: "amd64" },
  verify,
});
if (image.digests.verified !== verify || image.tree.files === 0) throw new Error("it was not read as asked");
