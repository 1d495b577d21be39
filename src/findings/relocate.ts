import { type Finding, isFileLocation, type Location } from "./finding.ts";
import type { Waiver } from "./waivers.ts";

/** The same finding with its files named from a folder further up: `prefix` ends with a slash, or is empty. */
export function relocate(finding: Finding, prefix: string): Finding {
  if (prefix === "") return finding;
  const whole = moved(finding, prefix);
  if (finding.proofs === undefined && finding.edits === undefined) return whole;
  return {
    ...whole,
    ...(finding.proofs === undefined ? {} : { proofs: finding.proofs.map((proof) => moved(proof, prefix)) }),
    ...(finding.edits === undefined
      ? {}
      : { edits: finding.edits.map((edit) => ({ ...edit, file: `${prefix}${edit.file}` })) }),
  };
}

/** A waiver of a comment, seen from further up likewise. */
export function relocateWaiver(waiver: Waiver, prefix: string): Waiver {
  if (prefix === "") return waiver;
  const path = waiver.path === undefined ? undefined : `${prefix}${waiver.path}`;
  return moved({ ...waiver, path }, prefix);
}

function moved<T extends { readonly location?: Location | undefined }>(item: T, prefix: string): T {
  return isFileLocation(item.location)
    ? { ...item, location: { ...item.location, file: `${prefix}${item.location.file}` } }
    : item;
}
