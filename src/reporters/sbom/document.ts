import { createHash } from "node:crypto";
import { PratiqueError } from "../../errors.ts";
import type { InventorySummary, PackageSummary, Report } from "../../evidence/report.ts";
import { plainLine } from "../plain.ts";

/** What a list of packages is made from: a report of an image whose files were read. */
export interface Documented {
  readonly report: Report;
  readonly inventory: InventorySummary;
  /** The same for the same image and packages, whenever it is written. */
  readonly uuid: string;
}

/**
 * Fails with `usage.bad-argument` when no image was read: an empty list would say that nothing is in it. `more` is what
 * the document tells beside the packages.
 */
export function documented(report: Report, format: string, more: unknown = undefined): Documented {
  const { inventory } = report;
  if (inventory === undefined)
    throw new PratiqueError(
      "usage.bad-argument",
      `There is no list of packages to write as ${format}: no image’s files were read.`,
      { hint: "“pratique inspect <image>” reads an image, and “pratique check” the one it builds." },
    );
  const hash = createHash("sha256").update(`${format}\n${report.subject.imageId ?? ""}\n`);
  const purls = (packages: readonly PackageSummary[] = []): void => {
    for (const { purl, contains } of packages) {
      hash.update(`${purl}\n`);
      purls(contains);
    }
  };
  purls(inventory.packages);
  if (more !== undefined) hash.update(JSON.stringify(more));
  return { report, inventory, uuid: uuidOf(hash.digest()) };
}

/** A UUID of version 8 (RFC 9562): what it is made of is our own affair. */
function uuidOf(hash: Buffer): string {
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}

/** Such documents have times in whole seconds. */
export const secondOf = (time: string): string => `${time.slice(0, 19)}Z`;

export const imageName = ({ subject }: Report): string =>
  plainLine(subject.imageReference ?? subject.name, 300);

/** `layer 3 of 5: RUN pip install pandas` */
export function layerText({ layer }: PackageSummary, { layers }: InventorySummary): string {
  const instruction = layers[layer]?.instruction;
  const place = `layer ${layer + 1} of ${layers.length}`;
  return instruction == null || instruction === "" ? place : `${place}: ${plainLine(instruction, 500)}`;
}
