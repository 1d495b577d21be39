import { describe, expect, it } from "vitest";
import { namingCases } from "./cases.ts";
import type { Finding } from "./finding.ts";
import { joinRuns } from "./runtimes.ts";

const finding = (differences: Partial<Finding> = {}): Finding => ({
  rule: "no-runtime-download",
  title: "The program waits for the internet",
  severity: "error",
  requirements: ["OFF-01"],
  message: "python (process 9) looked up example.org once.",
  aliases: [],
  subjects: ["host:example.org"],
  runtimes: ["k8s"],
  ...differences,
});

describe("findings of several cases", () => {
  it("are one where they are about one thing, and name their cases", () => {
    const [joined, ...rest] = joinRuns([
      [finding({ cases: ["a"] })],
      [finding({ cases: ["b"], message: "python (process 12) looked up example.org twice." })],
    ]);
    expect(rest).toEqual([]);
    expect(joined?.cases).toEqual(["a", "b"]);
  });

  it("stay apart where an expectation is missed in another way", () => {
    const location = { file: "pratique.yaml", startLine: 9, startColumn: 1, endLine: 9, endColumn: 9 };
    const missed = { rule: "unexpected-row-count", excerpt: "- fit.csv", location };
    const runs = [
      [finding({ ...missed, message: "fit.csv has 0 rows.", cases: ["a"] })],
      [finding({ ...missed, message: "fit.csv has 9 rows.", cases: ["b"] })],
      [finding({ ...missed, message: "fit.csv has 9 rows.", cases: ["c"] })],
    ];
    expect(joinRuns(runs).map(({ cases }) => cases)).toEqual([["a"], ["b", "c"]]);
  });

  it("say which cases they are of, unless they are of all or there are none", () => {
    const words = (cases: readonly string[] | undefined, all: readonly string[]): string =>
      namingCases(finding(cases === undefined ? {} : { cases }), all).message.split(":")[0] ?? "";
    expect(words(["a"], ["a", "b", "c"])).toBe("In the case “a”");
    expect(words(["a", "c"], ["a", "b", "c"])).toBe("In the cases “a” and “c”");
    expect(words(["a"], ["a"])).toBe("In the case “a”");
    expect(namingCases(finding({ cases: ["a", "b"] }), ["a", "b"]).message).toBe(finding().message);
    expect(namingCases(finding(), ["a", "b"]).message).toBe(finding().message);
  });
});
