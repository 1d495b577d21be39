import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LogSearch, searchLog } from "./log-search.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pratique-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function search(
  text: string,
  patterns: readonly string[],
  truncated = false,
  patience?: number,
): Promise<LogSearch[]> {
  writeFileSync(join(folder, "log"), text);
  return searchLog(join(folder, "log"), patterns, truncated, new AbortController().signal, patience);
}

describe("searchLog", () => {
  it("says on which line each pattern is found first", async () => {
    const text = "start\r\n200 patients\n\u001b[33mWarning: slow\u001b[0m\r50%\r100%\n200 patients\n";
    expect(await search(text, ["\\d+ patients", "(?i)^warning", "^100%$", "error"])).toEqual([
      { pattern: "\\d+ patients", found: { line: 2, text: "200 patients" }, unsearched: "" },
      { pattern: "(?i)^warning", found: { line: 3, text: "Warning: slow" }, unsearched: "" },
      { pattern: "^100%$", found: { line: 5, text: "100%" }, unsearched: "" },
      { pattern: "error", found: null, unsearched: "" },
    ]);
  });

  it("searches the whole log, however long", async () => {
    const [found] = await search(`${"a line\n".repeat(300_000)}the end`, ["the end"]);
    expect(found?.found?.line).toBe(300_001);
  });

  it("does not show that something is missing where the log was cut", async () => {
    const [missing, found] = await search("abc\n", ["xyz", "abc"], true);
    expect(missing?.unsearched).toMatch(/more than is kept/);
    expect(found).toMatchObject({ found: { line: 1 }, unsearched: "" });
  });

  it("ends a search that tries far too many ways of matching, and says so", async () => {
    const [slow, quick] = await search(`${"a".repeat(60)}b\nfine\n`, ["^(a+)+$", "fine"], false, 500);
    expect(slow).toEqual({
      pattern: "^(a+)+$",
      found: null,
      unsearched: "searching the log took longer than 0.5 s",
    });
    expect(quick?.found?.line).toBe(2);
  }, 90_000);

  it("keeps little of a line that never ends", async () => {
    const [start, end] = await search(`first${"x".repeat(5_000_000)}last`, ["^first", "last$"]);
    expect(start?.found).toMatchObject({ line: 1 });
    expect(start?.found?.text.length).toBe(500);
    expect(end?.found).toBeNull();
  });

  it("reads nothing where nothing is sought", async () => {
    expect(await searchLog(join(folder, "none"), [], false, new AbortController().signal)).toEqual([]);
  });
});
