import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearestPath } from "./nearest.ts";
import { outputMatcher } from "./wanted.ts";

describe("nearestPath", () => {
  it.each([
    ["results/fit.csv", ["result/fit.csv", "a.txt"], "result/fit.csv"],
    ["fit.csv", ["results/fit.csv"], "results/fit.csv"],
    ["out/*.csv", ["results/fit.csv"], "results/fit.csv"],
    ["fits.csv", ["fit.csv", "model.rds"], "fit.csv"],
    ["Summary.JSON", ["summary.json"], "summary.json"],
    ["coeficients.csv", ["coefficients.csv"], "coefficients.csv"],
    ["*.csv", ["model.rds", "a.png"], undefined],
    ["fit.csv", ["entirely/different.parquet"], undefined],
    ["fit.csv", [], undefined],
  ])("%j among %j is %j", (pattern, paths, wanted) => {
    expect(nearestPath(pattern, paths)).toBe(wanted);
  });

  it("takes any pattern and paths, in little time", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (pattern, paths) => {
        const found = nearestPath(pattern, paths);
        if (found !== undefined) expect(paths).toContain(found);
      }),
    );
    // Neither of these would come to an end if all ways of matching were tried.
    const long = "a".repeat(115);
    expect(nearestPath(`${"*a".repeat(50)}b`, Array<string>(100_000).fill(long))).toBe(long);
    expect(nearestPath("a", ["x".repeat(10_000_000)])).toBeUndefined();
  });
});

describe("outputMatcher", () => {
  it("means paths below the outputs folder, whether it is named or not", () => {
    expect(outputMatcher("/safe_outputs/a/*.csv", "/safe_outputs")("a/b.csv")).toBe(true);
    expect(outputMatcher("a/*.csv", "/safe_outputs")("a/b/c.csv")).toBe(false);
    expect(outputMatcher("**/*.csv", "/safe_outputs")("a/b/c.csv")).toBe(true);
  });

  it("takes no more time for a name that was made to take it", () => {
    const matches = outputMatcher("**a**a**a**a**a**b", "/safe_outputs");
    expect(matches("a/".repeat(2000))).toBe(false);
    expect(matches(`${"a/".repeat(2000)}b`)).toBe(true);
  });
});
