import { compareVersions, runsOn } from "../../knowledge/cuda.ts";
import { gpuExample } from "../contents-examples.ts";
import { groupBy } from "../group.ts";
import { fixOf } from "../helpers.ts";
import { unread } from "../image-contents.ts";
import { defineRule } from "../rule.ts";

const PACKAGES = "/opt/conda/lib/python3.12/site-packages";
const compiled = (path: string, machine: readonly string[], ptx: readonly string[] = []) => ({
  path: `${PACKAGES}/${path}`,
  machine,
  ptx,
});

export default defineRule<"image">({
  id: "gpu-code-left-out",
  title: "A library has no code for the GPU of the place",
  category: "start-up",
  needs: "image",
  severity: "warning",
  requirements: [],
  why: "A GPU runs code that was compiled for its generation, or PTX for it or an older one. A library that has neither ends the job with “no kernel image is available” as soon as it uses the GPU.",
  fix: "Compile it for the GPU of the place, or install a form of it that was.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "an extension for newer GPUs",
        facts: {
          contents: gpuExample({ compiled: [compiled("mine/ops.cpython-312.so", ["9.0"], ["9.0"])] }),
        },
      },
      {
        title: "for another GPU of the same generation",
        facts: { contents: gpuExample({ compiled: [compiled("mine/ops.so", ["7.5", "8.6"])] }) },
      },
    ],
    good: [
      {
        title: "the GPU is among them",
        facts: {
          contents: gpuExample({ compiled: [compiled("torch/lib/libtorch_cuda.so", ["7.0", "8.0", "9.0"])] }),
        },
      },
      {
        title: "older PTX, which the driver compiles",
        facts: { contents: gpuExample({ compiled: [compiled("mine/ops.so", [], ["7.5"])] }) },
      },
      {
        title: "a package with files for several GPUs chooses among them",
        facts: {
          contents: gpuExample({
            compiled: [compiled("attention/v2.so", ["8.0"]), compiled("attention/v3.so", ["9.0"])],
          }),
        },
      },
      {
        title: "a place without GPUs",
        facts: { contents: gpuExample({ compiled: [compiled("mine/ops.so", ["9.0"])] }) },
        profile: { gpu: undefined },
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
    if (compute === undefined || contents === undefined) return;
    const packages = groupBy(contents.gpu.compiled, ({ path }) => packageOf(path));
    for (const [folder, files] of packages) {
      const runs = files.some(
        ({ machine, ptx }) =>
          machine.some((made) => runsOn(made, compute, "machine")) ||
          ptx.some((made) => runsOn(made, compute, "ptx")),
      );
      const [first] = files;
      if (runs || first === undefined) continue;
      const made = [...new Set(files.flatMap(({ machine, ptx }) => [...machine, ...ptx]))].toSorted(
        compareVersions,
      );
      yield {
        message: `${first.path.slice(0, 200)} has code for compute capability ${made.slice(0, 8).join(", ")}, and the GPUs there have ${compute}.`,
        fix: fixOf(
          "If it is compiled in the image, name the GPU before that.",
          `ENV TORCH_CUDA_ARCH_LIST="${compute}+PTX"`,
        ),
        location: { imagePath: first.path },
        subjects: [`gpu-code:${folder}`],
      };
    }
  },
});

/** Where a Python package lies, or the file's own folder: a package may have files for several GPUs, and choose among them. */
const packageOf = (path: string): string =>
  /^.*\/(?:site|dist)-packages\/[^/]+(?=\/)/.exec(path)?.[0] ?? path.slice(0, path.lastIndexOf("/"));
