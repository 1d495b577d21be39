import { readFile, stat } from "node:fs/promises";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import type { Finding } from "../findings/finding.ts";
import { fingerprints } from "../findings/fingerprint.ts";
import { writeWhole } from "../system/files.ts";

/**
 * What an older project lives with: its findings of one day, so that only new ones count from then on. A finding keeps
 * its fingerprint when its line moves.
 */
export interface Baseline {
  readonly file: string;
  readonly known: ReadonlySet<string>;
}

const SCHEMA = "pratique-baseline/1";
const MAX_BYTES = 64 * 1024 * 1024;

/** Reads a baseline. Fails with `baseline.not-found` or `baseline.invalid`. */
export async function readBaseline(file: string): Promise<Baseline> {
  let text: string;
  try {
    if ((await stat(file)).size > MAX_BYTES) throw invalid(file);
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof PratiqueError) throw cause;
    throw new PratiqueError(
      "baseline.not-found",
      `The baseline ${file} cannot be read: ${systemErrorCode(cause) ?? "unknown"}.`,
      { hint: "“--update-baseline” writes it.", cause },
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(file);
  }
  if (typeof value !== "object" || value === null || Reflect.get(value, "schema") !== SCHEMA)
    throw invalid(file);
  const entries: unknown = Reflect.get(value, "findings");
  if (!Array.isArray(entries)) throw invalid(file);
  const known = entries.map((entry: unknown) =>
    typeof entry === "object" && entry !== null ? Reflect.get(entry, "fingerprint") : undefined,
  );
  return { file, known: new Set(known.filter((one): one is string => typeof one === "string")) };
}

const invalid = (file: string): PratiqueError =>
  new PratiqueError("baseline.invalid", `${file} is not a baseline of pratique.`, {
    hint: "“--update-baseline” writes it anew.",
  });

/** Marks what the baseline knows. What is passed over already keeps its own reason. */
export function applyBaseline(findings: readonly Finding[], { known }: Baseline): Finding[] {
  const marks = fingerprints(findings);
  return findings.map((finding, index) =>
    finding.waived === undefined && known.has(marks[index] ?? "")
      ? { ...finding, waived: { reason: "known before: it stands in the baseline", source: "baseline" } }
      : finding,
  );
}

/** Writes the findings that count as the new baseline. */
export async function writeBaseline(file: string, findings: readonly Finding[]): Promise<Baseline> {
  const marks = fingerprints(findings);
  const entries = findings.flatMap((finding, index) => {
    if (finding.waived !== undefined) return [];
    const { location } = finding;
    const place = location !== undefined && "file" in location ? { file: location.file } : {};
    return [{ fingerprint: marks[index] ?? "", rule: finding.rule, ...place }];
  });
  await writeWhole(file, `${JSON.stringify({ schema: SCHEMA, findings: entries }, null, 2)}\n`);
  return { file, known: new Set(entries.map(({ fingerprint }) => fingerprint)) };
}
