import { describe, expect, it } from "vitest";
import { defaultConfig } from "../config/config.ts";
import { PratiqueError } from "../errors.ts";
import { Collector } from "../pipeline/collector.ts";
import { applyRules } from "../rules/apply.ts";
import { imageFacts, recordingOf, testProfile } from "../rules/test-facts.ts";
import { withoutMeasured } from "./measured.ts";
import type { Report } from "./report.ts";
import { reportSchema } from "./report-schema.ts";

async function report(): Promise<Report> {
  const progress = { start() {}, detail() {}, done() {} };
  const settings = { config: defaultConfig, profile: testProfile(), waivers: [], commentsCount: true };
  const collector = new Collector("check", "heart-risk", settings, progress);
  await collector.step("lint", "Dockerfile", async () => {
    const image = imageFacts({ environment: new Map([["HF_TOKEN", "hf_abcdef"]]) });
    collector.useImage(image);
    const findings = collector.judge(applyRules("image", [], image, testProfile(), {}));
    return { detail: "Dockerfile, 1 source file", findings };
  });
  await collector.step("build", "heart-risk", () => {
    throw new PratiqueError("engine.not-started", "podman does not answer.");
  });
  collector.skip("test", "The image was not built.");
  collector.note("Once.");
  collector.note("Once.");
  collector.recording = recordingOf();
  collector.others = [recordingOf({ runtime: "future", rootFileSystem: "read-only" })];
  return collector.report();
}

describe("the report's schema", () => {
  it("takes what Collector makes, and keeps every field", async () => {
    const made = await report();
    const read = JSON.parse(JSON.stringify(made));
    expect(reportSchema.parse(read)).toEqual(read);
    expect(made.notes).toEqual(["Once."]);
    expect(made.steps.map((step) => step.status)).toEqual(["done", "failed", "not-assessed"]);
    expect(JSON.stringify(made)).not.toContain("hf_abcdef");
  });

  it("is the same for the same input, but for what is measured", async () => {
    const first = await report();
    const second = { ...(await report()), times: { startedAt: "2031-01-01T00:00:00.000Z", seconds: 7 } };
    expect(withoutMeasured(second)).toEqual(withoutMeasured(first));
    expect(withoutMeasured({ ...second, summary: "Another." })).not.toEqual(withoutMeasured(first));
    expect(first.tools).toContainEqual({ name: "node", version: process.versions.node });
    expect(first.profile.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("gives the failed step's reason to what it would have shown", async () => {
    const made = await report();
    const byBuild = made.requirements.filter((r) => r.reason === "podman does not answer.");
    for (const requirement of byBuild) expect(requirement.status).toBe("not-assessed");
    expect(made.verdict).toBe("incomplete");
  });

  it.each([
    ["another schema", { schema: "pratique-report/2.0" }],
    ["a verdict of its own", { verdict: "fine" }],
    ["no requirements", { requirements: undefined }],
    ["a requirement without a reason", { requirements: [{ id: "X", reason: "" }] }],
    ["an unknown step", { steps: [{ id: "bake" }] }],
    ["text for numbers", { times: { startedAt: "now", seconds: "1" } }],
  ])("refuses %s", async (_title, differences) => {
    expect(reportSchema.safeParse({ ...(await report()), ...differences }).success).toBe(false);
  });

  it.each([null, undefined, 1, "x", [], {}])("refuses %j", (value) => {
    expect(reportSchema.safeParse(value).success).toBe(false);
  });
});
