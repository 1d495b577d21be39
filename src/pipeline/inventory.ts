import type { InventorySummary, PackageSummary } from "../evidence/report.ts";
import type { ImageLayer } from "../image/image.ts";
import type { Inventory, InventoryPackage } from "../image/inventory/inventory.ts";
import { hideSecrets } from "../rules/secrets.ts";

/** The inventory as the report has it. */
export function inventorySummary(inventory: Inventory, layers: readonly ImageLayer[]): InventorySummary {
  const { distribution, notAssessed, packages, removed } = inventory;
  const counts: Record<string, number> = {};
  for (const { type } of packages) counts[type] = (counts[type] ?? 0) + 1;
  return {
    distribution: distribution === undefined ? null : `${distribution.id} ${distribution.version}`.trim(),
    counts,
    notAssessed,
    layers: layers.map(({ diffId, instruction }) => ({
      diffId,
      instruction: instruction === undefined ? null : instructionText(instruction),
    })),
    packages: packages.map(packageSummary),
    removed: removed.map(packageSummary),
  };
}

/** As one writes it in a Dockerfile; builders put the shell, the build's arguments and their own name around it. */
export function instructionText(written: string): string {
  const text = written
    .slice(0, 10_000)
    .replace(/[\p{C}\s]+/gu, " ")
    .trim();
  const plain = text
    .replace(/ # buildkit$/, "")
    .replace(/^\/bin\/sh -c #\(nop\) /, "")
    .replace(/^(?:RUN )?(?:\|\d+ .*?)?\/bin\/sh -c /, "RUN ");
  return hideSecrets(plain.trim()).slice(0, 500);
}

function packageSummary(one: InventoryPackage): PackageSummary {
  const { type, name, version, purl, licence, path, places, layer, removedIn, contains } = one;
  return {
    type,
    name,
    version,
    purl,
    licence: licence.expression ?? null,
    ...(licence.written === undefined ? {} : { licenceWritten: licence.written }),
    path,
    places,
    layer,
    ...(removedIn === undefined ? {} : { removedIn }),
    ...(contains.length === 0 ? {} : { contains: contains.map(packageSummary) }),
  };
}
