import { describe, expect, it } from "vitest";
import { clearReport } from "../reporters/page/sample-report.ts";
import { PREDICATES, publishedAs, publishedIn, statementsOf } from "./statements.ts";

const predicateOf = (type: string, ...enclosed: Parameters<typeof statementsOf>) =>
  statementsOf(...enclosed).find(({ predicateType }) => predicateType === type)?.predicate;

describe("statements", () => {
  it("say of vulnerabilities what cosign’s own form has room for, and nothing where nobody looked", () => {
    const { vulnerabilities: known, ...without } = clearReport;
    const scanners = [{ name: "Trivy", version: "0.74.0", databaseOf: "2026-11-20T01:02:03Z" }];
    const vulnerabilities = { scanners, list: known?.list ?? [], notAssessed: [] };
    expect(
      predicateOf(PREDICATES.vulnerabilities, { ...without, vulnerabilities }, { files: [] }),
    ).toMatchObject({
      scanner: {
        uri: "pkg:generic/trivy@0.74.0",
        version: "0.74.0",
        db: { version: "2026-11-20T01:02:03Z" },
        result: vulnerabilities,
      },
      metadata: { scanStartedOn: new Date(clearReport.times.startedAt).toISOString() },
    });
    expect(predicateOf(PREDICATES.vulnerabilities, without, { files: [] })).toBeUndefined();
  });

  it("name the policy, the judged files and the programs that took part", () => {
    const sha256 = "a".repeat(64);
    const report = {
      ...clearReport,
      profile: { ...clearReport.profile, sha256 },
      files: [{ kind: "job-manifest" as const, path: "job.yaml", sha256 }],
      tools: [{ name: "podman", version: "4.3.1" }],
    };
    expect(predicateOf(PREDICATES.result, report, { files: [] })).toMatchObject({
      configuration: expect.arrayContaining([
        expect.objectContaining({ name: "profile", digest: { sha256 } }),
        { name: "job.yaml", digest: { sha256 }, annotations: { kind: "job-manifest" } },
      ]),
    });
    expect(predicateOf(PREDICATES.provenance, report, { files: [] })).toMatchObject({
      runDetails: { builder: { version: { pratique: report.tool.version, podman: "4.3.1" } } },
    });
  });

  it("are all about the same image, in the registry too", () => {
    const published = publishedAs("registry.example.org/lab/heart", `sha256:${"b".repeat(64)}`);
    const statements = statementsOf(clearReport, { files: [], published: [published] });
    for (const statement of statements) {
      expect(statement.subject).toEqual(statements[0]?.subject);
      expect(publishedIn(statement)).toEqual([published]);
    }
    expect(statementsOf(clearReport, { files: [] }).flatMap(publishedIn)).toEqual([]);
  });
});
