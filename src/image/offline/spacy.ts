import { posix } from "node:path";
import type { Inventory } from "../inventory/inventory.ts";
import type { ModelCache } from "./caches.ts";
import { SPACY_MODEL } from "./kinds.ts";

/** Models of spaCy are Python packages, so the inventory has them. */
export function spacyModels({ packages }: Pick<Inventory, "packages">): ModelCache[] {
  const all = packages.flatMap((one) => [one, ...one.contains]);
  const models = all.filter(
    ({ type, name }) => type === "python" && SPACY_MODEL.test(name.replace(/[._]/g, "-")),
  );
  const folders = new Set(models.map(({ path }) => posix.dirname(posix.dirname(path))));
  return [...folders].map((folder) => ({
    kind: "spaCy",
    path: folder,
    items: models
      .filter(({ path }) => posix.dirname(posix.dirname(path)) === folder)
      .map(({ name, version }) => ({ name: name.replace(/[.-]/g, "_"), revisions: [version], problems: [] })),
    bytes: 0,
    closed: undefined,
  }));
}
