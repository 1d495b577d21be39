import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atLeast, compareFindings, type Finding, isFileLocation, SEVERITIES } from "./finding.ts";

const severity = fc.constantFrom(...SEVERITIES);
const text = fc.constantFrom("a", "b", "ä", "Z", "");
const location = fc.oneof(
  fc.record({
    file: text,
    startLine: fc.nat(3),
    startColumn: fc.nat(3),
    endLine: fc.nat(3),
    endColumn: fc.nat(3),
  }),
  fc.record({ imagePath: text }),
  fc.record({ process: fc.record({ pid: fc.nat(3), command: text, executable: text }) }),
);
const finding: fc.Arbitrary<Finding> = fc
  .tuple(severity, text, text, fc.option(location, { nil: undefined }))
  .map(([severity, rule, message, location]) => ({
    rule,
    title: "T",
    severity,
    requirements: [],
    message,
    aliases: [],
    ...(location === undefined ? {} : { location }),
  }));

describe("compareFindings", () => {
  it("gives one order whatever order the findings come in", () => {
    fc.assert(
      fc.property(fc.array(finding, { maxLength: 12 }), (findings) => {
        const sorted = findings.toSorted(compareFindings);
        expect(findings.toReversed().sort(compareFindings).map(key)).toEqual(sorted.map(key));
        for (const [index, current] of sorted.entries()) {
          const next = sorted[index + 1];
          if (next !== undefined) expect(atLeast(current.severity, next.severity)).toBe(true);
        }
      }),
    );
  });
});

const key = ({ severity, rule, message, location }: Finding): string => {
  const place =
    location === undefined
      ? ""
      : "file" in location
        ? `${location.file}:${location.startLine}:${location.startColumn}`
        : "imagePath" in location
          ? location.imagePath
          : `${location.process.command}:${location.process.pid}`;
  return [severity, place, rule, message].join("|");
};

describe("atLeast", () => {
  it.each([
    ["error", "warning", true],
    ["warning", "warning", true],
    ["info", "warning", false],
    ["info", "error", false],
    ["info", "info", true],
  ] as const)("%s reaches %s: %s", (severity, threshold, wanted) => {
    expect(atLeast(severity, threshold)).toBe(wanted);
  });
});

it("isFileLocation knows places in files", () => {
  expect(isFileLocation(undefined)).toBe(false);
  expect(isFileLocation({ imagePath: "/x" })).toBe(false);
  expect(isFileLocation({ file: "x", startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 })).toBe(true);
});
