// Reads one image as “pratique inspect” does, for the benchmark: `<path> verify|no-verify`, or `<engine's answers as JSON>
// save|storage`, which were asked for before. With `contents` after it, data, secrets, models and GPU software are looked for.
import { CommandLineEngine } from "../src/engine/command-line.ts";
import { podman } from "../src/engine/podman.ts";
import { collectFitness } from "../src/image/fitness/collect.ts";
import { type ImageSource, readImage } from "../src/image/image.ts";
import { spaceFacts } from "../src/image/layers/space.ts";
import { engineSource } from "../src/image/sources/engine.ts";
import { pathSource } from "../src/image/sources/files.ts";
import { readStorage } from "../src/image/sources/storage.ts";
import { collectScripts } from "../src/image/tree.ts";
import { collectContents } from "../src/pipeline/contents.ts";

const [first = "", second = "", third = ""] = process.argv.slice(2);

function sourceOf(): ImageSource {
  if (!first.startsWith("{")) return pathSource(first, undefined);
  const { id, driver, root } = JSON.parse(first);
  if (second === "storage")
    return { description: id, read: (reading) => readStorage({ driver, root }, id, reading) };
  const info = {
    name: "podman",
    version: "",
    rootless: false,
    runtime: "",
    otherRuntimes: [],
    cgroupVersion: "unknown",
    architecture: "",
  } as const;
  return engineSource(new CommandLineEngine(podman(undefined), info), id, false);
}

const verify = second !== "no-verify";
const image = await readImage(sourceOf(), {
  collectors: [
    collectScripts(),
    collectFitness(),
    ...(third === "contents" ? collectContents().collectors : []),
  ],
  platform: { os: "linux", architecture: "amd64" },
  verify,
});
if (spaceFacts(image, undefined).map.bytes !== image.tree.bytes) throw new Error("sizes do not add up");
if (image.digests.verified !== verify || image.tree.files === 0) throw new Error("it was not read as asked");
