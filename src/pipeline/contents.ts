import type { ContentsSummary } from "../evidence/report.ts";
import type { Collector } from "../image/collector.ts";
import type { ImageContents } from "../image/contents.ts";
import { collectData } from "../image/data/data.ts";
import type { ImageRead } from "../image/image.ts";
import { collectSecrets } from "../image/secrets/secrets.ts";
import { instructionText } from "./inventory.ts";

/** What is looked for beside the software, in the same pass. */
export function collectContents(): {
  readonly collectors: readonly Collector[];
  contents(image: ImageRead): ImageContents;
} {
  const secrets = collectSecrets();
  const data = collectData();
  return {
    collectors: [secrets, data],
    contents: (image) => ({
      instructions: image.layers.map(({ instruction = "" }) => instructionText(instruction)),
      history: image.history.map(({ instruction }) => instruction),
      secrets: secrets.secrets(image),
      data: data.data(image),
    }),
  };
}

/** More than anybody reads; the findings count them all. */
const MAX_LISTED = 1000;

/** The contents as the report has them. */
export function contentsSummary({ data, secrets }: ImageContents): ContentsSummary {
  return {
    secrets: secrets.found.slice(0, MAX_LISTED).map(withoutUndefined),
    data: data.files.slice(0, MAX_LISTED).map(withoutUndefined),
    notAssessed: [...secrets.notAssessed, ...data.notAssessed],
  };
}

function withoutUndefined<T extends { readonly removedIn: number | undefined }>({
  removedIn,
  ...rest
}: T): Omit<T, "removedIn"> & { readonly removedIn?: number } {
  return removedIn === undefined ? rest : { ...rest, removedIn };
}
