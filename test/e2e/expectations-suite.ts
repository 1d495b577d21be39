import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineName } from "../../src/engine/engine.ts";
import type { Report } from "../../src/evidence/report.ts";
import { isFileLocation } from "../../src/findings/finding.ts";
import { base, type Outcome, pratique, project, root } from "./support.ts";

/** One program for all cases: what it does, its arguments say. */
const PROGRAM = `
import csv, gzip, json, os, shutil, socket, sys
out = "/safe_outputs"
def table(name, rows, header=("measure", "log_odds"), open=open):
    with open(f"{out}/{name}", "wt", newline="") as f:
        w = csv.writer(f); w.writerow(header); w.writerows(rows)
act = sys.argv[1]
if act == "good":
    os.makedirs(f"{out}/results")
    table("results/fit.csv", [("age", 0.4), ("a\\nb", '"x"')])
    table("results/more.csv.gz", [("sex", 1)], open=gzip.open)
    json.dump([{"id": 1}, {"id": 2}], open(f"{out}/summary.json", "w"))
    shutil.copy("/safe_data/cohort.parquet", f"{out}/cohort.parquet")
    print("200 patients, 31 events")
elif act == "bad":
    os.makedirs(f"{out}/result")
    table("result/fit.csv", [])
    open(f"{out}/cut.csv", "w").write("a,b\\n1,2\\n3\\n")
    open(f"{out}/debug.tmp", "w").write("x")
    os.symlink("/etc/passwd", f"{out}/link.csv")
    table("people.csv", [("943 476 591987654321", 1)], header=("NHS Number", "age"))
    print("ConvergenceWarning: lbfgs failed")
elif act == "closed":
    open(f"{out}/model.rds", "wb").write(b"x" * 100)
elif act == "refuse":
    sys.exit("bad input: " + open("/safe_data/in.csv").read().strip())
elif act == "fill":
    kept = b"\\x01" * (150 << 20)
    print(len(kept))
elif act == "call":
    try: socket.create_connection(("192.0.2.7", 443), 1)
    except OSError as e: print("no statistics:", e)
`;

const SETTINGS = `version: 1
test:
  data: data
  timeout: 60s
  cases:
    good:
      args: [good]
      expect:
        outputs:
          - results/*.csv
          - { path: results/fit.csv, format: csv, rows: 2, minSize: 10 }
          - { path: results/more.csv.gz, format: csv, rows: 1 }
          - { path: summary.json, format: json, rows: { min: 2, max: 5 } }
          - { path: cohort.parquet, rows: 3 }
        noOutputs: ["*.tmp"]
        forbiddenColumns: [date_of_birth, "*surname*"]
        log: { match: ['^\\d+ patients'], noMatch: ["(?i)warning"] }
        maxTime: 50s
    bad:
      args: [bad]
      expect:
        outputs:
          - results/fit.csv
          - { path: cut.csv, format: csv }
          - { path: result/fit.csv, rows: { min: 1 } }
          - { path: debug.tmp, minSize: 1k }
          - link.csv
        noOutputs: ["*.tmp"]
        forbiddenColumns: [nhs_number]
        log: { match: ['^\\d+ patients'], noMatch: ["(?i)warning"] }
        maxTime: 1s
    closed:
      args: [closed]
      expect: { forbiddenColumns: [nhs_number] }
    refuse:
      args: [refuse]
      data: bad-data
      expect: { exitCode: 1, log: { match: ["^bad input: no header$"] } }
    fills:
      args: [fill]
      expect: { maxMemory: 1g }
    fills-too-much:
      args: [fill]
      expect: { maxMemory: 100m }
    meant-to-fail:
      args: [good]
      expect: { exitCode: 1 }
    call:
      args: [call]
      expect:
        allowAttempts:
          - { host: 192.0.2.7, port: 443, reason: The statistics are optional and the wait is short. }
`;

