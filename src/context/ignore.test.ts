import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIgnore } from "./ignore.ts";

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

  it("takes any text and any path", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, path) => {
        expect(typeof parseIgnore(text).ignores(path)).toBe("boolean");
      }),
      { numRuns: 500 },
    );
  });
});
