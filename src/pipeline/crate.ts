import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Report } from "../evidence/report.ts";
import { writeWhole } from "../system/files.ts";
import { readEvidence } from "./evidence-folder.ts";

/** Name that the specification demands (https://w3id.org/ro/crate/1.1). */
export const CRATE = "ro-crate-metadata.json";

export interface CrateOptions {
  /** Folder of the evidence, or its report. */
  readonly path: string;
  readonly render: (
    report: Report,
    files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[],
  ) => string;
}

export interface Crate {
  readonly file: string;
  readonly files: readonly string[];
}

/**
 * Makes the folder of the evidence a research object, by a file that describes the others. Signing binds that file too,
 * so it is made before, and the signatures are no part of it. Fails with `report.not-found` or `report.invalid`.
 */
export async function crateEvidence({ path, render }: CrateOptions): Promise<Crate> {
  const { folder, report, files } = await readEvidence(path);
  const described = [...files]
    .filter(([name]) => name !== CRATE)
    .map(([name, bytes]) => ({
      name,
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    }));
  const file = join(folder, CRATE);
  await writeWhole(file, render(report, described));
  return { file, files: described.map(({ name }) => name) };
}
