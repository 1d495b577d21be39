import type { ContentsSummary } from "../evidence/report.ts";
import type { Collector } from "../image/collector.ts";
import type { AskedFor, ImageContents } from "../image/contents.ts";
import { collectData } from "../image/data/data.ts";
import { collectGpu, type GpuSoftware } from "../image/gpu/gpu.ts";
import type { ImageRead } from "../image/image.ts";
import type { Inventory } from "../image/inventory/inventory.ts";
import { collectCaches, type ModelCache, type ModelCaches } from "../image/offline/caches.ts";
import { spacyModels } from "../image/offline/spacy.ts";
import { collectSecrets } from "../image/secrets/secrets.ts";
import { instructionText } from "../rules/instruction-text.ts";

/** What is looked for beside the software, in the same pass. */
export function collectContents(): {
  readonly collectors: readonly Collector[];
  contents(image: ImageRead, inventory: Inventory, asked: readonly AskedFor[] | undefined): ImageContents;
} {
  const secrets = collectSecrets();
  const data = collectData();
  const caches = collectCaches();
  const gpu = collectGpu();
  return {
    collectors: [secrets, data, caches, gpu],
    contents: (image, inventory, asked) => ({
      instructions: image.layers.map(({ instruction = "" }) => instructionText(instruction)),
      history: image.history.map(({ instruction }) => instruction),
      secrets: secrets.secrets(image),
      data: data.data(image),
      caches: withModels(caches.caches(image), spacyModels(inventory)),
      gpu: gpu.gpu(image, inventory, image.config.environment),
      asked,
    }),
  };
}

const withModels = (caches: ModelCaches, more: readonly ModelCache[]): ModelCaches => ({
  ...caches,
  found: [...caches.found, ...more],
});

/** More than anybody reads; the findings count them all. */
const MAX_LISTED = 1000;

/** The contents as the report has them. */
export function contentsSummary({ caches, data, gpu, secrets }: ImageContents): ContentsSummary {
  return {
    secrets: secrets.found.slice(0, MAX_LISTED).map(withoutUndefined),
    data: data.files.slice(0, MAX_LISTED).map(withoutUndefined),
    caches: caches.found.map(({ closed, ...cache }) => (closed === undefined ? cache : { ...cache, closed })),
    gpu: gpuSummary(gpu),
    notAssessed: [...secrets.notAssessed, ...data.notAssessed, ...caches.notAssessed],
  };
}

function withoutUndefined<T extends { readonly removedIn: number | undefined }>({
  removedIn,
  ...rest
}: T): Omit<T, "removedIn"> & { readonly removedIn?: number } {
  return removedIn === undefined ? rest : { ...rest, removedIn };
}

function gpuSummary({
  compiled,
  compiledFull,
  frameworks,
  libraries,
  minimumDriver,
}: GpuSoftware): ContentsSummary["gpu"] {
  const listed = compiled.slice(0, MAX_LISTED);
  return {
    libraries,
    frameworks: frameworks.map(({ build, ...rest }) => ({ ...rest, build: build ?? null })),
    compiled: listed,
    minimumDriver: minimumDriver ?? null,
    notAssessed:
      compiledFull || listed.length < compiled.length
        ? [`for which GPUs more than ${listed.length} programs and libraries have code`]
        : [],
  };
}
