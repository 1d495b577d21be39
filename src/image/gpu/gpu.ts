import { compareVersions, minimumDriver } from "../../knowledge/cuda.ts";
import type { Collector, LayerVisitor } from "../collector.ts";
import type { ImageRead } from "../image.ts";
import type { Inventory, InventoryPackage } from "../inventory/inventory.ts";
import { type CompiledCode, CompiledCodeSink } from "./compiled-code.ts";

/** What the image has for a GPU. */
export interface GpuSoftware {
  /** The runtime of CUDA and cuDNN, by what shows them. */
  readonly libraries: readonly GpuLibrary[];
  readonly frameworks: readonly GpuFramework[];
  /** Architectures that the image asks compilers for (`TORCH_CUDA_ARCH_LIST`): `8.0`, `8.6+PTX`. */
  readonly architectures: readonly string[];
  /** Programs and libraries with code for GPUs, and for which. */
  readonly compiled: readonly CompiledFile[];
  /** True where there were more of them than are kept. */
  readonly compiledFull: boolean;
  /** What the image wants of the driver, as its base wrote it (`NVIDIA_REQUIRE_CUDA`). */
  readonly requires: string | undefined;
  /** The oldest driver that the newest CUDA in the image works with; undefined where none is needed, or not known. */
  readonly minimumDriver: string | undefined;
}

export interface CompiledFile extends CompiledCode {
  readonly path: string;
}

export interface GpuLibrary {
  readonly name: "CUDA" | "cuDNN";
  readonly version: string;
  /** A path, a package or a variable. */
  readonly from: string;
}

export interface GpuFramework {
  /** `PyTorch`, `TensorFlow`, `JAX`, `CuPy`. */
  readonly name: string;
  readonly version: string;
  /** The release of CUDA that it was built with, `cpu` where it has no code for GPUs, undefined where it does not say. */
  readonly build: string | undefined;
  readonly path: string;
}

interface GpuCollector extends Collector {
  gpu(
    image: Pick<ImageRead, "tree">,
    inventory: Pick<Inventory, "packages">,
    environment: readonly string[],
  ): GpuSoftware;
}

const MAX_LIBRARIES = 200;
const MAX_COMPILED = 2000;
/** What has code for a GPU is never smaller: the least that nvcc links in has some hundred kilobytes. */
const LEAST_COMPILED = 64 * 1024;
/** `libcudart.so.12.6.77`, `libcudnn.so.9`; PyTorch's own copy has a part of a digest in its name. */
const LIBRARY = /^lib(cudart|cudnn)(?:-[0-9a-f]{8})?\.so\.(\d{1,4}(?:\.\d{1,6}){0,4})$/;

