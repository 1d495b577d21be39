import { lstat, open, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import type { Report } from "../evidence/report.ts";
import type { KeyFile } from "../signing/keys.ts";
import { parseReport, reportNotFound } from "./read-report.ts";

/** Signed statements, one envelope in each line. */
export const ATTESTATIONS = "attestations.jsonl";

/** The report of a check, in its folder. */
export const REPORT = "report.json";

/** The evidence as it lies in a folder. */
export interface EvidenceFolder {
  readonly folder: string;
  /** Name of the report's file. */
  readonly reportName: string;
  readonly report: Report;
  /** Ordinary files by name, `attestations.jsonl` left out. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly attestations: string | undefined;
}

/** A check writes a handful. */
const MOST_FILES = 100;
export const MOST_BYTES = 512 * 1024 * 1024;

/**
 * Reads a folder that `check` wrote; `path` may name its report. Links and folders in it are not looked into. Fails with
 * `report.not-found` or `report.invalid`.
 */
export async function readEvidence(path: string): Promise<EvidenceFolder> {
  const info = await stat(path).catch((error: unknown) => {
    throw reportNotFound(path, error);
  });
  const [folder, reportName] = info.isDirectory() ? [path, REPORT] : [dirname(path), basename(path)];
  const files = new Map<string, Buffer>();
  let room = MOST_BYTES;
  for (const name of (await readdir(folder)).sort()) {
    const info = await lstat(join(folder, name));
    // Hidden files (.gitignore) get lost when a folder is handed on, and say nothing.
    if (!info.isFile() || name.startsWith(".") || name.endsWith(".part")) continue;
    room -= info.size;
    if (files.size >= MOST_FILES || room < 0)
      throw new PratiqueError("report.invalid", `${folder} holds more than the evidence of a check.`, {
        hint: "Put the evidence into a folder of its own.",
      });
    files.set(name, await readFile(join(folder, name)));
  }
  return evidenceIn(folder, reportName, files);
}

/** Makes evidence of its files. `place` is for messages. Fails with `report.not-found` or `report.invalid`. */
export async function evidenceIn(
  place: string,
  reportName: string,
  files: Map<string, Buffer>,
): Promise<EvidenceFolder> {
  const attestations = files.get(ATTESTATIONS)?.toString("utf8");
  files.delete(ATTESTATIONS);
  // Of the very bytes that are compared with what was signed.
  const bytes = files.get(reportName);
  if (bytes === undefined) throw reportNotFound(`${place}/${reportName}`);
  const report = await parseReport(bytes.toString("utf8"), `${place}/${reportName}`);
  return { folder: place, reportName, report, files, attestations };
}

const LONGEST_KEY = 64 * 1024;

/** Reads the file of a key. Fails with `key.unreadable`. */
export async function readKeyFile(path: string): Promise<KeyFile> {
  try {
    const file = await open(path);
    try {
      const info = await file.stat();
      if (!info.isFile() || info.size > LONGEST_KEY)
        throw new PratiqueError("key.unreadable", `${path} is no file of a key.`);
      const text = await file.readFile("utf8");
      // Windows has no such bits: it says 0o666 of every file.
      const mode = process.platform === "win32" ? undefined : info.mode & 0o777;
      return { name: path, text, mode, passphrase: process.env.PRATIQUE_KEY_PASSPHRASE };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof PratiqueError) throw error;
    throw new PratiqueError(
      "key.unreadable",
      `The key ${path} cannot be read: ${systemErrorCode(error) ?? "unknown"}.`,
      {
        hint: "Who verifies needs the public half of whoever signed. To sign, make one: openssl genpkey -algorithm ed25519 -out pratique.key && chmod 600 pratique.key",
        cause: error,
      },
    );
  }
}
