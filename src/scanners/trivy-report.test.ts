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
    expect(found).toMatchObject([
      { id: "CVE-2023-32681", fixedVersion: "2.31.0", cvss: 6.1, diffId: "sha256:ab" },
      { suppressed: { reason: "why", source: "f" } },
    ]);
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
