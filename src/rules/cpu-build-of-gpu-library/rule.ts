import { gpuExample } from "../contents-examples.ts";
import { fixOf } from "../helpers.ts";
import { unread } from "../image-contents.ts";
import { defineRule } from "../rule.ts";

const framework = (build: string | undefined) => ({
  name: "PyTorch",
  version: "2.7.1",
  build,
  path: "/opt/torch/METADATA",
});

export default defineRule<"image">({
  id: "cpu-build-of-gpu-library",
  title: "A library was installed in its form for processors only",
  category: "start-up",
  needs: "image",
  severity: "warning",
  requirements: [],
  why: "PyTorch, TensorFlow and JAX come in several forms. The one without CUDA runs on the GPU cluster, but on processors alone: the job holds a GPU that it never uses, and takes many times as long.",
  fix: "Install the form that is built with CUDA.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "beside the libraries of CUDA",
        facts: { contents: gpuExample({ frameworks: [framework("cpu")] }) },
      },
      {
        title: "alone: the job may want no GPU",
        facts: { contents: gpuExample({ frameworks: [framework("cpu")], libraries: [] }) },
      },
    ],
    good: [
      { title: "with CUDA", facts: { contents: gpuExample() } },
      {
        title: "one of two is built with CUDA",
        facts: { contents: gpuExample({ frameworks: [framework("cpu"), framework("12.6")] }) },
      },
      {
        title: "a place without GPUs",
        facts: { contents: gpuExample({ frameworks: [framework("cpu")] }) },
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
    if (contents === undefined || profile.gpu === undefined) return;
    const { frameworks, libraries } = contents.gpu;
    const wantsGpu =
      libraries.length > 0 ||
      image.environment.has("NVIDIA_VISIBLE_DEVICES") ||
      frameworks.some(({ build }) => build !== undefined && build !== "cpu");
    for (const { name, version, build, path } of frameworks) {
      const better = frameworks.some((other) => other.name === name && other.build !== "cpu");
      if (build !== "cpu" || better) continue;
      yield {
        // Whether the job wants a GPU the image says only by what else is in it.
        severity: wantsGpu ? "warning" : "info",
        message: `${name} ${version.slice(0, 60)} is built for processors only, so that the job will not use the GPU${wantsGpu ? ", though the image is made for one" : ""}.`,
        fix: fixOf(
          "If the job is to use the GPU, install the form with CUDA.",
          INSTALL[name] ?? "RUN <install with CUDA>",
        ),
        location: { imagePath: path },
        subjects: [`gpu-build:${name}`],
      };
    }
  },
});

const INSTALL: Readonly<Record<string, string>> = {
  PyTorch: "RUN pip install torch --index-url https://download.pytorch.org/whl/cu126",
  TensorFlow: 'RUN pip install "tensorflow[and-cuda]"',
  JAX: 'RUN pip install "jax[cuda12]"',
};
