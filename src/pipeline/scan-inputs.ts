import { readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { messageOf, PratiqueError, systemErrorCode } from "../errors.ts";
import { type Imported, readImported } from "../scanners/imported.ts";
import { isFile } from "../system/files.ts";
import type { ScanChoices } from "./command.ts";
import { findDatabase, type TrivyDatabase } from "./trivy-database.ts";

/** What the user brings to a scan, read before any long work begins. */
export interface ScanInputs {
  readonly imports: readonly { readonly file: string; readonly content: Imported }[];
  readonly database: TrivyDatabase | undefined;
  readonly server: string | undefined;
  /** Absolute. */
  readonly vex: readonly string[];
}

/** No report of an image is larger; EPSS has some 10 MB. */
const MAX_BYTES = 128 * 1024 * 1024;

/** Fails with `usage.bad-argument` for what is not there or cannot be read. */
export async function readScanInputs(choices: ScanChoices = {}): Promise<ScanInputs> {
  const { database, server, vex = [], imports = [] } = choices;
  const read: { file: string; content: Imported }[] = [];
  for (const path of imports) read.push({ file: basename(path), content: await readImport(path) });
  for (const path of vex) {
    if (!(await isFile(path)))
      throw new PratiqueError("usage.bad-argument", `There is no file ${path}.`, {
        hint: "Name a document in OpenVEX, CycloneDX or CSAF with --vex <file>.",
      });
  }
  return {
    imports: read,
    database: database === undefined ? undefined : await findDatabase(database),
    server,
    vex: vex.map((path) => resolve(path)),
  };
}

async function readImport(path: string): Promise<Imported> {
  const unusable = (why: string, cause?: unknown): PratiqueError =>
    new PratiqueError("usage.bad-argument", `${path} ${why}.`, {
      hint: "--import takes another scanner's report as SARIF or CycloneDX (JSON), CISA's catalogue of exploited vulnerabilities (JSON), or FIRST's EPSS scores (CSV).",
      cause,
    });
  let bytes: Buffer;
  try {
    const info = await stat(path);
    if (!info.isFile()) throw unusable("is no file");
    if (info.size > MAX_BYTES) throw unusable(`is ${info.size} bytes long: that is no scanner's report`);
    bytes = await readFile(path);
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    if (error instanceof PratiqueError) throw error;
    throw unusable(`cannot be read: ${systemErrorCode(error) ?? messageOf(error)}`, error);
  }
  const content = readImported(bytes.toString("utf8").replace(/^\uFEFF/, ""));
  if (typeof content === "string") throw unusable(content);
  return content;
}
