import { execFileSync, spawn } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineName } from "../../src/engine/engine.ts";
import { ensureTrivy, ensureTrivyDatabase } from "../../tools/setup/trivy.mjs";
import { base, finish, pratique, printed, project, start } from "./support.ts";

/** The real Trivy, with a small database of its real form: one advisory for the base, one for what the project adds. */
export function defineScanSuite(engine: EngineName): void {
  describe(`a scan with ${engine}`, () => {
    const made = project({
      Dockerfile: [
        `FROM ${base("PYTHON_BASE")}`,
        "COPY METADATA /opt/venv/lib/python3/site-packages/requests-2.25.0.dist-info/METADATA",
        "USER root",
        'CMD ["python3", "-c", "1"]',
        "",
      ].join("\n"),
      METADATA: "Metadata-Version: 2.1\nName: requests\nVersion: 2.25.0\n",
      ".trivyignore.yaml":
        "vulnerabilities:\n  - id: CVE-2023-45853\n    statement: minizip is not used\n    expired_at: 2099-01-31\n",
    });
    const folder = mkdtempSync(join(tmpdir(), "trivy-"));
    const file = (name: string, content: string | object): string => {
      writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
      return join(folder, name);
    };
    let trivy: string;
    let database: string;
    const images: string[] = [];
    beforeAll(async () => {
      trivy = await ensureTrivy();
      database = await ensureTrivyDatabase();
      mkdirSync(join(folder, "bin"));
      symlinkSync(trivy, join(folder, "bin", "trivy"));
    }, 3_600_000);
    afterAll(() => {
      made.dispose();
      rmSync(folder, { recursive: true });
      if (images.length > 0) execFileSync(engine, ["rmi", "--force", ...images], { stdio: "ignore" });
    });
    const withTrivy = () => ({ env: { PATH: `${join(folder, "bin")}:${process.env.PATH}` } });
    const line = (command: string, ...more: readonly string[]) => [
      command,
      made.folder,
      "--engine",
      engine,
      "--output",
      made.output,
      "--format",
      "json",
      ...more,
    ];
    const scan = (db: string, ...more: readonly string[]) =>
      pratique(line("scan", "--db", db, ...more), withTrivy());
    const ofScans = ({ requirements }: Awaited<ReturnType<typeof scan>>["report"]) =>
      ["IG-02", "IG-03", "IG-05"].map((id) => requirements.find((one) => one.id === id)?.status);

    it("lists what is known against the base and the project, and what is waived until when", async () => {
      const { report } = await scan(database);
      images.push(report.image?.id ?? "");
      expect(report.steps.find(({ id }) => id === "scan")?.status).toBe("done");
      expect(report.vulnerabilities?.scanners).toEqual([
        { name: "Trivy", version: "0.74.0", databaseOf: expect.stringMatching(/^2026-08-13T/) },
      ]);
      expect(report.vulnerabilities?.list).toMatchObject([
        {
          id: "CVE-2023-45853",
          package: "zlib1g",
          origin: "base",
          waived: { reason: "minizip is not used", until: "2099-01-31", source: "trivy" },
        },
        { id: "CVE-2023-32681", package: "requests", origin: "project", fixedVersion: "2.31.0", cvss: 6.1 },
      ]);
      expect(report.findings.filter(({ rule }) => rule === "vulnerability-database-old")).toMatchObject([
        { severity: "warning", requirements: ["IG-05"], message: expect.stringContaining("2026-08-13") },
      ]);
      expect(ofScans(report)).toEqual(["pass", "pass", "fail"]);
    });

    it("says of the Dockerfile what Trivy says, but not twice", async () => {
      const alone = (await scan(database)).report.findings.filter(({ aliases }) =>
        aliases.includes("trivy:DS-0002"),
      );
      expect(alone).toMatchObject([{ rule: "dockerfile-check-failed", severity: "info" }]);
      const { report } = await pratique(line("check", "--db", database), withTrivy());
      const both = report.findings.filter(({ aliases }) => aliases.includes("trivy:DS-0002"));
      expect(both.map(({ rule }) => rule)).toEqual(["root-user"]);
      expect(report.vulnerabilities?.list).toHaveLength(2);
      expect(report.tools).toContainEqual({ name: "trivy", version: "0.74.0" });
    });

    it("fails what the settings do not accept, unless it is waived", async () => {
      const settings = file(
        "strict.yaml",
        "version: 1\nscan: { failOn: medium }\nwaivers:\n  - { rule: CVE-2020-0001, reason: it was there once }\n",
      );
      const { code, report } = await scan(database, "--config", settings);
      expect(code).toBe(1);
      expect(report.findings.filter(({ rule }) => /vulnerability-not|waiver-/.test(rule))).toMatchObject([
        { rule: "vulnerability-not-accepted", message: expect.stringContaining("CVE-2023-32681 (medium)") },
        { rule: "waiver-unused", message: expect.stringContaining("CVE-2020-0001") },
      ]);
      const waived = file(
        "waived.yaml",
        "version: 1\nscan: { failOn: medium }\nwaivers:\n  - { rule: CVE-2023-32681, package: requests, reason: no proxy is used there, until: 2099-01-31 }\n  - { rule: root-user, reason: the job never runs as root }\n",
      );
      const { report: accepted } = await scan(database, "--config", waived);
      expect(accepted.findings.filter(({ rule }) => rule === "vulnerability-not-accepted")).toEqual([]);
      const ofDockerfile = (list: typeof report.findings) =>
        list.find(({ rule }) => rule === "dockerfile-check-failed");
      expect(ofDockerfile(report.findings)).toMatchObject({ severity: "error" });
      expect(ofDockerfile(accepted.findings)?.waived?.reason).toBe("the job never runs as root");
      expect(accepted.vulnerabilities?.list[1]?.waived).toEqual({
        reason: "no proxy is used there",
        until: "2099-01-31",
        source: "settings",
      });
    });

    it("takes the database as an archive", async () => {
      const archive = join(folder, "db.tar.gz");
      execFileSync("tar", ["-czf", archive, "-C", database, "."]);
      const { report } = await scan(archive);
      expect(report.vulnerabilities?.list.map(({ id }) => id)).toEqual(["CVE-2023-45853", "CVE-2023-32681"]);
      expect(report.vulnerabilities?.scanners[0]?.databaseOf).toMatch(/^2026-08-13T/);
    });

    it("honours a VEX document", async () => {
      const vex = file("not-affected.json", {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.org/vex/1",
        author: "a lab",
        timestamp: "2026-08-13T00:00:00Z",
        version: 1,
        statements: [
          {
            vulnerability: { name: "CVE-2023-32681" },
            products: [{ "@id": "pkg:pypi/requests@2.25.0" }],
            status: "not_affected",
            justification: "vulnerable_code_not_in_execute_path",
          },
        ],
      });
      const { report } = await scan(database, "--vex", vex);
      expect(report.vulnerabilities?.list[1]).toMatchObject({
        id: "CVE-2023-32681",
        waived: { reason: "vulnerable_code_not_in_execute_path", source: "not-affected.json" },
      });
    });

    it("reads another scanner's report where there is no Trivy, and joins the two where there is", async () => {
      const report = {
        version: "2.1.0",
        runs: [
          {
            tool: { driver: { name: "grype", version: "0.87.0" } },
            results: [
              {
                ruleId: "GHSA-j8r2-6x86-q33q-requests",
                level: "warning",
                message: {
                  text: "A medium vulnerability in python package: requests, version 2.25.0 was found at: /x",
                },
              },
              {
                ruleId: "CVE-2023-32681-requests",
                level: "error",
                message: {
                  text: "A high vulnerability in python package: requests, version 2.25.0 was found",
                },
              },
            ],
          },
        ],
      };
      const sarif = file("grype.sarif", report);
      const kev = file("kev.json", { vulnerabilities: [{ cveID: "CVE-2023-32681" }] });
      const alone = await pratique(line("scan", "--import", sarif, "--import", kev));
      expect(alone.report.vulnerabilities).toMatchObject({
        scanners: [{ name: "grype", version: "0.87.0", file: "grype.sarif" }],
        list: [
          { id: "CVE-2023-32681", severity: "high", exploited: true, origin: "project" },
          { id: "GHSA-j8r2-6x86-q33q", severity: "medium" },
        ],
        notAssessed: [
          expect.stringContaining("Trivy is not installed"),
          expect.stringContaining("whether grype.sarif is about this image"),
        ],
      });
      expect(ofScans(alone.report)).toEqual(["not-assessed", "not-assessed", "not-assessed"]);
      const both = await scan(database, "--import", sarif);
      expect(both.report.vulnerabilities?.list.find(({ id }) => id === "CVE-2023-32681")).toMatchObject({
        severity: "high",
        cvss: 6.1,
        fixedVersion: "2.31.0",
        scanners: ["Trivy", "grype"],
      });
    });

    it("runs Trivy's image where the program is missing", async () => {
      const context = join(folder, "image");
      mkdirSync(context);
      copyFileSync(trivy, join(context, "trivy"));
      writeFileSync(join(context, "Dockerfile"), 'FROM scratch\nCOPY trivy /trivy\nENTRYPOINT ["/trivy"]\n');
      const tag = "localhost/pratique-tests/trivy:1";
      execFileSync(engine, ["build", "--tag", tag, context], { stdio: "ignore" });
      const id = execFileSync(engine, ["image", "inspect", "--format", "{{.Id}}", tag], { encoding: "utf8" })
        .trim()
        .replace(/^(?:sha256:)?/, "sha256:");
      images.push(id);
      const settings = file("image.yaml", `version: 1\nscan: { image: "${id}" }\n`);
      const { report } = await pratique(line("scan", "--config", settings, "--db", database));
      expect(report.steps.find(({ id: step }) => step === "scan")).toMatchObject({ status: "done" });
      expect(report.vulnerabilities?.scanners).toMatchObject([{ name: "Trivy", version: "0.74.0" }]);
      expect(report.vulnerabilities?.list.map(({ id: name }) => name)).toEqual([
        "CVE-2023-45853",
        "CVE-2023-32681",
      ]);
      const without = await pratique(line("scan", "--config", settings));
      expect(without.report.steps.find(({ id: step }) => step === "scan")).toMatchObject({
        status: "not-assessed",
        reason: expect.stringContaining("needs a database"),
      });
    });

    it("asks a Trivy server, whose database has an age that nobody knows", async () => {
      const cache = join(folder, "server-cache");
      mkdirSync(cache);
      symlinkSync(database, join(cache, "db"));
      const address = `127.0.0.1:${await freePort()}`;
      const server = spawn(
        trivy,
        ["server", "--listen", address, "--cache-dir", cache, "--skip-db-update", "--quiet"],
        { stdio: "ignore" },
      );
      try {
        await answering(`http://${address}/healthz`);
        const { report } = await pratique(line("scan", "--server", `http://${address}`), withTrivy());
        expect(report.vulnerabilities?.list.map(({ id }) => id)).toEqual([
          "CVE-2023-45853",
          "CVE-2023-32681",
        ]);
        expect(report.vulnerabilities?.scanners[0]?.databaseOf).toBeNull();
        expect(ofScans(report)).toEqual(["pass", "pass", "not-assessed"]);
      } finally {
        server.kill("SIGKILL");
      }
    });

    it("ends Trivy when it is stopped itself", async () => {
      const bin = join(folder, "slow");
      mkdirSync(bin);
      const note = join(folder, "pid");
      writeFileSync(join(bin, "trivy"), `#!/bin/sh\necho $$ > ${note}\necho waiting >&2\nexec sleep 600\n`, {
        mode: 0o755,
      });
      const child = start(line("scan", "--db", database, "--verbose"), {
        env: { PATH: `${bin}:${process.env.PATH}` },
      });
      const ended = finish(child);
      await printed(child, "waiting");
      child.kill("SIGINT");
      expect((await ended).code).toBe(130);
      const pid = Number(readFileSync(note, "utf8"));
      expect(pid).toBeGreaterThan(1);
      expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    });

    it("refuses what is not there, or not what it should be", async () => {
      const refused = (...more: readonly string[]) =>
        pratique(["scan", made.folder, "--engine", engine, "--output", made.output, ...more], withTrivy());
      const cases = [
        [["--db", made.folder], "There is no Trivy database"],
        [["--db", file("bad.tar.gz", "no archive")], "cannot be used as Trivy's database"],
        [["--import", file("other.json", "{}")], "is neither SARIF"],
      ] as const;
      for (const [more, words] of cases) {
        const { code, stderr } = await refused(...more);
        expect(stderr.replace(/\s+/g, " ")).toContain(words);
        expect(code).toBe(2);
      }
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("a server has a port");
  return address.port;
}

async function answering(url: string): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt++) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return;
    await sleep(200);
  }
  throw new Error(`${url} does not answer`);
}
