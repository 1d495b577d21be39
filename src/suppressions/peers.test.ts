import { describe, expect, it } from "vitest";
import { readHadolint } from "./hadolint.ts";
import { readTrivyIgnore, readTrivyIgnoreYaml } from "./trivy.ts";

describe("readHadolint", () => {
  it("reads what has a meaning here, with comments as reasons", () => {
    const settings = readHadolint(
      [
        "ignored:",
        "  - DL3008 # the snapshot pins them",
        "  # the image is private",
        "  - SC1091",
        "  - DL3013",
        "override:",
        "  error: [DL3001]",
        "  style:",
        "    - DL3015",
        "trustedRegistries: [docker.io, ghcr.io]",
        "label-schema:",
        "  author: text",
        "strict-labels: true",
        "disable-ignore-pragma: true",
      ].join("\n"),
      ".hadolint.yaml",
    );
    expect(settings.waivers.map(({ rule, reason, location }) => [rule, reason, location?.startLine])).toEqual(
      [
        ["hadolint:DL3008", "the snapshot pins them", 2],
        ["hadolint:SC1091", "the image is private", 4],
        ["hadolint:DL3013", "", 5],
      ],
    );
    expect(settings.rules).toEqual({ "hadolint:DL3001": "error", "hadolint:DL3015": "info" });
    expect(settings.trustedRegistries).toEqual(["docker.io", "ghcr.io"]);
    expect(settings.labels).toEqual({ author: "text" });
    expect([settings.strictLabels, settings.ignoresComments]).toEqual([true, true]);
  });

  it.each(["", "- a", "ignored: 7", "a: [", "ignored: [*x]", "x: &a [*a]", "override: []"])(
    "takes nothing from %j",
    (text) => {
      expect(readHadolint(text, ".hadolint.yaml").waivers).toEqual([]);
    },
  );
});

describe("Trivy's ignore files", () => {
  it("give the checks of Dockerfiles, and vulnerabilities", () => {
    const text = [
      "# batch jobs have no port",
      "AVD-DS-0026",
      "",
      "CVE-2026-1234",
      "DS002 exp:2027-01-31 # later",
    ].join("\n");
    expect(
      readTrivyIgnore(text, ".trivyignore").map(({ rule, reason, until }) => [rule, reason, until]),
    ).toEqual([
      ["trivy:AVD-DS-0026", "batch jobs have no port", undefined],
      ["CVE-2026-1234", "", undefined],
      ["trivy:DS002", "later", "2027-01-31"],
    ]);
  });

  it("may be YAML with paths and statements", () => {
    const text = [
      "misconfigurations:",
      "  - id: AVD-DS-0002",
      "    paths: [Dockerfile, sub/Dockerfile]",
      "    statement: the base drops its rights itself",
      "    expired_at: 2027-01-31",
      "  - id: 7",
      "vulnerabilities:",
      "  - id: CVE-2026-1234",
      "    statement: is not reachable",
      "    expired_at: 2027-02-28",
      "  - { id: CVE-2026-5678, purls: ['pkg:pypi/a'] }",
    ].join("\n");
    expect(readTrivyIgnoreYaml(text).map(({ rule, path, until }) => [rule, path, until])).toEqual([
      ["trivy:AVD-DS-0002", "Dockerfile", "2027-01-31"],
      ["trivy:AVD-DS-0002", "sub/Dockerfile", "2027-01-31"],
      ["CVE-2026-1234", undefined, "2027-02-28"],
    ]);
    expect(readTrivyIgnoreYaml("- a")).toEqual([]);
    expect(readTrivyIgnoreYaml(": [")).toEqual([]);
  });
});
