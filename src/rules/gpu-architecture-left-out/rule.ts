import { runsOn } from "../../knowledge/cuda.ts";
import { gpuExample } from "../contents-examples.ts";
import { fixOf } from "../helpers.ts";
import { unread } from "../image-contents.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "gpu-architecture-left-out",
  title: "Extensions are compiled for other GPUs",
  category: "start-up",
  needs: "image",
  severity: "warning",
  requirements: [],
  why: "TORCH_CUDA_ARCH_LIST says for which GPUs extensions of PyTorch are compiled. Where the GPU of the place is not among them, the job ends with “no kernel image is available” as soon as it calls one.",
  fix: "Add the GPU of the place to the list before the extensions are built.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "for older and newer ones",
        facts: { contents: gpuExample({ architectures: ["7.5", "8.6"] }) },
      },
    ],
    good: [
      { title: "it is named", facts: { contents: gpuExample({ architectures: ["7.5", "8.0"] }) } },
      {
        title: "an older one in the form that the driver compiles",
        facts: { contents: gpuExample({ architectures: ["7.5+PTX"] }) },
      },
      { title: "no list", facts: { contents: gpuExample() } },
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
    const list = contents?.gpu.architectures ?? [];
    if (compute === undefined || list.length === 0 || list.some((one) => covers(one, compute))) return;
    yield {
      message: `TORCH_CUDA_ARCH_LIST names ${list.slice(0, 8).join(", ").slice(0, 100)}, and the GPUs there have compute capability ${compute}.`,
      fix: fixOf("Add it before anything is compiled.", `ENV TORCH_CUDA_ARCH_LIST="${compute}+PTX"`),
      location: { imagePath: "config" },
      subjects: ["gpu-architecture"],
    };
  },
});

/** As the variable has it: `8.0`, `9.0a`, `7.5+PTX`. */
function covers(architecture: string, compute: string): boolean {
  const number = architecture.replace(/[a-z]?(?:\+PTX)?$/i, "");
  return (
    runsOn(number, compute, "machine") || (/\+PTX$/i.test(architecture) && runsOn(number, compute, "ptx"))
  );
}
