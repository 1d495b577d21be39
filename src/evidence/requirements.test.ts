import { describe, expect, it } from "vitest";
import type { Finding } from "../findings/finding.ts";
import type { FactsKind, Profile, Statement } from "../profiles/profile.ts";
import { applyRules, type Judgement } from "../rules/apply.ts";
import { defineRule, type Rule, type RuleKind } from "../rules/rule.ts";
import { imageFacts, testProfile } from "../rules/test-facts.ts";
import { type Assessment, assessRequirements } from "./requirements.ts";

const statement = (differences: Partial<Statement> = {}): Statement => ({
  id: "X-01",
  level: "must",
  force: "enforced",
  scope: "image",
  shownBy: ["image", "run"],
  text: "It must.",
  source: "doc",
  date: "2026-07-22",
  ...differences,
});
const rule = (id: string, needs: RuleKind, requirements: readonly string[] = ["X-01"]): Rule =>
  defineRule({
    id,
    title: id,
    category: "users",
    needs,
    severity: "error",
    requirements,
    why: "w",
    fix: "f",
    aliases: [],
    examples: { bad: [], good: [] },
    check: () => [],
  });
const judgement = (
  kind: RuleKind,
  rules: readonly Rule[],
  notAssessed: ReadonlyMap<string, string> = new Map(),
): Judgement => ({ kind, findings: [], rules, notAssessed });
const finding = (differences: Partial<Finding> = {}): Finding => ({
  rule: "r",
  title: "t",
  severity: "error",
  requirements: ["X-01"],
  message: "It fails.",
  aliases: [],
  ...differences,
});
const both = [judgement("image", [rule("i", "image")]), judgement("run", [rule("r", "run")])];
const profileWith = (...statements: Statement[]): Profile => ({ ...testProfile(), statements });
const assess = (differences: Partial<Assessment> = {}, ...statements: Statement[]) =>
  assessRequirements({
    profile: profileWith(...(statements.length > 0 ? statements : [statement()])),
    judgements: both,
    findings: [],
    missing: new Map(),
    ...differences,
  })[0];

