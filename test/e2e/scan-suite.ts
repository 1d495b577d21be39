import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineName } from "../../src/engine/engine.ts";
import { ensureTrivy, ensureTrivyDatabase } from "../../tools/setup/trivy.mjs";
import { base, pratique, project } from "./support.ts";

/** The real Trivy, with a small database of its real form: one advisory for the base, one for what the project adds. */
export function defineScanSuite(engine: EngineName): void {
  describe(`a scan with ${engine}`, () => {
    const made = project({
      Dockerfile: [
        `FROM ${base("PYTHON_BASE")}`,
        "COPY METADATA /opt/venv/lib/python3/site-packages/requests-2.25.0.dist-info/METADATA",
        'CMD ["python3", "-c", "1"]',
        "",
      ].join("\n"),
      METADATA: "Metadata-Version: 2.1\nName: requests\nVersion: 2.25.0\n",
      ".trivyignore.yaml": "vulnerabilities:\n  - id: CVE-2023-45853\n    statement: minizip is not used\n",
    });
    const programs = mkdtempSync(join(tmpdir(), "trivy-"));
    let database: string;
    let built: string | undefined;
    beforeAll(async () => {
      symlinkSync(await ensureTrivy(), join(programs, "trivy"));
      database = await ensureTrivyDatabase();
    }, 3_600_000);
    afterAll(() => {
      made.dispose();
      rmSync(programs, { recursive: true });
      if (built !== undefined) execFileSync(engine, ["rmi", built], { stdio: "ignore" });
    });
    const scan = (db: string) =>
      pratique(
        ["scan", made.folder, "--engine", engine, "--output", made.output, "--format", "json", "--db", db],
        { env: { PATH: `${programs}:${process.env.PATH}` } },
      );

    it("lists what is known against the base and the project, and what is waived", async () => {
      const { report } = await scan(database);
      built = report.image?.id;
      expect(report.steps.find(({ id }) => id === "scan")?.status).toBe("done");
      expect(report.vulnerabilities?.scanners[0]?.databaseOf).toMatch(/^2026-08-13T/);
      expect(report.vulnerabilities?.list).toMatchObject([
        {
          id: "CVE-2023-45853",
          package: "zlib1g",
          origin: "base",
          waived: { reason: "minizip is not used" },
        },
        { id: "CVE-2023-32681", package: "requests", origin: "project", fixedVersion: "2.31.0", cvss: 6.1 },
      ]);
      // A list is no judgement.
      const scans = report.requirements.filter(({ id }) => ["IG-02", "IG-03", "IG-05"].includes(id));
      expect(scans.map(({ status }) => status)).toEqual(["not-assessed", "not-assessed", "not-assessed"]);
    });

    it("refuses a database that is not there", async () => {
      const { code, stderr } = await scan(made.folder);
      expect(code).toBe(2);
      expect(stderr).toContain("There is no Trivy database");
    });
  });
}
