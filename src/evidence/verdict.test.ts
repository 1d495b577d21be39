import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Finding } from "../findings/finding.ts";
import type { RequirementResult, RequirementStatus, Verdict } from "./report.ts";
import { decideVerdict, summarise } from "./verdict.ts";

const LEVELS = ["must", "must-not", "should", "should-not", "may"] as const;
const FORCES = ["enforced", "advised", "foreseen"] as const;
const STATUSES = ["pass", "fail", "waived", "not-assessed"] as const;

const requirement = (
  level: RequirementResult["level"],
  force: RequirementResult["force"],
  status: RequirementStatus,
  scope: RequirementResult["scope"] = "image",
): RequirementResult => ({
  id: "X-01",
  level,
  force,
  scope,
  text: "t",
  source: "s",
  status,
  reason: "r",
  rules: [],
});
const finding = (severity: Finding["severity"], waived = false): Finding => ({
  rule: "r",
  title: "t",
  severity,
  requirements: [],
  message: "m.",
  aliases: [],
  ...(waived ? { waived: { reason: "agreed" } } : {}),
});

/** The table of the manual, written out: rows are level and force, columns the status. */
const TABLE: Readonly<Record<string, Readonly<Record<RequirementStatus, Verdict>>>> = {
  "must enforced": {
    pass: "clear",
    fail: "not-clear",
    waived: "clear-with-advice",
    "not-assessed": "incomplete",
  },
  "must advised": {
    pass: "clear",
    fail: "clear-with-advice",
    waived: "clear",
    "not-assessed": "clear-with-advice",
  },
  "should enforced": {
    pass: "clear",
    fail: "clear-with-advice",
    waived: "clear",
    "not-assessed": "clear-with-advice",
  },
  "should advised": {
    pass: "clear",
    fail: "clear-with-advice",
    waived: "clear",
    "not-assessed": "clear-with-advice",
  },
};
const SHOWN_ONLY: Readonly<Record<RequirementStatus, Verdict>> = {
  pass: "clear",
  fail: "clear",
  waived: "clear",
  "not-assessed": "clear",
};

const cells = LEVELS.flatMap((level) =>
  FORCES.flatMap((force) =>
    STATUSES.map((status) => {
      const row = TABLE[`${level.replace("-not", "")} ${force}`] ?? SHOWN_ONLY;
      return { level, force, status, wanted: row[status] };
    }),
  ),
);

describe("decideVerdict", () => {
  it.each(cells)("$level, $force, $status: $wanted", ({ level, force, status, wanted }) => {
    expect(decideVerdict([requirement(level, force, status)], [])).toBe(wanted);
  });

  it.each(["job", "publish", "people"] as const)("does not count what scope %s decides", (scope) => {
    expect(decideVerdict([requirement("must", "enforced", "not-assessed", scope)], [])).toBe("clear");
  });

  it.each([
    ["error", false, "not-clear"],
    ["error", true, "clear"],
    ["warning", false, "clear-with-advice"],
    ["info", false, "clear"],
  ] as const)("an %s finding, waived %s: %s", (severity, waived, wanted) => {
    expect(decideVerdict([], [finding(severity, waived)])).toBe(wanted);
  });

  const any = fc.array(
    fc
      .tuple(fc.constantFrom(...LEVELS), fc.constantFrom(...FORCES), fc.constantFrom(...STATUSES))
      .map(([level, force, status]) => requirement(level, force, status)),
    { maxLength: 8 },
  );
  const findings = fc.array(
    fc
      .tuple(fc.constantFrom("error", "warning", "info"), fc.boolean())
      .map(([severity, waived]) => finding(severity, waived)),
    { maxLength: 4 },
  );

  it("never calls clear what has an enforced must that was not shown", () => {
    fc.assert(
      fc.property(any, findings, (requirements, given) => {
        const verdict = decideVerdict(requirements, given);
        const musts = requirements.filter((r) => r.level.startsWith("must") && r.force === "enforced");
        if (musts.some((r) => r.status === "fail")) expect(verdict).toBe("not-clear");
        if (verdict === "clear") expect(musts.every((r) => r.status === "pass")).toBe(true);
        if (verdict === "clear-with-advice")
          expect(musts.every((r) => r.status === "pass" || r.status === "waived")).toBe(true);
      }),
    );
  });

  it("gets no better when a pass is taken away", () => {
    const rank: readonly Verdict[] = ["clear", "clear-with-advice", "incomplete", "not-clear"];
    fc.assert(
      fc.property(any, findings, fc.constantFrom("fail", "not-assessed"), (requirements, given, worse) => {
        const before = rank.indexOf(decideVerdict(requirements, given));
        const after = requirements.map((r) => (r.status === "pass" ? { ...r, status: worse } : r));
        expect(rank.indexOf(decideVerdict(after, given))).toBeGreaterThanOrEqual(before);
      }),
    );
  });
});

describe("what the settings expect", () => {
  const of = (rule: string, waived = false): Finding => ({ ...finding("error", waived), rule });
  const rules = new Set(["missing-output", "unchecked-expectation"]);
  const words = (...all: Finding[]): string => summarise(decideVerdict([], all), [], all, "the place", rules);

  it("decides nothing where it could not be checked, and is not clear where it is not met", () => {
    expect(decideVerdict([], [of("unchecked-expectation")])).toBe("incomplete");
    expect(decideVerdict([], [of("unchecked-expectation", true)])).toBe("clear");
    expect(decideVerdict([], [of("unchecked-expectation"), of("missing-output")])).toBe("not-clear");
  });

  it("is told apart from what would stop the job", () => {
    expect(words(of("missing-output"))).toBe("1 thing is not as pratique.yaml expects.");
    expect(words(of("missing-output"), of("missing-output"), of("job-fails"))).toBe(
      "1 thing would stop this job in the place, and 2 things are not as pratique.yaml expects.",
    );
    expect(words(of("unchecked-expectation"))).toBe(
      "1 expectation could not be assessed, so nothing is decided yet.",
    );
  });
});

describe("summarise", () => {
  it("counts in words", () => {
    const open = requirement("must", "enforced", "not-assessed");
    expect(summarise("not-clear", [], [finding("error"), finding("error", true)], "the Safe Haven")).toBe(
      "1 thing would stop this job in the Safe Haven.",
    );
    expect(summarise("incomplete", [open, open], [], "the Safe Haven")).toMatch(
      /^2 requirements .*not be assessed/,
    );
    expect(summarise("clear-with-advice", [], [finding("warning")], "x")).toMatch(
      /1 piece of advice follows\.$/,
    );
    expect(summarise("clear-with-advice", [], [], "x")).toMatch(/with remarks\.$/);
    expect(summarise("clear", [], [], "x")).toBe("Everything that x demands was shown.");
  });

  it("says that nothing counted would stop the job only when something does", () => {
    expect(
      summarise("not-clear", [requirement("must", "enforced", "fail")], [], "the Safe Haven"),
    ).not.toMatch(/^0 /);
  });
});
