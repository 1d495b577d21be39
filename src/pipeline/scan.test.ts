import { expect, it } from "vitest";
import { mergeVulnerabilities } from "./scan.ts";

it("says each vulnerability once, and lets what is not waived everywhere count", () => {
  const one = {
    id: "CVE-1",
    package: "p",
    version: "1",
    fixedVersion: "",
    severity: "HIGH",
    cvss: null,
    title: "",
    diffId: "sha256:a",
  };
  const waived = { ...one, suppressed: { reason: "why", source: "f" } };
  const [only, ...others] = mergeVulnerabilities([waived, one], undefined);
  expect(others).toEqual([]);
  expect(only).toMatchObject({ severity: "high", origin: "unknown" });
  expect(only?.waived).toBeUndefined();
});
