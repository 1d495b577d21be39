import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Finding } from "./finding.ts";
import { fingerprints } from "./fingerprint.ts";

const finding = (parts: Partial<Finding> = {}): Finding => ({
  rule: "unpinned-base",
  title: "The base image may change",
  severity: "warning",
  requirements: [],
  aliases: [],
  message: "`python:3.12` names another image after every release.",
  location: { file: "Dockerfile", startLine: 1, startColumn: 6, endLine: 1, endColumn: 17 },
  excerpt: "FROM python:3.12",
  ...parts,
});
const one = (parts?: Partial<Finding>): string => fingerprints([finding(parts)])[0] ?? "";

describe("fingerprints", () => {
  it("stay the same when lines move, are indented, or the words change", () => {
    const moved = { file: "Dockerfile", startLine: 40, startColumn: 9, endLine: 41, endColumn: 3 };
    expect(one({ location: moved, excerpt: "\tFROM  python:3.12 ", message: "Other words" })).toBe(one());
    expect(one({ severity: "error", title: "Other", fix: "Do it" })).toBe(one());
    expect(one()).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, Partial<Finding>]>([
    ["rule", { rule: "root-user" }],
    ["file", { location: { file: "b/Dockerfile", startLine: 1, startColumn: 6, endLine: 1, endColumn: 17 } }],
    ["place", { location: { imagePath: "Dockerfile" } }],
    ["line", { excerpt: "FROM python:3.13" }],
  ])("differ with the %s", (_what, parts) => {
    expect(one(parts)).not.toBe(one());
  });

  it("do not depend on numbers that every run changes", () => {
    const process = (pid: number) => ({
      process: { pid, command: `python ${pid}`, executable: "/usr/bin/python" },
    });
    const { excerpt: _, ...bare } = finding();
    const seen = (pid: number, message: string) =>
      fingerprints([{ ...bare, location: process(pid), message }])[0];
    expect(seen(14, "Process 14 lost 60.5 s.")).toBe(seen(733, "Process 733 lost 9.25 s."));
    expect(seen(14, "Process 14 lost 60 s.")).not.toBe(seen(14, "Process 14 wrote 60 B."));
  });

  it("go by what the finding is about where no line is shown", () => {
    const { excerpt: _, ...bare } = finding();
    const about = (subjects: readonly string[], message: string) =>
      fingerprints([{ ...bare, subjects, message }])[0];
    expect(about(["host:a", "host:b"], "once")).toBe(about(["host:b", "host:a"], "twice"));
    expect(about(["host:a"], "once")).not.toBe(about(["host:b"], "once"));
  });

  it("are all different, and the same again for the same findings", () => {
    const text = fc.constantFrom("a", "b", " a", "a\nb", "");
    const some = fc.record({ rule: text, excerpt: text, message: text }).map(finding);
    fc.assert(
      fc.property(fc.array(some, { maxLength: 30 }), (findings) => {
        const names = fingerprints(findings);
        expect(new Set(names).size).toBe(findings.length);
        expect(fingerprints(findings)).toEqual(names);
      }),
    );
  });

  it("keep the names of the others when an equal one goes", () => {
    const [first, second] = fingerprints([finding(), finding()]);
    expect(fingerprints([finding()])).toEqual([first]);
    expect(second).not.toBe(first);
  });
});
