import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Finding } from "./finding.ts";
import { mergeFindings } from "./merge.ts";

const finding = (rule: string, differences: Partial<Finding> = {}): Finding => ({
  rule,
  title: rule,
  severity: "warning",
  requirements: [],
  message: `${rule} says so.`,
  aliases: [],
  ...differences,
});

describe("mergeFindings", () => {
  it("joins what code and run say about one host; the run leads", () => {
    const location = { file: "src/a.py", startLine: 3, startColumn: 1, endLine: 3, endColumn: 9 };
    const code = finding("in-code", {
      severity: "error",
      requirements: ["OFF-02"],
      aliases: ["hadolint:DL1"],
      subjects: ["host:huggingface.co"],
      location,
      excerpt: "from_pretrained",
    });
    const run = finding("in-run", { requirements: ["OFF-01"], subjects: ["host:huggingface.co"] });
    const merged = mergeFindings([[code], [run]]);
    expect(merged).toEqual([
      {
        ...run,
        severity: "error",
        requirements: ["OFF-01", "OFF-02"],
        aliases: ["hadolint:DL1"],
        proofs: [{ rule: "in-code", message: code.message, location, excerpt: "from_pretrained" }],
      },
    ]);
  });

  it("keeps apart what has no subject in common, and what one group says twice", () => {
    const a = finding("a", { subjects: ["host:x"] });
    const b = finding("b", { subjects: ["host:y"] });
    const c = finding("c");
    expect(mergeFindings([[a, a], [b], [c]])).toHaveLength(4);
  });

  it("does not hide a waived finding in another", () => {
    const waived = finding("a", { subjects: ["host:x"], waived: { reason: "agreed" } });
    expect(mergeFindings([[waived], [finding("b", { subjects: ["host:x"] })]])).toHaveLength(2);
  });

  it("does not hide an open finding in a waived one", () => {
    const run = finding("b", { subjects: ["host:x"], waived: { reason: "agreed" } });
    expect(mergeFindings([[finding("a", { subjects: ["host:x"] })], [run]])).toHaveLength(2);
  });

  it("lets the file lead where the image's configuration says the very same, waived or not", () => {
    const location = { file: "Dockerfile", startLine: 3, startColumn: 1, endLine: 3, endColumn: 9 };
    const file = finding("in-file", { subjects: ["config:user"], location, fix: "USER nonroot" });
    const image = finding("in-image", {
      subjects: ["config:user"],
      requirements: ["IMG-09"],
      aliases: ["scout:x"],
      location: { imagePath: "config" },
      fix: "other",
    });
    const proof = { rule: "in-image", message: image.message, location: image.location };
    const joined = { ...file, requirements: ["IMG-09"], aliases: ["scout:x"], proofs: [proof] };
    expect(mergeFindings([[file], [image]])).toEqual([joined]);
    const waived = { reason: "agreed" };
    expect(mergeFindings([[{ ...file, waived }], [image]])).toEqual([{ ...joined, waived }]);
    expect(mergeFindings([[file], [{ ...image, waived }]])).toEqual([joined]);
    expect(mergeFindings([[], [image]])).toEqual([image]);
    expect(mergeFindings([[finding("x", { subjects: ["config:tmp"] })], [image]])).toHaveLength(2);
  });

  it("lets a run lead both, with both as proofs", () => {
    const subjects = ["config:tmp", "tmp"];
    const merged = mergeFindings([
      [finding("in-file", { subjects })],
      [finding("in-image", { subjects })],
      [finding("in-run", { subjects: ["tmp"] })],
    ]);
    expect(merged).toHaveLength(1);
    expect(merged[0]).toMatchObject({ rule: "in-run", proofs: [{ rule: "in-file" }, { rule: "in-image" }] });
  });

  describe("chooses the fix", () => {
    const file = { file: "Dockerfile", startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 };
    const joined = (other: Partial<Finding>, leader: Partial<Finding>) =>
      mergeFindings([
        [finding("a", { subjects: ["s"], location: file, ...other })],
        [finding("b", { subjects: ["s"], ...leader })],
      ])[0]?.fix;

    it.each([
      ["of the run", { fix: "from the file" }, { fix: "from the run" }, "from the run"],
      ["without a blank", { fix: "load bert" }, { fix: "load <model>" }, "load bert"],
      [
        "of the graver mistake",
        { fix: "small" },
        { fix: "load <model>", severity: "error" as const },
        "load <model>",
      ],
      [
        "of the file where the image shows the same",
        { fix: "WORKDIR /scratch" },
        { fix: "RUN mkdir", location: { imagePath: "/scratch" } },
        "WORKDIR /scratch",
      ],
    ])("%s", (_title, other, leader, wanted) => expect(joined(other, leader)).toBe(wanted));
  });

  it("loses no rule, no requirement and no severity", () => {
    const subject = fc.constantFrom("s", "t", "u");
    const one = fc
      .record({
        rule: fc.constantFrom("a", "b", "c", "d"),
        severity: fc.constantFrom("error" as const, "warning" as const, "info" as const),
        subjects: fc.array(subject, { maxLength: 2 }),
        requirements: fc.array(fc.constantFrom("R1", "R2", "R3"), { maxLength: 2 }),
      })
      .map(({ rule, ...rest }) => finding(rule, rest));
    fc.assert(
      fc.property(fc.array(fc.array(one, { maxLength: 5 }), { maxLength: 4 }), (groups) => {
        const before = groups.flat();
        const copy = structuredClone(groups);
        const merged = mergeFindings(groups);
        expect(groups).toEqual(copy);
        const count = merged.reduce((sum, entry) => sum + 1 + (entry.proofs?.length ?? 0), 0);
        expect(count).toBe(before.length);
        for (const entry of before) {
          for (const requirement of entry.requirements) {
            expect(
              merged.some(
                (after) =>
                  after.requirements.includes(requirement) &&
                  (after.rule === entry.rule || after.proofs?.some((proof) => proof.rule === entry.rule)),
              ),
            ).toBe(true);
          }
        }
        if (before.some((entry) => entry.severity === "error")) expect(merged[0]?.severity).toBe("error");
      }),
    );
  });
});