describe("assessRequirements", () => {
  it("passes what every kind of facts showed", () => {
    expect(assess()).toMatchObject({
      status: "pass",
      reason: "Shown by the image and the test run.",
      rules: ["i", "r"],
    });
  });

  it("fails by one finding, whatever was not read", () => {
    const missing = new Map<FactsKind, string>([["run", "No engine."]]);
    expect(assess({ findings: [finding()], missing })).toMatchObject({ status: "fail", reason: "It fails." });
  });

  it("gives the words of the rule it belongs to when a finding speaks for several", () => {
    const joined = finding({ rule: "other", proofs: [{ rule: "i", message: "The image lacks it." }] });
    expect(assess({ findings: [joined] })).toMatchObject({ status: "fail", reason: "The image lacks it." });
  });

  it("is not failed by a remark, or by a finding for another statement", () => {
    expect(assess({ findings: [finding({ severity: "info" })] })?.status).toBe("pass");
    expect(assess({ findings: [finding({ requirements: ["X-02"] })] })?.status).toBe("pass");
  });

  it("answers a checklist to the letter: a rule that only remarks fails its item, a mere suspicion does not", () => {
    const item = statement({ checklist: "Guide", shownBy: ["image"] });
    const remarks = { ...rule("i", "image"), severity: "info" as const };
    const found = [finding({ rule: "i", severity: "info" })];
    expect(assess({ judgements: [judgement("image", [remarks])], findings: found }, item)).toMatchObject({
      checklist: "Guide",
      status: "fail",
      reason: "It fails.",
    });
    expect(assess({ findings: found }, item)?.status).toBe("pass");
  });

  it("is waived with the waiver's reason, unless something else fails or is not shown", () => {
    const waived = finding({ waived: { reason: "agreed" } });
    expect(assess({ findings: [waived] })).toMatchObject({ status: "waived", reason: "agreed" });
    expect(assess({ findings: [waived, finding()] })?.status).toBe("fail");
    expect(assess({ findings: [waived], missing: new Map([["run", "No engine."]]) })?.status).toBe(
      "not-assessed",
    );
  });

  it.each([
    [
      "a kind that was missed",
      { missing: new Map<FactsKind, string>([["run", "No engine."]]) },
      "No engine.",
    ],
    [
      "a kind that nobody judged",
      { judgements: both.slice(0, 1) },
      "This command did not look at the test run.",
    ],
    [
      "a kind that no rule reads it from",
      { judgements: [judgement("image", [rule("i", "image")]), judgement("run", [rule("o", "run", [])])] },
      "No rule of this version reads X-01 from the test run.",
    ],
    [
      "a rule that could not judge",
      {
        judgements: [
          judgement("image", [rule("i", "image")]),
          judgement("run", [rule("r", "run")], new Map([["r", "the recorder could not attach"]])),
        ],
      },
      "The recorder could not attach.",
    ],
    ["nothing at all", { judgements: [] }, "This command did not look at the image."],
  ])("does not pass by %s", (_title, differences, reason) => {
    expect(assess(differences)).toMatchObject({ status: "not-assessed", reason });
  });

  it("does not pass by a rule that was turned off", () => {
    // applyRules leaves such a rule out of `rules` and names it in `notAssessed`.
    const off = judgement("run", [], new Map([["r", "the rule is turned off in the configuration"]]));
    const result = assess({ judgements: [judgement("image", [rule("i", "image")]), off] });
    expect(result?.status).toBe("not-assessed");
  });

  it.each(["repository", "job", "run-files", "publish", "people"] as const)(
    "leaves scope %s to others",
    (scope) => {
      const result = assess({}, statement({ scope, shownBy: undefined }));
      expect(result?.status).toBe("not-assessed");
      expect(result?.reason).toMatch(/^It is /);
    },
  );

  it("assesses a statement about jobs when a manifest was read, and fails it by one of several", () => {
    const about = statement({ scope: "job", shownBy: ["job"] });
    expect(assess({}, about)?.reason).toBe("It is decided by a job manifest, and none was checked.");
    const read = judgement("job", [rule("j", "job")]);
    expect(assess({ judgements: [read] }, about)).toMatchObject({
      status: "pass",
      reason: "Shown by the job manifest.",
      rules: ["j"],
    });
    expect(assess({ judgements: [read], findings: [finding()] }, about)?.status).toBe("fail");
    const open = judgement("job", [rule("j", "job")], new Map([["j", "it is a template"]]));
    expect(assess({ judgements: [read, open] }, about)).toMatchObject({
      status: "not-assessed",
      reason: "It is a template.",
      rules: ["j"],
    });
    expect(assess({}, statement({ scope: "run-files", shownBy: ["run-files"] }))?.reason).toBe(
      "It is decided by run files and scripts, and none was checked.",
    );
  });

  it("fails what is said of a repository by a remark, unless the rule could not judge", () => {
    const about = statement({
      level: "should",
      force: "advised",
      scope: "repository",
      shownBy: ["repository"],
    });
    const remark = finding({ severity: "info" });
    const remarks: Rule = { ...rule("r", "repository"), severity: "info" };
    expect(assess({ judgements: [judgement("repository", [remarks])] }, about)?.status).toBe("pass");
    const judged = { judgements: [judgement("repository", [remarks])], findings: [remark] };
    expect(assess(judged, about)).toMatchObject({ status: "fail", reason: "It fails." });
    const open = judgement("repository", [remarks], new Map([["r", "this is a copy"]]));
    expect(assess({ judgements: [open], findings: [remark] }, about)).toMatchObject({
      status: "not-assessed",
      reason: "This is a copy.",
    });
    const waived = finding({ severity: "info", waived: { reason: "kept elsewhere" } });
    expect(assess({ ...judged, findings: [waived] }, about)?.status).toBe("waived");
  });

  it("fails a statement that is for others by a finding all the same", () => {
    const about = statement({ scope: "publish", shownBy: undefined });
    expect(assess({ findings: [finding()] }, about)?.status).toBe("fail");
  });

  it("does not pass a statement that names no facts to be shown by", () => {
    expect(assess({ judgements: [] }, statement({ shownBy: [] }))?.status).toBe("not-assessed");
    expect(assess({ judgements: [] }, statement({ shownBy: undefined }))?.status).toBe("not-assessed");
  });

  it("leaves out plain facts", () => {
    expect(assess({}, statement({ level: "fact" }))).toBeUndefined();
  });

  it("gives every statement of the profile a reason, and passes none where nothing was read", () => {
    const results = assessRequirements({
      profile: testProfile(),
      judgements: [],
      findings: [],
      missing: new Map(),
    });
    expect(results.length).toBeGreaterThan(20);
    for (const result of results) {
      expect(result.status, result.id).toBe("not-assessed");
      expect(result.reason, result.id).toMatch(/^[A-Z].*\.$/);
    }
  });
});

it("a failed must cannot be made a pass by calling its findings remarks", () => {
  const failing = defineRule<"image">({
    id: "i",
    title: "i",
    category: "users",
    needs: "image",
    severity: "error",
    requirements: ["X-01"],
    why: "w",
    fix: "f",
    aliases: [],
    examples: { bad: [], good: [] },
    check: () => [{ message: "It fails." }],
  });
  const judged = applyRules("image", [failing], imageFacts(), testProfile(), { i: "info" });
  const result = assess(
    { judgements: [judged], findings: judged.findings },
    statement({ shownBy: ["image"] }),
  );
  expect(result?.status).toBe("not-assessed");
});
