import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readImported } from "./imported.ts";

/** As Grype 0.8x writes it: the package stands in the rule's id, its help and its properties. */
const grype = {
  version: "2.1.0",
  runs: [
    {
      tool: {
        driver: {
          name: "grype",
          version: "0.87.0",
          rules: [
            {
              id: "CVE-2023-32681-requests",
              shortDescription: { text: "CVE-2023-32681 medium vulnerability for requests package" },
              help: {
                text: "Vulnerability CVE-2023-32681\nSeverity: medium\nPackage: requests\nVersion: 2.25.0\nFix Version: 2.31.0\nType: python\nLocation: /x\n",
              },
              properties: { "security-severity": "6.1", purls: ["pkg:pypi/requests@2.25.0"] },
            },
          ],
        },
      },
      results: [
        {
          ruleId: "CVE-2023-32681-requests",
          level: "warning",
          message: {
            text: "A medium vulnerability in python package: requests, version 2.25.0 was found at: /x",
          },
        },
      ],
    },
  ],
};

/** As Trivy writes it: the package stands in the message, since a rule speaks for every package. */
const trivy = {
  runs: [
    {
      tool: {
        driver: {
          name: "Trivy",
          version: "0.74.0",
          rules: [{ id: "CVE-2023-45853", help: { text: "Package: other\nFixed Version: 9" } }],
        },
      },
      results: [
        {
          ruleId: "CVE-2023-45853",
          level: "error",
          message: {
            text: "Package: zlib1g\nInstalled Version: 1:1.2.13\nVulnerability CVE-2023-45853\nSeverity: CRITICAL\nFixed Version: \nLink: [CVE-2023-45853](https://avd.aquasec.com)",
          },
        },
        { ruleId: "DS-0002", level: "error", message: { text: "Image user should not be 'root'" } },
      ],
      properties: { imageID: `sha256:${"a".repeat(64)}` },
    },
  ],
};

const cycloneDx = {
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  metadata: {
    tools: { components: [{ name: "grype", version: "0.87.0" }] },
    component: { name: "mine", version: `sha256:${"b".repeat(64)}` },
  },
  components: [{ "bom-ref": "r", name: "requests", version: "2.25.0", purl: "pkg:pypi/requests@2.25.0" }],
  vulnerabilities: [
    {
      id: "GHSA-j8r2-6x86-q33q",
      references: [{ id: "CVE-2023-32681" }],
      ratings: [
        { method: "CVSSv2", score: 9, severity: "high" },
        { method: "CVSSv31", score: 6.1, severity: "medium" },
        { source: { name: "EPSS" }, method: "other", score: 0.014 },
      ],
      recommendation: "Upgrade requests to version 2.31.0",
      affects: [{ ref: "r" }],
    },
    {
      id: "CVE-2",
      analysis: { state: "not_affected", justification: "code_not_reachable", detail: "no proxy is used" },
      affects: [{ ref: "urn:cdx:x/1#pkg:deb/debian/zlib1g@1.2?arch=amd64" }],
    },
  ],
};

const read = (value: unknown) => readImported(JSON.stringify(value));

