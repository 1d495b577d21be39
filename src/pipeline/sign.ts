import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Descriptor, type Packages, statementsOf } from "../attestation/statements.ts";
import { mediaTypeOf } from "../attestation/verification.ts";
import type { Report } from "../evidence/report.ts";
import { privateKey } from "../signing/keys.ts";
import { keySigner, type SignedLine, type StatementSigner } from "../signing/signer.ts";
import type { KeylessOptions } from "../sigstore/keyless.ts";
import { writeWhole } from "../system/files.ts";
import type { Attached } from "./attach.ts";
import { ATTESTATIONS, readEvidence, readKeyFile } from "./evidence-folder.ts";

export interface SignOptions {
  /** Folder of the evidence, or its report. */
  readonly path: string;
  /** File of the private key, or where to sign without one. */
  readonly key: string | KeylessOptions;
  /** Makes the inventory's documents. */
  readonly packages: (report: Report) => Promise<Packages>;
  /** The image in a registry that everything is attached to. */
  readonly attach?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Signed {
  readonly file: string;
  /** Types of the statements. */
  readonly statements: readonly string[];
  readonly files: readonly string[];
  /** Whose signature it is, for people. */
  readonly by: string;
  readonly report: Report;
  readonly attached: Attached | undefined;
}

/** One statement, signed. */
export interface SignedStatement extends SignedLine {
  readonly predicateType: string;
}

/**
 * Signs the evidence in a folder, and writes `attestations.jsonl` beside it; where a registry is named, everything is
 * attached to the image there. Signing again replaces what was in the folder. Fails with `key.unreadable`,
 * `key.unsuitable`, `report.invalid`, `registry.failed` or `image.digest-mismatch`.
 */
export async function signEvidence({ path, key, packages, attach, signal }: SignOptions): Promise<Signed> {
  const signer = await signerOf(key);
  const { folder, report, files } = await readEvidence(path);
  const bound = [...files].map(([name, bytes]) => ({
    name,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    mediaType: mediaTypeOf(name),
  }));
  const listed = report.inventory === undefined ? undefined : await packages(report);
  const sign = async (published: readonly Descriptor[]): Promise<readonly SignedStatement[]> => {
    const signed: SignedStatement[] = [];
    // One after the other: each may ask a service that counts how often it is asked.
    for (const statement of statementsOf(report, { files: bound, packages: listed, published }))
      signed.push({
        predicateType: statement.predicateType,
        ...(await signer.sign(Buffer.from(JSON.stringify(statement), "utf8"))),
      });
    return signed;
  };
  const target =
    attach === undefined
      ? undefined
      : await (await import("./attach.ts")).attachmentTo(attach, report, signal);
  const statements = await sign(target === undefined ? [] : [target.published]);
  const lines = `${statements.map(({ line }) => line).join("\n")}\n`;
  const file = join(folder, ATTESTATIONS);
  await writeWhole(file, lines);
  return {
    file,
    statements: statements.map(({ predicateType }) => predicateType),
    files: bound.map(({ name }) => name),
    by: signer.name(),
    report,
    attached: await target?.attach(
      new Map([...files, [ATTESTATIONS, Buffer.from(lines, "utf8")]]),
      statements,
      listed,
    ),
  };
}

async function signerOf(key: SignOptions["key"]): Promise<StatementSigner> {
  if (typeof key === "string") return keySigner(privateKey(await readKeyFile(key)));
  return (await import("../sigstore/keyless.ts")).keylessSigner(key);
}