/** What the settings may expect of a run, on an engine: one image, a run for each case. */
export function defineExpectationsSuite(engine: EngineName): void {
  describe("what the settings expect", () => {
    let made: ReturnType<typeof project>;
    let outcome: Outcome;
    const test = (...more: string[]): Promise<Outcome> =>
      pratique([
        "test",
        made.folder,
        "--engine",
        engine,
        "--output",
        made.output,
        "--format",
        "json",
        ...more,
      ]);
    const expectedOf = (report: Report, name: string) =>
      report.expectations.find((one) => one.case === name)?.expectations ?? [];
    const messages = (rule: string): string[] =>
      outcome.report.findings.filter((finding) => finding.rule === rule).map(({ message }) => message);

    beforeAll(async () => {
      made = project({
        Dockerfile: [
          `FROM ${base("PYTHON_BASE")}`,
          "RUN mkdir /safe_data /safe_outputs /scratch",
          "ENV HOME=/scratch TMPDIR=/scratch TMP=/scratch TEMP=/scratch",
          "COPY job.py /app/",
          'ENTRYPOINT ["python", "-u", "/app/job.py"]',
          "",
        ].join("\n"),
        "job.py": PROGRAM,
        "pratique.yaml": SETTINGS,
        "data/in.csv": "a\n1\n",
        "bad-data/in.csv": "no header\n",
        ".dockerignore": "data\nbad-data\npratique.yaml\n",
      });
      copyFileSync(join(root, "test/fixtures/cohort.parquet"), join(made.folder, "data/cohort.parquet"));
      outcome = await test();
    }, 300_000);
    afterAll(() => made.dispose());

    it("is met by a run that does as it should", () => {
      const all = expectedOf(outcome.report, "good");
      expect(all.filter(({ status }) => status !== "met")).toEqual([]);
      expect(all).toHaveLength(11);
      expect(outcome.report.findings.filter(({ cases }) => cases?.includes("good"))).toEqual([]);
    });

    it("is said not to be met, each at its line, with the case and the nearest name", () => {
      expect(outcome.code).toBe(1);
      expect(messages("missing-output")).toEqual([
        expect.stringMatching(
          /^In the case “bad”: No file .*“results\/fit\.csv” \(did you mean “result\/fit\.csv”\?\)/,
        ),
        expect.stringMatching(/“link\.csv”/),
      ]);
      expect(messages("unreadable-output")).toEqual([
        "In the case “bad”: cut.csv cannot be read as CSV: row 2 has 1 field, and the header has 2.",
      ]);
      expect(messages("unexpected-row-count")).toEqual([
        "In the case “bad”: result/fit.csv has 0 rows; at least 1 row is expected.",
      ]);
      expect(messages("output-too-small")).toHaveLength(1);
      expect(messages("unexpected-output")).toEqual([
        expect.stringContaining("debug.tmp is among the outputs"),
      ]);
      expect(messages("unexpected-log")).toEqual([
        expect.stringContaining("Line 1 that the program printed matches “(?i)warning”"),
        expect.stringContaining("No line that the program printed matches"),
      ]);
      const [column] = outcome.report.findings.filter(({ rule }) => rule === "forbidden-column");
      expect(column?.message).toContain("“NHS Number” in people.csv");
      expect(JSON.stringify(outcome.report)).not.toContain("591987654321");
      const lines = SETTINGS.split("\n");
      const place = column?.location;
      expect(isFileLocation(place) && [place.file, lines[place.startLine - 1]]).toEqual([
        "pratique.yaml",
        "        forbiddenColumns: [nhs_number]",
      ]);
    });

    it("is said not to be assessed where an output cannot be looked into", () => {
      expect(expectedOf(outcome.report, "closed")).toMatchObject([{ status: "not-assessed" }]);
      expect(messages("unchecked-expectation")).toEqual([expect.stringContaining("model.rds")]);
    });

    it("holds the memory that was measured against its bound", () => {
      const peakOf = (name: string): number => {
        const recording = [outcome.report.recording, ...outcome.report.others].find(
          (one) => one?.case === name,
        );
        return recording?.usage.peaks.memory ?? 0;
      };
      for (const name of ["fills", "fills-too-much"]) {
        expect(peakOf(name), name).toBeGreaterThan(150 * 1024 ** 2);
        expect(peakOf(name), name).toBeLessThan(300 * 1024 ** 2);
      }
      expect(expectedOf(outcome.report, "fills")).toMatchObject([{ status: "met" }]);
      expect(expectedOf(outcome.report, "fills-too-much")).toMatchObject([{ status: "not-met" }]);
      expect(messages("limit-exceeded")).toContainEqual(
        expect.stringMatching(
          /^In the case “fills-too-much”: The run used 1\d\d (MB|MiB) of memory at its peak; at most/,
        ),
      );
    });

    it("may be an error, which is then none, and whose absence is one", () => {
      expect(expectedOf(outcome.report, "refuse").map(({ status }) => status)).toEqual(["met", "met"]);
      expect(outcome.report.findings.filter(({ cases }) => cases?.includes("refuse"))).toEqual([]);
      expect(messages("job-fails")).toEqual([]);
      expect(messages("unexpected-exit")).toEqual([
        "In the case “meant-to-fail”: The job ended with exit code 0; 1 is expected.",
      ]);
      expect(outcome.report.requirements.find(({ id }) => id === "IMG-14")?.status).not.toBe("fail");
    });

    it("may allow an attempt, which is shown as accepted with the time that it cost", () => {
      const [attempt] = outcome.report.findings.filter(({ rule }) => rule === "no-runtime-download");
      expect(attempt?.waived).toEqual({
        reason: "The statistics are optional and the wait is short.",
        source: "settings",
      });
      expect(attempt?.message).toMatch(/192\.0\.2\.7, port 443, once and lost \d/);
      expect(outcome.report.requirements.find(({ id }) => id === "OFF-01")?.status).toBe("waived");
    });

    it("has a folder and a log for each case", () => {
      const names = ["bad", "call", "closed", "fills", "fills-too-much", "good", "meant-to-fail", "refuse"];
      expect(readdirSync(join(made.output, "safe_outputs")).sort()).toEqual(names);
      for (const name of names) expect(existsSync(join(made.output, `test-${name}.log`)), name).toBe(true);
      expect(readFileSync(join(made.output, "index.html"), "utf8")).toContain(
        "Expected of case good: 11 of 11 met",
      );
    });

    it("runs single cases on demand, and passes where they do", async () => {
      const one = await test("--case", "good,refuse");
      expect(one.report.expectations.map((run) => run.case)).toEqual(["good", "refuse"]);
      expect(one.report.findings.filter(({ severity }) => severity === "error")).toEqual([]);
      expect(one.code).toBe(0);
      const none = await pratique([
        "test",
        made.folder,
        "--engine",
        engine,
        "--output",
        made.output,
        "--case",
        "goood",
      ]);
      expect(none.code).toBe(2);
      expect(none.stderr).toContain("Did you mean “good”?");
    });
  });
}