/** Notes the libraries of CUDA by their names, which carry the version, and for which GPUs programs have code. */
export function collectGpu(): GpuCollector {
  const seen = new Map<string, { readonly name: GpuLibrary["name"]; readonly version: string }>();
  const compiled: (CompiledFile & { readonly content: number })[] = [];
  let compiledFull = false;
  return {
    layer(content): LayerVisitor {
      return {
        entry({ kind, mode, name, path, size }) {
          if (kind !== "file") return undefined;
          const [, library, version = ""] = (name.startsWith("libcud") && LIBRARY.exec(name)) || [];
          if (library !== undefined && seen.size < MAX_LIBRARIES)
            seen.set(path, { name: library === "cudart" ? "CUDA" : "cuDNN", version });
          if (size < LEAST_COMPILED || ((mode & 0o111) === 0 && !name.includes(".so"))) return undefined;
          return new CompiledCodeSink((code) => {
            if (compiled.length < MAX_COMPILED) compiled.push({ content, path, ...code });
            else compiledFull = true;
          });
        },
      };
    },
    gpu({ tree }, { packages }, environment) {
      const all = packages.flatMap((one) => [one, ...one.contains]);
      const value = (name: string): string | undefined =>
        environment.findLast((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
      const set = value("CUDA_VERSION");
      const files = [...seen]
        .filter(([path]) => tree.entry(path)?.kind === "file")
        .map(([path, { name, version }]) => ({ name, version, from: path }));
      const libraries = distinct([
        ...(set === undefined || !/^\d[\d.]*$/.test(set)
          ? []
          : [{ name: "CUDA" as const, version: set, from: "CUDA_VERSION" }]),
        ...all.flatMap(libraryOf),
        ...files,
      ]);
      return {
        libraries,
        minimumDriver: libraries
          .filter(({ name }) => name === "CUDA")
          .flatMap(({ version }) => minimumDriver(version) ?? [])
          .toSorted(compareVersions)
          .at(-1),
        frameworks: all.flatMap((one) => frameworkOf(one, all)),
        architectures: (value("TORCH_CUDA_ARCH_LIST") ?? "")
          .split(/[\s;,]+/)
          .filter((one) => /^\d/.test(one))
          .slice(0, 50),
        compiled: compiled
          .filter(({ content, path }) => {
            const entry = tree.entry(path);
            return entry?.content === content && entry.source === path;
          })
          .map(({ path, machine, ptx }) => ({ path, machine, ptx }))
          .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
        compiledFull,
        requires: value("NVIDIA_REQUIRE_CUDA")?.slice(0, 1000),
      };
    },
  };
}

/** Each version once, by the first thing that shows it. */
const distinct = (libraries: readonly GpuLibrary[]): GpuLibrary[] =>
  [
    ...new Map(libraries.toReversed().map((one) => [`${one.name} ${one.version}`, one])).values(),
  ].toReversed();

const simple = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, "-");

/** Packages of NVIDIA's that are these libraries. */
function libraryOf({ type, name, version, path }: InventoryPackage): GpuLibrary[] {
  const plain = simple(name);
  const from = `${name} (${path})`;
  if (type === "python" && /^nvidia-cuda-runtime(?:-cu\d+)?$/.test(plain))
    return [{ name: "CUDA", version, from }];
  if (type === "python" && /^nvidia-cudnn(?:-cu\d+)?$/.test(plain)) return [{ name: "cuDNN", version, from }];
  if (type === "conda" && (plain === "cuda-cudart" || plain === "cudatoolkit"))
    return [{ name: "CUDA", version, from }];
  return type === "conda" && plain === "cudnn" ? [{ name: "cuDNN", version, from }] : [];
}

const FRAMEWORKS: Readonly<Record<string, string>> = {
  torch: "PyTorch",
  pytorch: "PyTorch",
  "pytorch-gpu": "PyTorch",
  "pytorch-cpu": "PyTorch",
  tensorflow: "TensorFlow",
  "tensorflow-gpu": "TensorFlow",
  "tensorflow-cpu": "TensorFlow",
  jaxlib: "JAX",
  cupy: "CuPy",
};

function frameworkOf(one: InventoryPackage, all: readonly InventoryPackage[]): GpuFramework[] {
  const { type, version, path } = one;
  const plain = simple(one.name);
  const name = FRAMEWORKS[plain.replace(/^cupy-cuda\w+$/, "cupy")];
  if (name === undefined || (type !== "python" && type !== "conda")) return [];
  return [{ name, version, build: buildOf(one, plain, all), path }];
}

/** By the local part of the version (`+cu126`), conda's build (`cuda12.1_cudnn8.9.2_0`), or the packages that pip brings along. */
function buildOf(
  { type, version, purl }: InventoryPackage,
  plain: string,
  all: readonly InventoryPackage[],
): string | undefined {
  if (plain.endsWith("-cpu")) return "cpu";
  const local = `${/\+([\w.]+)$/.exec(version)?.[1] ?? ""} ${type === "conda" ? (/[?&]build=([^&]+)/.exec(purl)?.[1] ?? "") : ""}`;
  if (/(?:^|[ _])cpu/.test(local)) return "cpu";
  const told = /cuda_?(\d{1,2}\.\d{1,2}|\d{2,3})(?!\d)|(?:^|[ _])cu(\d{2,3})(?!\d)/.exec(local);
  if (told !== null) return dotted(told[1] ?? told[2] ?? "");
  const cupy = /^cupy-cuda(\d{2,3})x?$/.exec(plain)?.[1];
  if (cupy !== undefined) return cupy.length === 2 ? cupy : dotted(cupy);
  if (type !== "python") return undefined;
  const plugin = all.find((other) => /^jax-cuda\d+-(?:plugin|pjrt)$/.test(simple(other.name)));
  if (plain === "jaxlib") return plugin === undefined ? "cpu" : /\d+/.exec(plugin.name)?.[0];
  // What pip installs from PyPI needs NVIDIA's own packages beside it.
  const runtime = all.find(
    (other) => other.type === "python" && /^nvidia-cuda-runtime(?:-cu\d+)?$/.test(simple(other.name)),
  );
  return runtime === undefined ? undefined : runtime.version.split(".").slice(0, 2).join(".");
}

/** `126` is 12.6, `92` is 9.2, and `12` a major release. */
const dotted = (digits: string): string =>
  digits.includes(".") || (digits.length < 3 && !/^[5-9]\d$/.test(digits))
    ? digits
    : `${digits.slice(0, -1)}.${digits.slice(-1)}`;
