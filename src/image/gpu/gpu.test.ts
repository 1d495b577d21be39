import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InventoryPackage } from "../inventory/inventory.ts";
import { file, type Member } from "../test-archives.ts";
import { readLayers } from "../test-images.ts";
import { collectGpu, type GpuSoftware } from "./gpu.ts";

const installed = (
  type: "python" | "conda",
  name: string,
  version: string,
  build = "",
): InventoryPackage => ({
  type,
  name,
  version,
  purl: `pkg:${type}/${name}@${version}${build === "" ? "" : `?build=${build}&channel=x`}`,
  licence: { expression: undefined, written: undefined },
  path: `/opt/${name}`,
  places: 1,
  layer: 0,
  removedIn: undefined,
  contains: [],
});

async function gpuOf(
  {
    packages = [],
    environment = [],
  }: { packages?: readonly InventoryPackage[]; environment?: readonly string[] },
  ...layers: readonly (readonly Member[])[]
): Promise<GpuSoftware> {
  const collector = collectGpu();
  return collector.gpu(await readLayers([collector], ...layers), { packages }, environment);
}

describe("what an image has for a GPU", () => {
  it.each([
    [[installed("python", "torch", "2.7.1+cu126")], "PyTorch 12.6"],
    [[installed("python", "torch", "2.7.1+cpu")], "PyTorch cpu"],
    [[installed("python", "torch", "1.7.1+cu92")], "PyTorch 9.2"],
    [[installed("python", "torch", "1.7.1+cu101")], "PyTorch 10.1"],
    [
      [installed("python", "torch", "2.7.1"), installed("python", "nvidia-cuda-runtime-cu12", "12.6.77")],
      "PyTorch 12.6",
    ],
    [[installed("python", "torch", "2.7.1")], "PyTorch undefined"],
    [[installed("conda", "pytorch", "2.1.0", "py3.11_cuda12.1_cudnn8.9.2_0")], "PyTorch 12.1"],
    [[installed("conda", "pytorch", "2.4.0", "cuda126_generic_py312_h1")], "PyTorch 12.6"],
    [[installed("conda", "pytorch", "2.1.0", "cpu_mkl_py311_0")], "PyTorch cpu"],
    [[installed("python", "tensorflow-cpu", "2.19.0")], "TensorFlow cpu"],
    [[installed("python", "jaxlib", "0.6.0")], "JAX cpu"],
    [[installed("python", "jaxlib", "0.6.0"), installed("python", "jax-cuda12-plugin", "0.6.0")], "JAX 12"],
    [[installed("python", "cupy-cuda12x", "13.4.1")], "CuPy 12"],
  ])("is the build of a framework", async (packages, told) => {
    const { frameworks } = await gpuOf({ packages });
    expect(frameworks.map(({ name, build }) => `${name} ${build}`)).toEqual([told]);
  });

  it("is the libraries by name, in the finished image only, each version once", async () => {
    const { libraries, minimumDriver } = await gpuOf(
      {
        packages: [installed("python", "nvidia-cudnn-cu12", "9.5.1.17")],
        environment: ["CUDA_VERSION=12.6.3"],
      },
      [
        file("usr/local/cuda-12.6/lib64/libcudart.so.12.6.77", "x"),
        file("opt/other/libcudart.so.12.6.77", "x"),
        file("usr/lib/libcudnn.so.8.9.2", "x"),
        file("usr/lib/libcudadebugger.so.1", "x"),
      ],
      [file("usr/lib/.wh.libcudnn.so.8.9.2")],
    );
    expect(libraries.map(({ name, version, from }) => `${name} ${version} ${from}`)).toEqual([
      "CUDA 12.6.3 CUDA_VERSION",
      "cuDNN 9.5.1.17 nvidia-cudnn-cu12 (/opt/nvidia-cudnn-cu12)",
      "CUDA 12.6.77 /usr/local/cuda-12.6/lib64/libcudart.so.12.6.77",
    ]);
    expect(minimumDriver).toBe("525.60.13");
  });

  it("is the code of programs that are there in the end", async () => {
    const code = (gpu: number): Buffer => {
      const bytes = Buffer.alloc(64 * 1024);
      bytes.write("\x7fELF", "latin1");
      // One container with one entry, of machine code.
      bytes.writeUInt32LE(0xba55ed50, 4096);
      bytes.writeUInt32LE(0x00100001, 4100);
      bytes.writeUInt32LE(64, 4104);
      bytes.writeUInt32LE(2, 4112);
      bytes.writeUInt32LE(64, 4116);
      bytes.writeUInt32LE(gpu, 4140);
      return bytes;
    };
    const { compiled } = await gpuOf(
      {},
      [file("opt/replaced.so", code(70)), file("opt/gone.so", code(70)), file("opt/run", code(75), 0o755)],
      [file("opt/replaced.so", code(80)), file("opt/.wh.gone.so"), file("opt/data.bin", code(90))],
    );
    expect(compiled).toEqual([
      { path: "/opt/replaced.so", machine: ["8.0"], ptx: [] },
      { path: "/opt/run", machine: ["7.5"], ptx: [] },
    ]);
  });

  it("is what the environment asks for", async () => {
    const { architectures, requires } = await gpuOf({
      environment: ["TORCH_CUDA_ARCH_LIST=7.5;8.0 8.6+PTX", "NVIDIA_REQUIRE_CUDA=cuda>=12.6"],
    });
    expect(architectures).toEqual(["7.5", "8.0", "8.6+PTX"]);
    expect(requires).toBe("cuda>=12.6");
  });

  it("is read whatever versions and variables are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        fc.string(),
        fc.constantFrom("torch", "jaxlib", "tensorflow", "cupy-cuda12x"),
        async (version, text, name) => {
          const found = await gpuOf({
            packages: [installed("python", name, version), installed("conda", "pytorch", version, text)],
            environment: [`CUDA_VERSION=${text}`, `TORCH_CUDA_ARCH_LIST=${text}`, text],
          });
          expect(found.frameworks).toHaveLength(2);
        },
      ),
    );
  });
});