describe("readImported", () => {
  it("reads Grype's SARIF", () => {
    expect(read(grype)).toMatchObject({
      scanner: { name: "grype", version: "0.87.0" },
      others: 0,
      vulnerabilities: [
        {
          id: "CVE-2023-32681",
          package: "requests",
          version: "2.25.0",
          fixedVersion: "2.31.0",
          severity: "medium",
          cvss: 6.1,
        },
      ],
    });
  });

  it("reads Trivy's SARIF, counts what is no vulnerability, and sees which image it is about", () => {
    expect(read(trivy)).toMatchObject({
      about: ["a".repeat(64)],
      others: 1,
      vulnerabilities: [
        {
          id: "CVE-2023-45853",
          package: "zlib1g",
          version: "1:1.2.13",
          fixedVersion: "",
          severity: "CRITICAL",
        },
      ],
    });
  });

  it("reads Docker Scout's SARIF, where the package is an address, with EPSS", () => {
    const text = [
      "  Vulnerability   : CVE-2011-3374      ",
      "  Severity        : LOW      ",
      "  Package         : pkg:deb/debian/apt@2.6.1?os_distro=bookworm      ",
      "  Affected range  : >=2.6.1      ",
      "  Fixed version   : not fixed      ",
      "  EPSS Score      : 0.001640      ",
    ].join("\n");
    const scout = {
      runs: [
        {
          tool: { driver: { name: "docker scout" } },
          results: [{ ruleId: "CVE-2011-3374", message: { text } }],
        },
      ],
    };
    expect(read(scout)).toMatchObject({
      vulnerabilities: [
        { package: "apt", version: "2.6.1", fixedVersion: "", severity: "LOW", epss: 0.00164 },
      ],
    });
  });

  it("takes a suppression with a reason for a waiver, and one without for none", () => {
    const withSuppression = (suppression: object) => {
      const [run] = grype.runs;
      return read({ runs: [{ ...run, results: [{ ...run?.results[0], suppressions: [suppression] }] }] });
    };
    expect(withSuppression({ kind: "external", justification: "not used" })).toMatchObject({
      vulnerabilities: [{ suppressed: { reason: "not used" } }],
    });
    for (const one of [{ kind: "external" }, { status: "rejected", justification: "not used" }]) {
      const said = withSuppression(one);
      expect(typeof said === "object" && said.kind === "scan" && said.vulnerabilities[0]?.suppressed).toBe(
        undefined,
      );
    }
  });

  it("reads CycloneDX with its analyses", () => {
    expect(read(cycloneDx)).toMatchObject({
      scanner: { name: "grype" },
      about: ["b".repeat(64)],
      vulnerabilities: [
        {
          id: "GHSA-j8r2-6x86-q33q",
          aliases: ["CVE-2023-32681"],
          package: "requests",
          version: "2.25.0",
          fixedVersion: "2.31.0",
          severity: "high",
          cvss: 6.1,
          epss: 0.014,
        },
        {
          package: "zlib1g",
          version: "1.2",
          suppressed: { reason: "code_not_reachable: no proxy is used" },
        },
      ],
    });
  });

  it("reads CISA's catalogue and FIRST's scores", () => {
    const kev = read({
      dateReleased: "2026-08-12T10:00:00.0Z",
      vulnerabilities: [{ cveID: "CVE-2021-44228" }],
    });
    expect(kev).toMatchObject({
      title: "KEV (CISA)",
      date: "2026-08-12",
      exploited: new Set(["CVE-2021-44228"]),
    });
    const epss = readImported(
      "#model_version:v2025.03.14,score_date:2026-08-13T12:55:00Z\ncve,epss,percentile\nCVE-2021-44228,0.944,0.999\n",
    );
    expect(epss).toMatchObject({ date: "2026-08-13", epss: new Map([["CVE-2021-44228", 0.944]]) });
  });

  it.each([
    ["no results", { runs: [{ tool: { driver: {} } }] }, /did not come to its end/],
    [
      "a bill of materials alone",
      { bomFormat: "CycloneDX", components: [] },
      /without a list of vulnerabilities/,
    ],
    ["another document", { a: 1 }, /neither SARIF/],
    [
      "too deep",
      { bomFormat: "CycloneDX", vulnerabilities: JSON.parse(`${"[".repeat(99)}1${"]".repeat(99)}`) },
      /too deeply/,
    ],
  ])("does not take %s for a clean image", (_title, value, why) => {
    expect(read(value)).toMatch(why);
  });

  it.each(["", "no table", "cve,epss,percentile\nCVE-2021-44228,2,1\n"])("refuses the text %j", (text) => {
    expect(readImported(text)).toMatch(/neither JSON nor/);
  });

  it("never throws, and keeps every text short", () => {
    const anything = fc.json();
    fc.assert(
      fc.property(anything, anything, anything, fc.string(), (a, b, c, text) => {
        const said = [
          readImported(text),
          readImported(a),
          readImported(
            `{"runs":[{"tool":{"driver":{"rules":[{"id":${a},"help":{"text":${b}}}]}},"results":[{"ruleId":${a},"message":{"text":${b}},"properties":{"purls":${c}}}]}]}`,
          ),
          readImported(
            `{"bomFormat":"CycloneDX","components":[{"bom-ref":"a","purl":${a}}],"vulnerabilities":[{"id":"x","ratings":${b},"affects":[{"ref":"a"}],"analysis":${c}}]}`,
          ),
          readImported(`{"vulnerabilities":${a}}`),
        ];
        for (const one of said)
          if (typeof one === "object" && one.kind === "scan")
            for (const found of one.vulnerabilities)
              for (const word of Object.values(found))
                if (typeof word === "string") expect(word.length).toBeLessThanOrEqual(500);
      }),
    );
  });
});
