import type { ImageContents } from "../image/contents.ts";
import type { DataFile } from "../image/data/data.ts";
import type { GpuSoftware } from "../image/gpu/gpu.ts";
import type { ModelCache } from "../image/offline/caches.ts";
import type { FileSecret } from "../image/secrets/secrets.ts";

/** What lies in an image, for the examples of rules: three layers with nothing in them but software. */
export const contentsExample = (differences: Partial<ImageContents> = {}): ImageContents => ({
  instructions: ["", "COPY . /opt/app", "RUN rm -rf /opt/app/private"],
  history: ["COPY . /opt/app # buildkit", "RUN /bin/sh -c rm -rf /opt/app/private # buildkit"],
  secrets: { found: [], repositories: [], notAssessed: [] },
  data: { files: [], notAssessed: [] },
  caches: { found: [], notAssessed: [] },
  gpu: {
    libraries: [],
    frameworks: [],
    architectures: [],
    compiled: [],
    compiledFull: false,
    requires: undefined,
    minimumDriver: undefined,
  },
  asked: undefined,
  ...differences,
});

export const secretExample = (differences: Partial<FileSecret> = {}): ImageContents => {
  const secret: FileSecret = {
    kind: "private key",
    certain: true,
    path: "/opt/app/private/id_ed25519",
    line: 1,
    fingerprint: "0123456789ab",
    layer: 1,
    removedIn: undefined,
    ...differences,
  };
  return contentsExample({ secrets: { found: [secret], repositories: [], notAssessed: [] } });
};

export const dataExample = (differences: Partial<DataFile> = {}): ImageContents => {
  const file: DataFile = {
    path: "/opt/app/data/cohort.csv",
    format: "CSV",
    bytes: 120_000,
    certain: true,
    layer: 1,
    removedIn: undefined,
    ...differences,
  };
  return contentsExample({ data: { files: [file], notAssessed: [] } });
};

export const cacheOf = (differences: Partial<ModelCache> = {}): ModelCache => ({
  kind: "Hugging Face",
  path: "/opt/hf/hub",
  items: [{ name: "google-bert/bert-base-uncased", revisions: ["0123abcd"], problems: [] }],
  bytes: 440_000_000,
  closed: undefined,
  ...differences,
});

export const cacheExample = (
  differences: Partial<ModelCache> = {},
  others: Partial<ImageContents> = {},
): ImageContents =>
  contentsExample({ caches: { found: [cacheOf(differences)], notAssessed: [] }, ...others });

/** PyTorch for CUDA 12.6, and what belongs to it. */
export const gpuExample = (differences: Partial<GpuSoftware> = {}): ImageContents =>
  contentsExample({
    gpu: {
      libraries: [{ name: "CUDA", version: "12.6.77", from: "nvidia-cuda-runtime-cu12" }],
      frameworks: [{ name: "PyTorch", version: "2.7.1", build: "12.6", path: "/opt/torch" }],
      architectures: [],
      compiled: [],
      compiledFull: false,
      requires: undefined,
      minimumDriver: "525.60.13",
      ...differences,
    },
  });
