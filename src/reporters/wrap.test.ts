import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clip, displayWidth, indent, takeLastWidth, takeWidth, wrap, wrapLines } from "./wrap.ts";

const text = fc.oneof(
  fc.string(),
  fc
    .array(fc.constantFrom("a", " ", "数", "é", "\u0301", "\n", "long-word-of-many-letters"), {
      maxLength: 40,
    })
    .map((parts) => parts.join("")),
);

describe("displayWidth", () => {
  it.each([
    ["", 0],
    ["abc", 3],
    ["数据", 4],
    ["e\u0301", 1],
    ["\u{1F600}", 2],
  ])("%j takes %i columns", (given, width) => expect(displayWidth(given)).toBe(width));
});

describe("wrap", () => {
  it.each([
    ["one two three", 8, "one two\nthree"],
    ["a\n\nb", 8, "a\n\nb"],
    ["abcdefghijkl", 8, "abcdefgh\nijkl"],
    ["数据数据数据", 8, "数据数据\n数据"],
  ])("%j at %i", (given, width, wanted) => expect(wrap(given, width)).toBe(wanted));

  it("keeps every line within the width and loses no word", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 8, max: 120 }), (given, width) => {
        const lines = wrapLines(given, width);
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        expect(lines.join("").replace(/\s+/g, "")).toBe(given.replace(/\s+/g, ""));
      }),
      { numRuns: 400 },
    );
  });

  it("indents within the width", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 20, max: 120 }), (given, width) => {
        for (const line of indent(given, 6, width)) {
          expect(line).toMatch(/^ {6}/);
          expect(displayWidth(line)).toBeLessThanOrEqual(width);
        }
      }),
    );
  });
});

describe("clip and takeWidth", () => {
  it("take whole characters from either end", () => {
    expect(takeWidth("日本語", 5)).toBe("日本");
    expect(takeLastWidth("日本語", 5)).toBe("本語");
    expect(clip("日本語のファイル", 7)).toBe("日本語…");
  });

  it("stay within the width", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 3, max: 60 }), (given, width) => {
        expect(displayWidth(clip(given, width))).toBeLessThanOrEqual(width);
        expect(given.startsWith(takeWidth(given, width))).toBe(true);
        if (displayWidth(given) <= width) expect(clip(given, width)).toBe(given);
      }),
    );
  });
});
