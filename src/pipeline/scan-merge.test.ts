import { describe, expect, it } from "vitest";
import type { ScannedVulnerability } from "../scanners/scanned.ts";
import { mergeVulnerabilities } from "./scan-merge.ts";

const one: ScannedVulnerability = {
  id: "CVE-2023-1111",
  package: "p",
  version: "1",
  fixedVersion: "",
  severity: "HIGH",
  cvss: null,
  title: "",
  diffId: "",
};
const unknown = { space: undefined, inventory: undefined };
const trivy = (...vulnerabilities: ScannedVulnerability[]) => ({ scanner: "Trivy", vulnerabilities });
const grype = (...vulnerabilities: ScannedVulnerability[]) => ({ scanner: "grype", vulnerabilities });

describe("mergeVulnerabilities", () => {
  it("says each vulnerability once, and lets what is not waived everywhere count", () => {
    const waived = { ...one, suppressed: { reason: "why", source: "f" } };
    const [only, ...others] = mergeVulnerabilities([trivy(waived, one)], unknown);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ severity: "high", origin: "unknown" });
    expect(only?.waived).toBeUndefined();
    expect(mergeVulnerabilities([trivy(waived, waived)], unknown)[0]?.waived).toEqual({
      reason: "why",
      source: "f",
    });
  });

  it("joins what two scanners say by another name, and takes the worse of their severities", () => {
    const other = {
      ...one,
      id: "GHSA-aaaa-bbbb-cccc",
      aliases: ["CVE-2023-1111"],
      package: "P",
      severity: "Critical",
      fixedVersion: "2",
      cvss: 9.1,
      epss: 0.5,
    };
    expect(mergeVulnerabilities([trivy(one), grype(other)], unknown)).toEqual([
      {
        id: "CVE-2023-1111",
        aliases: ["GHSA-aaaa-bbbb-cccc"],
        package: "p",
        version: "1",
        fixedVersion: "2",
        severity: "critical",
        cvss: 9.1,
        epss: 0.5,
        title: "",
        origin: "unknown",
        scanners: ["Trivy", "grype"],
      },
    ]);
  });

  it("does not join two vulnerabilities that one advisory of a distribution speaks of", () => {
    const advised = { ...one, aliases: ["DSA-5000-1"] };
    const list = mergeVulnerabilities([trivy(advised, { ...advised, id: "CVE-2023-2222" })], unknown);
    expect(list.map(({ id }) => id)).toEqual(["CVE-2023-1111", "CVE-2023-2222"]);
  });

  it("tells who brought a package from the layer, or from where we found it", () => {
    const origins = {
      space: { layers: [layer("sha256:a", true), layer("sha256:b", false)] } as never,
      inventory: {
        layers: [{ diffId: "sha256:a" }, { diffId: "sha256:b" }],
        packages: [
          { name: "P", version: "1", layer: 1 },
          { name: "q", version: "2", layer: 0 },
        ],
      } as never,
    };
    const list = mergeVulnerabilities(
      [
        trivy(
          { ...one, diffId: "sha256:a" },
          { ...one, id: "CVE-2023-2222" },
          { ...one, id: "CVE-2023-3333", package: "q", version: "2" },
        ),
      ],
      origins,
    );
    expect(list.map(({ origin }) => origin)).toEqual(["base", "project", "base"]);
  });

  it("says what is exploited, and how likely the rest is", () => {
    const catalogue = {
      kind: "catalogue",
      title: "",
      date: "",
      exploited: new Set(["CVE-2023-2222"]),
      epss: new Map([["CVE-2023-1111", 0.02]]),
    } as const;
    expect(
      mergeVulnerabilities([trivy(one, { ...one, id: "CVE-2023-2222" })], unknown, [catalogue]),
    ).toMatchObject([
      { id: "CVE-2023-2222", exploited: true },
      { id: "CVE-2023-1111", epss: 0.02 },
    ]);
  });
});

const layer = (diffId: string, fromBase: boolean) => ({ diffId, fromBase });
