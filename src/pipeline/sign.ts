import { createHash } from "node:crypto";
import { join } from "node:path";
import { statementsOf } from "../attestation/statements.ts";
import { mediaTypeOf } from "../attestation/verification.ts";
import type { Report } from "../evidence/report.ts";
import { STATEMENT_TYPE, signEnvelope, writeEnvelope } from "../signing/dsse.ts";
import { privateKey } from "../signing/keys.ts";
import { writeWhole } from "../system/files.ts";
import { ATTESTATIONS, readEvidence, readKeyFile } from "./evidence-folder.ts";

export interface Signed {
  readonly file: string;
  /** Types of the statements. */
  readonly statements: readonly string[];
  readonly files: readonly string[];
  readonly keyId: string;
  readonly report: Report;
}

/**
 * Signs the evidence in a folder, and writes `attestations.jsonl` beside it. `packages` makes the inventory's document.
 * Signing again replaces what was there. Fails with `key.unreadable`, `key.unsuitable` or `report.invalid`.
 */
export async function signEvidence(
  path: string,
  keyPath: string,
  packages: (report: Report) => unknown,
): Promise<Signed> {
  const key = privateKey(await readKeyFile(keyPath));
  const { folder, report, files } = await readEvidence(path);
  const bound = [...files].map(([name, bytes]) => ({
    name,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    mediaType: mediaTypeOf(name),
  }));
  const statements = statementsOf(
    report,
    bound,
    report.inventory === undefined ? undefined : packages(report),
  );
  const lines = statements.map((statement) =>
    writeEnvelope(signEnvelope(STATEMENT_TYPE, Buffer.from(JSON.stringify(statement), "utf8"), key)),
  );
  const file = join(folder, ATTESTATIONS);
  await writeWhole(file, `${lines.join("\n")}\n`);
  return {
    file,
    statements: statements.map(({ predicateType }) => predicateType),
    files: bound.map(({ name }) => name),
    keyId: key.id,
    report,
  };
}
