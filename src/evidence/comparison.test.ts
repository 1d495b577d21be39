import { describe, expect, it } from "vitest";
import { renderComparison } from "../reporters/comparison.ts";
import { clearReport, lintReport, notClearReport } from "../reporters/page/sample-report.ts";
import { packageChanges, valueChanges } from "./changes.ts";
import { compareReports, differs } from "./comparison.ts";
import type { Report } from "./report.ts";
import type { Vulnerability } from "./vulnerabilities.ts";

const [finding] = notClearReport.findings;
if (finding === undefined) throw new Error("the sample has findings");

describe("comparing evidence", () => {
  it("finds nothing where nothing changed", () => {
    const comparison = compareReports(notClearReport, notClearReport);
    expect(differs(comparison)).toBe(false);
    expect(comparison.sameImage).toBe(true);
  });

  it("says what came and what went, and turns round with its sides", () => {
    const forth = compareReports(clearReport, notClearReport);
    const back = compareReports(notClearReport, clearReport);
    expect(differs(forth)).toBe(true);
    expect(forth.findings.came.length).toBeGreaterThan(0);
    expect(back.findings.went).toEqual(forth.findings.came);
    expect(back.findings.came).toEqual(forth.findings.went);
    expect(back.requirements.map(({ id, before, after }) => [id, after, before]).sort()).toEqual(
      forth.requirements.map(({ id, before, after }) => [id, before, after]).sort(),
    );
  });

  it("puts what got worse first, and takes what was not assessed for no pass", () => {
    const [first, second] = clearReport.requirements;
    if (first === undefined || second === undefined) throw new Error("the sample has requirements");
    const before = {
      ...clearReport,
      requirements: [
        { ...first, status: "fail" as const },
        { ...second, status: "pass" as const },
      ],
    };
    const after = {
      ...clearReport,
      requirements: [
        { ...first, status: "pass" as const },
        { ...second, status: "not-assessed" as const },
      ],
    };
    expect(compareReports(before, after).requirements).toMatchObject([
      { id: second.id, before: "pass", after: "not-assessed", worse: true },
      { id: first.id, before: "fail", after: "pass", worse: false },
    ]);
  });

  it("says which vulnerabilities came and went, by name and package, whatever the version", () => {
    const one = (id: string, more: Partial<Vulnerability> = {}): Vulnerability => ({
      id,
      package: "openssl",
      version: "3.0.1",
      fixedVersion: "",
      severity: "low",
      cvss: null,
      title: "",
      origin: "base",
      ...more,
    });
    const scanned = (list: readonly Vulnerability[]): Report => ({
      ...clearReport,
      vulnerabilities: { scanners: [], list, notAssessed: [] },
    });
    const before = scanned([one("CVE-1"), one("CVE-2"), one("CVE-3")]);
    const after = scanned([
      one("CVE-1", { version: "3.0.2" }),
      one("CVE-3", { waived: { reason: "not reachable", source: "pratique.yaml" } }),
      one("CVE-4"),
      one("CVE-1", { package: "curl", severity: "critical" }),
    ]);
    const { vulnerabilities } = compareReports(before, after);
    expect(vulnerabilities?.came.map(({ id, package: name }) => `${id} ${name}`)).toEqual([
      "CVE-1 curl",
      "CVE-4 openssl",
    ]);
    expect(vulnerabilities?.went.map(({ id }) => id)).toEqual(["CVE-2", "CVE-3"]);
    expect(differs(compareReports(before, after))).toBe(true);
    const { vulnerabilities: _none, ...unscanned } = clearReport;
    expect(compareReports(unscanned, after).vulnerabilities).toBeNull();
    expect(differs(compareReports(after, after))).toBe(false);
    const shown = renderComparison(compareReports(before, after), {
      width: 100,
      color: false,
      unicode: true,
    });
    expect(shown).toContain("! critical CVE-1, curl 3.0.1");
    expect(shown).toContain("+ low CVE-3, openssl 3.0.1, no longer");
    expect(shown).toContain("2 vulnerabilities came.");
    expect(
      renderComparison(compareReports(unscanned, after), { width: 100, color: false, unicode: true }),
    ).toContain("Vulnerabilities were not compared");
  });

  it("tells a finding that is waived from one that went", () => {
    const waived = { ...finding, waived: { reason: "agreed with the reviewer" } };
    const before = { ...notClearReport, findings: [finding] };
    const after = { ...notClearReport, findings: [waived] };
    expect(compareReports(before, after)).toMatchObject({
      findings: { came: [], went: [finding] },
      waived: { came: [waived], went: [] },
    });
  });

  it("says nothing is the same of what only one of them looked at", () => {
    const { packages, hosts } = compareReports(lintReport, notClearReport);
    expect(packages).toBeNull();
    expect(hosts).toBeNull();
  });
});

describe("changes", () => {
  it("of values take names as names, whatever they are", () => {
    expect(valueChanges({ a: "1", toString: "x" }, { a: "2", constructor: "y" })).toEqual([
      { name: "a", before: "1", after: "2" },
      { name: "constructor", before: null, after: "y" },
      { name: "toString", before: "x", after: null },
    ]);
  });

  it("of packages tell versions apart, and packages of one name in two ecosystems", () => {
    const of = (type: string, name: string, version: string) => ({ type, name, version });
    expect(
      packageChanges(
        [
          of("python", "six", "1"),
          of("deb", "six", "1"),
          of("python", "gone", "1"),
          of("npm", "two", "1"),
          of("npm", "two", "2"),
        ],
        [of("python", "six", "2"), of("deb", "six", "1"), of("npm", "two", "2"), of("npm", "new", "1")],
      ),
    ).toEqual({
      added: [of("npm", "new", "1")],
      removed: [of("python", "gone", "1")],
      changed: [
        { type: "python", name: "six", before: ["1"], after: ["2"] },
        { type: "npm", name: "two", before: ["1", "2"], after: ["2"] },
      ],
    });
  });
});
