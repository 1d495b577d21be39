import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTrivyReport, readTrivyVersion } from "./trivy-report.ts";

const vulnerability = {
  VulnerabilityID: "CVE-2023-32681",
  PkgName: "requests",
  InstalledVersion: "2.25.0",
  FixedVersion: "2.31.0",
  Severity: "MEDIUM",
  CVSS: { ghsa: { V3Score: 6.1 }, nvd: { V2Score: 9 } },
  Layer: { DiffID: "sha256:ab" },
};

describe("readTrivyReport", () => {
  it("reads what is open and what is suppressed", () => {
    const suppressed = {
      Type: "vulnerability",
      Status: "ignored",
      Statement: "why",
      Source: "f",
      Finding: vulnerability,
    };
    const found = readTrivyReport(
      JSON.stringify({
        SchemaVersion: 2,
        Results: [{ Vulnerabilities: [vulnerability], ExperimentalModifiedFindings: [suppressed] }],
      }),
    );
    expect(found?.vulnerabilities).toMatchObject([
      { id: "CVE-2023-32681", fixedVersion: "2.31.0", cvss: 6.1, diffId: "sha256:ab" },
      { suppressed: { reason: "why", source: "f" } },
    ]);
  });

  it("reads checks of the Dockerfile, secrets without their values, and licences", () => {
    const found = readTrivyReport(
      JSON.stringify({
        SchemaVersion: 2,
        Results: [
          {
            Misconfigurations: [
              {
                ID: "AVD-DS-0002",
                Status: "FAIL",
                Severity: "HIGH",
                Message: "m",
                CauseMetadata: { StartLine: 3 },
              },
              { ID: "DS001", Status: "PASS" },
            ],
          },
          {
            Target: "opt/a.env",
            Secrets: [
              { RuleID: "aws", Title: "AWS", Severity: "CRITICAL", StartLine: 2, Match: "SECRETVALUE" },
            ],
          },
          { Licenses: [{ Name: "GPL-3.0-only", Category: "restricted", PkgName: "p", Severity: "HIGH" }] },
        ],
      }),
    );
    expect(found).toMatchObject({
      misconfigurations: [{ id: "DS-0002", line: 3, endLine: 3 }],
      secrets: [{ rule: "aws", path: "/opt/a.env", line: 2 }],
      licences: [{ name: "GPL-3.0-only", category: "restricted", package: "p" }],
    });
    expect(JSON.stringify(found)).not.toContain("SECRETVALUE");
  });

  it("does not take a broken entry for a clean image", () => {
    const text = JSON.stringify({ SchemaVersion: 2, Results: [{ Vulnerabilities: [{ PkgName: "x" }] }] });
    expect(readTrivyReport(text)).toBeUndefined();
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.json(), (results) => {
        readTrivyReport(results);
        readTrivyReport(`{"SchemaVersion":2,"Results":${results}}`);
        readTrivyVersion(results);
      }),
    );
  });
});
