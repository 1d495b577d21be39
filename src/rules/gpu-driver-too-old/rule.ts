import { compareVersions } from "../../knowledge/cuda.ts";
import { gpuExample } from "../contents-examples.ts";
import { fixOf } from "../helpers.ts";
import { unread } from "../image-contents.ts";
import { defineRule } from "../rule.ts";

const gpu = { compute: { value: "8.0", source: "K8S-16" } };

export default defineRule<"image">({
  id: "gpu-driver-too-old",
  title: "CUDA in the image is newer than the driver",
  category: "start-up",
  needs: "image",
  severity: "error",
  requirements: [],
  why: "The driver belongs to the machine and not to the image. Each release of CUDA needs a driver of a certain age at least; with an older one the job ends with “CUDA driver version is insufficient”, or runs on processors alone.",
  fix: "Take a base image, and libraries, with a CUDA that the driver knows.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "CUDA 13 with a driver of the 12 series",
        facts: {
          contents: gpuExample({
            libraries: [{ name: "CUDA", version: "13.0.1", from: "CUDA_VERSION" }],
            minimumDriver: "580",
          }),
        },
        profile: { gpu: { ...gpu, driver: { value: "550.54.15", source: "assumed" } } },
      },
    ],
    good: [
      {
        title: "new enough",
        facts: { contents: gpuExample() },
        profile: { gpu: { ...gpu, driver: { value: "550.54.15", source: "assumed" } } },
      },
      {
        title: "not assessed when the profile does not say which driver there is",
        facts: { contents: gpuExample() },
      },
      { title: "nothing for a GPU", facts: {} },
      {
        title: "not assessed when the files cannot be read",
        facts: { contents: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image, profile) {
    const { contents } = image;
    yield* unread(image, contents === undefined ? undefined : []);
    if (contents === undefined || profile.gpu === undefined) return;
    const driver = profile.gpu.driver?.value;
    const cuda = contents.gpu.libraries.filter(({ name }) => name === "CUDA");
    if (driver === undefined) {
      if (cuda.length > 0)
        yield { notAssessed: "the profile does not say which version of NVIDIA's driver the machines have" };
      return;
    }
    const { minimumDriver } = contents.gpu;
    if (minimumDriver === undefined || compareVersions(driver, minimumDriver) >= 0) return;
    const [newest] = cuda.toSorted((a, b) => compareVersions(b.version, a.version));
    yield {
      message: `CUDA ${(newest?.version ?? "").slice(0, 30)} (${(newest?.from ?? "").slice(0, 150)}) needs NVIDIA's driver ${minimumDriver} or newer, and the machines have ${driver}.`,
      fix: fixOf("Take a base image with an older CUDA.", "FROM <image with a CUDA that the driver knows>"),
      location: { imagePath: "config" },
      subjects: ["gpu-driver"],
    };
  },
});
