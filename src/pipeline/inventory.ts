import type { InventorySummary, PackageSummary } from "../evidence/report.ts";
import type { ImageLayer } from "../image/image.ts";
import type { Inventory, InventoryPackage } from "../image/inventory/inventory.ts";
import { instructionText } from "../rules/instruction-text.ts";

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
