import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { processorTime } from "../../test/processor-time.ts";
import { plainLine, plainText } from "./plain.ts";

const HOSTILE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\u001b[31m",
        "\u001b]0;title\u0007",
        "\u202e",
        "\r",
        "\n",
        "\t",
        "\ud800",
        "\u0000",
        "a",
      ),
      fc.string({ unit: "binary" }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

describe("plainText", () => {
  it.each([
    ["a\u001b[31mb", "a\\x1b[31mb"],
    ["a\u202eb", "a\\u{202e}b"],
    ["a\rb\nc\td", "a\\x0db\nc\td"],
    ["\u009b0m", "\\x9b0m"],
    ["\ud800", "\ufffd"],
    ["größe 数据 \u{1F600}", "größe 数据 \u{1F600}"],
  ])("shows %j as %j", (text, wanted) => expect(plainText(text)).toBe(wanted));

  it("leaves nothing that moves a cursor or turns text round", () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(plainText(text)).not.toMatch(HOSTILE);
        expect(plainText(text).isWellFormed()).toBe(true);
        expect(plainText(plainText(text))).toBe(plainText(text));
      }),
      { numRuns: 500 },
    );
  });

  it("cuts, never inside a letter, and is quick on megabytes", () => {
    expect(plainText("abcdef", 4)).toBe("abc…");
    expect(plainText("ab\u{1F600}cd", 4)).toBe("ab…");
    const long = "\u001b".repeat(20_000_000);
    expect(plainText(long, 100).length).toBeLessThan(500);
    expect(processorTime(() => plainText(long, 100))).toBeLessThan(1000);
  });
});

describe("plainLine", () => {
  it.each([
    ["\u001b[1;31mred\u001b[0m", "red"],
    ["\u001b]0;title\u0007text", "text"],
    ["a\n\n\tb", "a b"],
    ["\u001b[", "\\x1b["],
  ])("shows %j as %j", (text, wanted) => expect(plainLine(text)).toBe(wanted));

  it("is one line, whatever it is given", () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(plainLine(text)).not.toMatch(/[\n\t]/);
      }),
    );
  });
});
