import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIgnore, pathMatcher } from "./ignore.ts";

describe("parseIgnore", () => {
  it.each([
    ["*.csv", "a.csv", true],
    ["*.csv", "d/a.csv", false],
    ["**/*.csv", "d/e/a.csv", true],
    ["**/*.csv", "a.csv", true],
    ["data", "data/x/y", true],
    ["/data/", "data/x", true],
    ["d?ta", "data", true],
    ["d[a-c]ta", "data", true],
    ["*\n!keep.txt", "keep.txt", false],
    ["*\n!keep.txt", "other.txt", true],
    ["!a\na", "a", true],
    ["# a", "# a", false],
    ["a/../b", "b", true],
    ["\\!x", "!x", true],
  ])("%j decides %s: %s", (text, path, wanted) => expect(parseIgnore(text).ignores(path)).toBe(wanted));

  it("prunes folders only where nothing can be taken back", () => {
    expect(parseIgnore("data").prunes("data")).toBe(true);
    expect(parseIgnore("data\n!data/x").prunes("data")).toBe(false);
  });

  it("decides the same however many stars there are", () => {
    // Four folders-or-none in a row mean what one means, but are too many for a regular expression.
    const piece = fc.constantFrom("a", "b", "/", "**/", "*", "**", "?", "[ab]");
    const path = fc.array(fc.constantFrom("a", "b", "a/", "b/a", "/"), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), path, (pieces, parts) => {
        const pattern = pieces.join("");
        fc.pre(pattern.replace(/\*\*\/?/g, "*").split("*").length - 1 <= 2);
        const name = parts.join("/").replace(/\/+/g, "/");
        for (const matcher of [pathMatcher, (text: string) => parseIgnore(text).ignores])
          expect(matcher(`**/**/**/**/${pattern}`)(name)).toBe(matcher(`**/${pattern}`)(name));
      }),
      { numRuns: 2000 },
    );
  });

  it("takes no longer for many stars", () => {
    expect(parseIgnore(`${"*a".repeat(40)}b`).ignores("a".repeat(4000))).toBe(false);
  });

  it("takes any text and any path", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, path) => {
        expect(typeof parseIgnore(text).ignores(path)).toBe("boolean");
      }),
      { numRuns: 500 },
    );
  });
});
