import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderJson } from "../src/reporters/json.ts";
import { notClearReport } from "../src/reporters/page/sample-report.ts";
import { here, pratique, put, root, useCommandLine } from "./cli-support.ts";

useCommandLine();

const ALL =
  "--namespace nsh-2024-0000-ns --account test_nsh-2024-0000 --uid 1998602116 --gid 1998600502 --port 5003".split(
    " ",
  );
const EXAMPLES = readdirSync(join(root, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const file = (name: string): string => readFileSync(join(here(), "job", name), "utf8");
const rules = (): string[] => {
  const { stdout } = pratique([
    "lint",
    "--format",
    "json",
    "job/job.yaml",
    "job/opt-file.txt",
    "job/env-file.txt",
  ]);
  return JSON.parse(stdout).findings.map(({ rule }: { rule: string }) => rule);
};

describe("pratique job", () => {
  it.each(EXAMPLES)("writes a job for %s in which lint finds nothing", (name) => {
    const folder = join(root, "examples", name);
    const image = ["--image", `ghcr.io/lab/${name}:1.0`];
    expect(pratique(["job", folder, ...ALL, ...image])).toMatchObject({ status: 0, stderr: "" });
    expect(rules()).toEqual([]);
    expect(pratique(["job", folder, ...ALL, ...image, "--no-shell", "--gpus", "2", "--force"]).status).toBe(
      0,
    );
    expect(rules()).toEqual([]);
  });

  it("lists what is to be filled in, in the files and on the screen", () => {
    put("Dockerfile", 'FROM docker.io/library/python:3.12-slim\nCMD ["python", "fit.py"]\n');
    const { status, stdout } = pratique(["job"]);
    expect(status).toBe(0);
    expect(rules()).toEqual(["job-placeholder"]);
    for (const text of [stdout, file("handover.md"), file("job.yaml")]) expect(text).toContain("<port>");
    expect(stdout).toContain("job/handover.html");
    // A folder with no Dockerfile in it, but with a job.
    expect(pratique(["lint", "job"])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("1 job manifest, 2 run files"),
    });
    expect(file("handover.html")).toContain("Content-Security-Policy");
  });

  it("never writes over a file unless it is told to", () => {
    put("Dockerfile", "FROM scratch\n");
    put("job/job.yaml", "mine\n");
    const { status, stderr } = pratique(["job"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/\[output\.exists\]/);
    expect(readdirSync(join(here(), "job"))).toEqual(["job.yaml"]);
    expect(file("job.yaml")).toBe("mine\n");
    put("job/arg-file.txt", "of an earlier job\n");
    expect(pratique(["job", "--force"]).status).toBe(0);
    expect(file("job.yaml")).toContain("kind: Job");
    expect(existsSync(join(here(), "job/arg-file.txt"))).toBe(false);
  });

  it("takes settings from pratique.yaml and numbers from the report", () => {
    put("Dockerfile", 'FROM docker.io/library/python:3.12-slim\nENTRYPOINT ["fit"]\n');
    put(
      "pratique.yaml",
      "version: 1\njob: { name: fit, gpus: 1, port: 5006, args: [--out, $(OUTPUT_DIR)] }\n",
    );
    put("evidence/report.json", renderJson(notClearReport));
    const { status, stdout } = pratique(["job", "--port", "5003", "--from-report", "evidence"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Memory: at most .* in\s+the test/);
    expect(file("job.yaml")).toContain("nvidia.com/gpu: 1");
    expect(file("job.yaml")).toContain(":5003/");
    expect(file("job.yaml")).toContain('- "$(OUTPUT_DIR)"');
    expect(file("arg-file.txt")).toBe("--out\n/safe_outputs\n");
    expect(file("handover.md")).toContain("NOT CLEAR");
  });

  it.each([
    ["reads the variable", "import os\nout = os.environ['OUTPUT_DIR']\n", false],
    ["only speaks of it", "# OUTPUT_DIR\nout = '/safe_outputs'\n", true],
  ])("warns of results that the next job writes over unless the program %s", (_title, program, warns) => {
    put("Dockerfile", 'FROM docker.io/library/python:3.12-slim\nCOPY fit.py /opt/\nENTRYPOINT ["fit"]\n');
    put("fit.py", program);
    put("README.md", "It reads OUTPUT_DIR.\n");
    const { recording } = notClearReport;
    const list = [{ path: "result.csv", bytes: 3, sha256: null }];
    const wrote = recording && { ...recording, outputs: { files: 1, bytes: 3, list } };
    put("evidence/report.json", renderJson({ ...notClearReport, recording: wrote }));
    pratique(["job", "--from-report", "evidence"]);
    const words = "the next job writes over these files";
    expect(file("handover.md").includes(words)).toBe(warns);
    // The files that were written before are no program.
    pratique(["job", "--from-report", "evidence", "--force"]);
    expect(file("handover.md").includes(words)).toBe(warns);
  });

  it("ends with 1 for what the cluster does not have", () => {
    put("Dockerfile", "FROM scratch\n");
    const { status, stdout } = pratique(["job", "--gpus", "12"]);
    expect(status).toBe(1);
    expect(stdout).toContain("job-quota");
  });

  it.each([
    ["--memory", "8", /--memory must be a size/],
    ["--shm", "big", /--shm must be a size/],
    ["--image", "ghcr.io/x;rm -rf/y:1", /--image must be a name/],
    ["--account", "$(id)", /--account must be a user name/],
    ["--namespace", "A B", /--namespace must be a namespace/],
    ["--time-limit", "soon", /--time-limit must be a time/],
    ["--from-report", "nowhere", /no report/],
  ])("refuses %s %s", (option, value, words) => {
    put("Dockerfile", "FROM scratch\n");
    const { status, stderr } = pratique(["job", option, value]);
    expect(status).toBe(2);
    expect(stderr).toMatch(words);
    expect(existsSync(join(here(), "job"))).toBe(false);
  });
});
