import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markedLine } from "./excerpt.ts";

const at = (startColumn: number, endColumn: number, endLine = 1) => ({
  file: "x",
  startLine: 1,
  startColumn,
  endLine,
  endColumn,
});

describe("markedLine", () => {
  it("marks what the location points at, without indentation", () => {
    expect(markedLine("    load('x')", at(5, 9))).toEqual({ before: "", marked: "load", after: "('x')" });
    expect(markedLine("\tx = load()", at(6, 10))).toEqual({ before: "x = ", marked: "load", after: "()" });
  });

  it("marks to the end of the line when the finding goes on below", () => {
    expect(markedLine("RUN a \\", at(1, 3, 4)).marked).toBe("RUN a \\");
  });

  it("keeps the parts apart where characters are escaped", () => {
    expect(markedLine("a\u001bb load", at(5, 9))).toEqual({ before: "a\\x1bb ", marked: "load", after: "" });
  });

  it("keeps the line whole where the columns are not in it", () => {
    expect(markedLine("  short", at(90, 95))).toEqual({ before: "short", marked: "", after: "" });
  });

  it("keeps the mark in sight in a very long line", () => {
    const long = `  ${"a".repeat(50_000)}abc${"b".repeat(50_000)}`;
    const { before, marked, after } = markedLine(long, at(50_003, 50_006), { around: 160, marked: 600 });
    expect([before.length, marked, after.length]).toEqual([161, "abc", 160]);
    expect(before.startsWith("…a")).toBe(true);
  });

  it("survives any location, and loses nothing of the line", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(50), fc.nat(50), fc.boolean(), (line, start, end, long) => {
        const { before, marked, after } = markedLine(line, at(start, end, long ? 2 : 1));
        expect(before + marked + after).toBe(line.trim());
      }),
    );
  });
});
