import { compareVersions, firstCuda } from "../../knowledge/cuda.ts";
import { gpuExample } from "../contents-examples.ts";
import { fixOf } from "../helpers.ts";
import { unread } from "../image-contents.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "gpu-newer-than-cuda",
  title: "A library is built with a CUDA that does not know the GPU",
  category: "start-up",
  needs: "image",
  severity: "error",
  requirements: [],
  why: "A GPU runs code that was compiled for its kind. A library built with an older CUDA has none for newer GPUs: the job ends with “no kernel image is available”, or spends long minutes compiling at each start.",
  fix: "Install a form of the library that is built with a newer CUDA.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "CUDA 10.2 on an A100",
        facts: {
          contents: gpuExample({
            frameworks: [{ name: "PyTorch", version: "1.7.1", build: "10.2", path: "/opt/torch/METADATA" }],
          }),
        },
      },
    ],
    good: [
      { title: "CUDA 12.6", facts: { contents: gpuExample() } },
      {
        title: "no build for GPUs",
        facts: {
          contents: gpuExample({
            frameworks: [{ name: "PyTorch", version: "2.7.1", build: "cpu", path: "/opt/torch" }],
          }),
        },
      },
      {
        title: "not assessed when the files cannot be read",
        facts: { contents: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image, profile) {
    const { contents } = image;
    yield* unread(image, contents === undefined ? undefined : []);
    const compute = profile.gpu?.compute.value;
    const needed = compute === undefined ? undefined : firstCuda(compute);
    if (contents === undefined || needed === undefined) return;
    for (const { name, version, build, path } of contents.gpu.frameworks) {
      if (build === undefined || build === "cpu" || compareVersions(build, needed) >= 0) continue;
      // A major release alone may be any of its minor ones.
      if (!build.includes(".") && build === needed.split(".")[0]) continue;
      yield {
        message: `${name} ${version.slice(0, 60)} is built with CUDA ${build}, which has no code for the GPUs there (compute capability ${compute}): CUDA ${needed} is the first that has.`,
        fix: fixOf(
          "Install a form that is built with a newer CUDA.",
          name === "PyTorch"
            ? "RUN pip install torch --index-url https://download.pytorch.org/whl/cu126"
            : `RUN <install ${name} with CUDA ${needed} or newer>`,
        ),
        location: { imagePath: path },
        subjects: [`gpu-build:${name}`],
      };
    }
  },
});
