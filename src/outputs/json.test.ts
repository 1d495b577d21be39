import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TableFacts } from "./facts.ts";
import { JsonReader } from "./json.ts";

function read(text: string, mode: "json" | "jsonl" = "json", piece = text.length || 1): TableFacts {
  const reader = new JsonReader(mode);
  for (let at = 0; at < text.length; at += piece) if (!reader.write(text.slice(at, at + piece))) break;
  return reader.end();
}

/** Names of all keys, as they are in the value itself. */
function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

describe("JsonReader", () => {
  it.each([
    ["a list", "[1, 2.5e-3, -0]", 3, []],
    ["an empty list", " [ ] ", 0, []],
    ["a list of records", '[{"id": 1, "in": {"er": [true]}}, {"id": null}]', 2, ["id", "in", "er"]],
    ["a record", '{"a": {"b": "x"}}\n', undefined, ["a", "b"]],
    ["a value", '"text"', undefined, []],
    ["escapes in keys", '{"a\\u00e9\\n\\"": 1}', undefined, ['aé\n"']],
  ])("reads %s", (_title, text, rows, columns) => {
    for (const piece of [1, 3, 1000])
      expect(read(text, "json", piece)).toEqual({ kind: "table", rows, columns, moreColumns: false });
  });

  it("reads a value a line", () => {
    expect(read('{"a":1}\n\n{"b":[2]}\r\n3', "jsonl")).toMatchObject({ rows: 3, columns: ["a", "b"] });
    expect(read("", "jsonl")).toMatchObject({ rows: 0 });
    expect(read('{"a":\n1}\n', "jsonl")).toMatchObject({ reason: "line 1 ends within a value" });
    expect(read("1 2\n", "jsonl")).toMatchObject({ kind: "broken" });
  });

  it.each([
    ["", /empty/],
    ["[1,\n2,]", /^line 2 is not JSON/],
    ["[1, NaN]", /NaN, which JSON does not know/],
    ["{a: 1}", /not JSON/],
    ['{"a" 1}', /not JSON/],
    ["[01]", /not JSON/],
    ["[1] 2", /not JSON/],
    ['["\t"]', /not JSON/],
    ['["\\x"]', /not JSON/],
    ['{"a": [1, 2', /ends in the middle/],
    ['"a', /ends in the middle/],
    ["[}", /not JSON/],
  ])("says what is wrong with %j", (text, reason) => {
    for (const piece of [1, 1000]) {
      const facts = read(text, "json", piece);
      expect(facts.kind === "broken" && facts.reason).toMatch(reason);
    }
  });

  it("gives up on what is nested without end, and on a number without end", () => {
    expect(read("[".repeat(5_000_000), "json", 65_536)).toMatchObject({ kind: "unread" });
    expect(read(`[${"1".repeat(5_000_000)}`, "json", 65_536)).toMatchObject({ kind: "unread" });
    const keys = Array.from({ length: 11_000 }, (_, n) => `"k${n}":1`).join(",");
    expect(read(`{${keys}}`)).toMatchObject({ kind: "table", moreColumns: true });
    const long = read(`{"${"\\u00e9".repeat(300)}": 1}`);
    expect(long.kind === "table" && long.columns[0]?.startsWith("ééé")).toBe(true);
  });

  it("says of every text what JSON.parse says of it, whatever the pieces", () => {
    const text = fc.oneof(
      fc.json(),
      fc.string({
        unit: fc.constantFrom(
          "[",
          "]",
          "{",
          "}",
          '"',
          ":",
          ",",
          "1",
          "-",
          ".",
          "e",
          "a",
          "\\",
          "u",
          " ",
          "null",
        ),
      }),
    );
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 7 }), (given, piece) => {
        let value: unknown;
        try {
          value = JSON.parse(given);
        } catch {
          expect(read(given, "json", piece).kind).toBe("broken");
          return;
        }
        const rows = Array.isArray(value) ? value.length : undefined;
        const facts = read(given, "json", piece);
        expect(facts).toMatchObject({ kind: "table", rows });
        if (facts.kind === "table")
          expect([...facts.columns].sort()).toEqual([...new Set(keysOf(value))].sort());
      }),
      { numRuns: 1000 },
    );
  });
});
