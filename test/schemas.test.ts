import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { clearReport, lintReport, notClearReport } from "../src/reporters/page/sample-report.ts";

const root = join(fileURLToPath(import.meta.url), "..", "..");
const schema = (name: string) => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  return ajv.compile(JSON.parse(readFileSync(join(root, "schemas", `${name}.schema.json`), "utf8")));
};

describe("the published schemas", () => {
  const report = schema("report");
  it.each([
    ["clear", clearReport],
    ["not clear", notClearReport],
    ["lint", lintReport],
  ])("take a %s report", (_name, value) => {
    report(JSON.parse(JSON.stringify(value)));
    expect(report.errors ?? []).toEqual([]);
  });

  it("refuse a report with another verdict", () => {
    expect(report({ ...clearReport, verdict: "fine" })).toBe(false);
  });

  const config = schema("config");
  it.each(["heart-risk", "clinical-notes", "home-writer", "survival-r", "pip-at-start"])(
    "take the settings of %s",
    (name) => {
      config(parse(readFileSync(join(root, "examples", name, "pratique.yaml"), "utf8")));
      expect(config.errors ?? []).toEqual([]);
    },
  );

  it("refuse an unknown setting", () => {
    expect(config({ version: 1, tests: {} })).toBe(false);
  });

  it("take the profile", () => {
    const profile = schema("profile");
    profile(
      parse(readFileSync(join(root, "src", "profiles", "shs-gpu-cluster.yaml"), "utf8"), { merge: true }),
    );
    expect(profile.errors ?? []).toEqual([]);
  });
});
