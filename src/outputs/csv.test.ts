import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CsvReader } from "./csv.ts";
import type { TableFacts } from "./facts.ts";

/** Reads a text in pieces of a length, so that every place is once the end of a piece. */
function read(text: string, delimiter?: "," | "\t", piece = text.length || 1): TableFacts {
  const reader = new CsvReader(delimiter);
  for (let at = 0; at < text.length; at += piece) if (!reader.write(text.slice(at, at + piece))) break;
  return reader.end();
}
const rows = (text: string): number | undefined => {
  const facts = read(text);
  return facts.kind === "table" ? facts.rows : undefined;
};

describe("CsvReader", () => {
  it.each([
    ["a header and rows", "a,b\n1,2\n3,4\n", ["a", "b"], 2],
    ["a last line without an end", "a,b\n1,2", ["a", "b"], 1],
    ["a header alone", "a,b\n", ["a", "b"], 0],
    ["Windows line ends and empty lines", "\r\na,b\r\n\r\n1,2\r\n\r\n", ["a", "b"], 1],
    ["old line ends", "a,b\r1,2\r3,4\r", ["a", "b"], 2],
    ["quotes, with line breaks and delimiters in them", 'a,"b, c"\n"x\ny","1 ""2"""\n', ["a", "b, c"], 1],
    ["semicolons", "a;b;c\n1,5;2;3\n", ["a", "b", "c"], 1],
    ["tabs", "a\tb\n1\t2\n", ["a", "b"], 1],
    ["bars", "a|b\n1|2\n", ["a", "b"], 1],
    ["a single column", "a\n1\n\n2\n", ["a"], 2],
    ["the names of rows, as R writes them", 'a,b\n"1",1,2\n"2",3,4\n', ["a", "b"], 2],
    ["empty fields", "a,b\n,\n", ["a", "b"], 1],
    ["a quote within a field", 'a,b\n5" pipe,2\n', ["a", "b"], 1],
  ])("reads %s", (_title, text, columns, count) => {
    const wanted = { kind: "table", rows: count, columns, moreColumns: false };
    expect(read(text)).toEqual(wanted);
    for (const piece of [1, 2, 3, 7]) expect(read(text, undefined, piece)).toEqual(wanted);
  });

  it.each([
    ["nothing", "", /empty/],
    ["only empty lines", "\n\n  \n", /empty/],
    ["a row that is too short", "a,b,c\n1,2,3\n1,2\n", /^row 2 has 2 fields, and the header has 3$/],
    ["a row that is too long", "a,b\n1,2\n1,2,3\n", /^row 2 has 3 fields/],
    ["a quote that stays open", 'a,b\n1,"2\n3,4\n', /quote that is opened in row 1/],
    ["a quote that stays open in the header", '"a,b\n1,2\n', /quote in its first line/],
    ["bytes that are no text", "a,b\n1,\u0000\n", /no text/],
  ])("says what is wrong with %s", (_title, text, reason) => {
    for (const piece of [1, 1000]) {
      const facts = read(text, undefined, piece);
      expect(facts).toMatchObject({ kind: "broken" });
      expect(facts.kind === "broken" && facts.reason).toMatch(reason);
    }
  });

  it("takes a delimiter that is given", () => {
    expect(read("a,b\tc\n1,2\t3\n", "\t")).toMatchObject({ rows: 1, columns: ["a,b", "c"] });
  });

  it("does not keep a header that never ends, nor more names than a table has", () => {
    expect(read("x".repeat(3_000_000), undefined, 65_536)).toEqual({
      kind: "unread",
      reason: "its first line is longer than 1 MB",
    });
    const wide = Array.from({ length: 12_000 }, (_, n) => `c${n}`).join(",");
    const facts = read(`${wide}\n`);
    expect(facts.kind === "table" && [facts.columns.length, facts.moreColumns]).toEqual([10_000, true]);
    expect(read("\n".repeat(500_000), undefined, 65_536)).toMatchObject({ kind: "broken" });
  });

  it("reads back what was written with quotes, whatever is in it, and in whatever pieces", () => {
    const field = fc.string({
      unit: fc.constantFrom("a", '"', ",", "\n", "\r", ";", " ", "é"),
      minLength: 1,
    });
    const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 9 }),
        (records, piece) => {
          const text = ["a,b", ...records.map((record) => record.map(quoted).join(","))].join("\n");
          expect(read(text, undefined, piece)).toMatchObject({ kind: "table", rows: records.length });
        },
      ),
    );
  });

  it("takes any text, the same in any pieces", () => {
    const text = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", ";", "\t", " ", "\u0000") });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 5 }), (given, piece) => {
        expect(read(given, undefined, piece)).toEqual(read(given));
      }),
      { numRuns: 500 },
    );
    expect(rows("a,b\n1,2\n")).toBe(1);
  });
});
