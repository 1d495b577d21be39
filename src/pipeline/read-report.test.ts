import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { statementsOf } from "../attestation/statements.ts";
import { PratiqueError } from "../errors.ts";
import { compareReports } from "../evidence/comparison.ts";
import { REPORT_SCHEMA, REPORT_SCHEMAS } from "../evidence/report.ts";
import { renderMarkdown } from "../reporters/markdown.ts";
import { renderHtml } from "../reporters/page/render.tsx";
import { parseReport } from "./read-report.ts";

const stored = (version: string): string =>
  readFileSync(join(import.meta.dirname, "../../test/fixtures/reports", `${version}.json`), "utf8");

const refusal = async (text: string): Promise<PratiqueError> => {
  const error = await parseReport(text, "report.json").catch((thrown: unknown) => thrown);
  if (!(error instanceof PratiqueError)) throw new Error("it was not refused");
  return error;
};

describe("a report that an older version wrote", () => {
  const older = REPORT_SCHEMAS.filter((schema) => schema !== REPORT_SCHEMA).map(
    (schema) => schema.split("/")[1],
  );

  it.each(older)("is read and shown: %s", async (version = "") => {
    const text = stored(version);
    const report = await parseReport(text, "report.json");
    expect(report).toMatchObject(JSON.parse(text));
    expect(renderHtml(report)).toContain(report.subject.name);
    expect(renderMarkdown(report)).toContain("DIR-08");
    expect(compareReports(report, report).sameImage).toBe(true);
    // What it does not say is not signed.
    expect(JSON.stringify(statementsOf(report, { files: [] }))).not.toMatch(/undefined|"node"/);
  });
});

describe("a report that cannot be read", () => {
  const own = stored("1.0");
  const newer = /written by a newer version of pratique \(pratique-report\/.*this one reads up to/;

  it.each<[string, string, RegExp]>([
    ["of a newer minor version", own.replace("report/1.0", "report/1.99"), newer],
    ["of a newer major version", own.replace("report/1.0", "report/2.0"), newer],
    [
      "with a version that is none",
      own.replace("report/1.0", "report/x"),
      /is not a report of pratique: schema/,
    ],
    ["cut short", own.slice(0, -100), /not JSON: it may have been cut short/],
    ["empty", "", /cut short/],
    ["edited to a verdict of its own", own.replace('"verdict": "not-clear"', '"verdict": "fine"'), /verdict/],
    ["with a part taken out", own.replace('"requirements":', '"others":'), /requirements/],
  ])("says why: %s", async (_, text, words) => {
    const error = await refusal(text);
    expect(error.code).toBe("report.invalid");
    expect(error.message).toMatch(words);
    expect(error.hint).toMatch(/^(?:Use the version that wrote it|Run the check again)/);
  });
});
