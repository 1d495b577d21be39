import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, PratiqueError, systemErrorCode } from "../errors.ts";
import { REPORT_SCHEMA, type Report } from "../evidence/report.ts";

/** No report of ours comes near. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Reads and checks a report. Fails with `report.not-found` or `report.invalid`. */
export async function readReport(path: string): Promise<Report> {
  let file = path;
  let text: string;
  try {
    if ((await stat(path)).isDirectory()) file = join(path, "report.json");
    if ((await stat(file)).size > MAX_BYTES)
      throw new PratiqueError("report.invalid", `${file} is too large for a report.`);
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof PratiqueError) throw error;
    throw reportNotFound(file, error);
  }
  return parseReport(text, file);
}

/** Checks the text of a report; `file` is for messages. Fails with `report.invalid`. */
export async function parseReport(text: string, file: string): Promise<Report> {
  const { reportSchema } = await import("../evidence/report-schema.ts");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PratiqueError("report.invalid", `${file} is not JSON: it may have been cut short.`, {
      hint: "Run the check again.",
      cause,
    });
  }
  const schema = typeof value === "object" && value !== null && "schema" in value ? String(value.schema) : "";
  // A short document is read faster than code for reading it is made.
  const parsed = reportSchema.safeParse(value, { jitless: text.length < 1024 * 1024 });
  if (parsed.success) return parsed.data;
  throw new PratiqueError(
    "report.invalid",
    isNewer(schema)
      ? `${file} was written by a newer version of pratique (${schema.slice(0, 40)}; this one reads up to ${REPORT_SCHEMA}).`
      : `${file} is not a report of pratique: ${parsed.error.issues[0]?.path.join(".") ?? ""} ${messageOf(parsed.error.issues[0]?.message)}.`,
    { hint: "Use the version that wrote it, or run the check again." },
  );
}

/** Whether this version of the document's shape is to come. */
function isNewer(schema: string): boolean {
  const [own = [], other = []] = [REPORT_SCHEMA, schema].map((name) =>
    (/^pratique-report\/(\d{1,9})\.(\d{1,9})$/.exec(name) ?? []).slice(1).map(Number),
  );
  const [ourMajor = 0, ourMinor = 0] = own;
  const [major = 0, minor = 0] = other;
  return major > ourMajor || (major === ourMajor && minor > ourMinor);
}

export const reportNotFound = (file: string, cause?: unknown): PratiqueError =>
  new PratiqueError(
    "report.not-found",
    `There is no report at ${file} (${systemErrorCode(cause) ?? "unreadable"}).`,
    { hint: "“pratique check” writes one; name its folder if it is not .pratique.", cause },
  );
