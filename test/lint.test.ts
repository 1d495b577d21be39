import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { here, pratique, put, useCommandLine } from "./cli-support.ts";

useCommandLine();

const BAD = "FROM docker.io/library/python:latest\nRUN sudo true\n";

interface Shown {
  readonly rule: string;
  readonly file?: string;
  readonly line?: number;
  readonly waived?: string;
}
function lint(...args: readonly string[]): Shown[] {
  const { stdout, stderr } = pratique(["lint", "--format", "json", ...args]);
  expect(stderr).toBe("");
  return JSON.parse(stdout).findings.map(
    (finding: {
      rule: string;
      location?: { file: string; startLine: number };
      waived?: { reason: string };
    }) => ({
      rule: finding.rule,
      ...(finding.location === undefined
        ? {}
        : { file: finding.location.file, line: finding.location.startLine }),
      ...(finding.waived === undefined ? {} : { waived: finding.waived.reason }),
    }),
  );
}
const only = (found: readonly Shown[], rule: string): Shown[] => found.filter((one) => one.rule === rule);

describe("pratique lint, code that cannot be read", () => {
  const shown = (): string[] => {
    const { requirements } = JSON.parse(pratique(["lint", "--format", "json", "."]).stdout);
    const wanted = ["OFF-04", "OFF-05", "IMG-17"];
    return requirements
      .filter(({ id }: { id: string }) => wanted.includes(id))
      .map(({ id, status }: { id: string; status: string }) => `${id} ${status}`);
  };

  it("passes nothing that only the code could show, where the job runs it", () => {
    put(
      "Dockerfile",
      'FROM docker.io/library/python:3.12\nCOPY src/ /opt/app/\nCMD ["python", "/opt/app/a.py"]\n',
    );
    put("src/a.py", Buffer.from([120, 0, 1]));
    put(".dockerignore", ".git\n");
    expect(shown().sort()).toEqual(["IMG-17 pass", "OFF-04 not-assessed", "OFF-05 not-assessed"]);
  });

  it("does not mind what stays outside the image", () => {
    put(
      "Dockerfile",
      'FROM docker.io/library/python:3.12\nCOPY src/ /opt/app/\nCMD ["python", "/opt/app/a.py"]\n',
    );
    put("src/a.py", "print(1)\n");
    put("notes/large.ipynb", Buffer.from([120, 0, 1]));
    expect(shown()).toContain("OFF-04 pass");
  });
});

describe("pratique lint, many files", () => {
  it("goes through a folder, its own Dockerfile first, and leaves other people's software alone", () => {
    for (const name of [
      "Dockerfile",
      "Dockerfile.gpu",
      "docker/test.dockerfile",
      "deep/er/Containerfile",
      "node_modules/x/Dockerfile",
      ".hidden/Dockerfile",
      "Dockerfile.md",
      "dockerfile.gen-6L24.js",
    ])
      put(name, BAD);
    expect(only(lint("."), "sudo-in-run")).toEqual([
      { rule: "sudo-in-run", file: "Dockerfile", line: 2 },
      { rule: "sudo-in-run", file: "Dockerfile.gpu", line: 2 },
      { rule: "sudo-in-run", file: "deep/er/Containerfile", line: 2 },
      { rule: "sudo-in-run", file: "docker/test.dockerfile", line: 2 },
    ]);
  });

  it("asks once where a project is kept, and neither single files nor collections", () => {
    const kept = (...args: readonly string[]) => only(lint(...args), "not-version-controlled");
    for (const name of ["one/Dockerfile", "two/Dockerfile"]) put(name, BAD);
    expect(kept(".")).toEqual([{ rule: "not-version-controlled" }]);
    expect(kept("one/Dockerfile")).toEqual([]);
    put(".git/HEAD", "ref: refs/heads/main\n");
    put(".git/config", '[remote "origin"]\nurl = https://me:ghp_Zq81kLmT@github.com/lab/fit\n');
    const { stdout } = pratique(["lint", "--format", "json", "one"]);
    expect(stdout).toContain("Git does not track one/Dockerfile");
    expect(stdout).not.toContain("ghp_");
    for (let number = 0; number < 21; number++) put(`all/${number}.dockerfile`, BAD);
    expect(kept("all")).toEqual([]);
  });

  it("passes nothing of a fragment, and asks ShellCheck only where it is wanted", () => {
    for (const input of ["", "RUN true\n"]) {
      const { stdout } = pratique(["lint", "--format", "json", "-"], { input });
      expect(
        (JSON.parse(stdout).requirements as { status: string }[]).map(({ status }) => status),
      ).not.toContain("pass");
    }
    const { stdout } = pratique(["lint", "--select", "sudo-in-run", "-"], { input: BAD });
    expect(stdout).not.toContain("ShellCheck");
    expect(pratique(["lint", "--select", "SC2086", "-"], { input: BAD }).stdout).toContain("ShellCheck");
  });

  it("names what cannot be read as it was named", () => {
    put("Dockerfile", BAD);
    put("sub/Dockerfile.bin", Buffer.from([0, 1, 2]));
    const { stdout, stderr } = pratique(["lint", "."]);
    expect(stdout).toContain("Note: sub/Dockerfile.bin is not a text file.");
    expect(stdout + stderr).not.toContain(here());
  });

  it("passes nothing that a script decides which nobody can read", () => {
    const requirements = (...args: readonly string[]) => {
      const report = JSON.parse(pratique(["lint", "--format", "json", ...args]).stdout);
      return (report.requirements as { status: string }[]).filter(({ status }) => status === "pass");
    };
    const script = `${"(".repeat(1001)}true${")".repeat(1001)}`;
    put("Dockerfile", `FROM docker.io/library/python:3.12\nRUN ${script}\n`);
    expect(requirements("Dockerfile")).toEqual([]);
    expect(only(lint("Dockerfile"), "dockerfile-syntax")).toHaveLength(1);
    put("run.sh", `ces-run x\n${script}\n`);
    expect(requirements("run.sh")).toEqual([]);
    expect(pratique(["lint", "run.sh"]).stdout).toContain("Note: run.sh opens more than 1000 brackets");
  });

  it("takes several files and patterns, each once", () => {
    put("a/Dockerfile", BAD);
    put("b/c/Dockerfile", BAD);
    put("b/other", BAD);
    const files = (...args: readonly string[]) => only(lint(...args), "sudo-in-run").map(({ file }) => file);
    expect(files("a/Dockerfile", "b/other", "a")).toEqual(["a/Dockerfile", "b/other"]);
    expect(files("**/Dockerfile")).toEqual(["a/Dockerfile", "b/c/Dockerfile"]);
    expect(files("b/*")).toEqual(["b/other"]);
    expect(pratique(["lint", "c/**"])).toMatchObject({ status: 2 });
  });

  it("lints the rest where one file cannot be read, and says which", () => {
    put("Dockerfile", BAD);
    put("binary.dockerfile", Buffer.from([0x46, 0, 1]));
    put("long.dockerfile", `FROM a\n# ${"x".repeat(5 * 1024 * 1024)}`);
    mkdirSync(join(here(), "Dockerfile.folder"));
    symlinkSync("loop.dockerfile", join(here(), "loop.dockerfile"));
    symlinkSync(".", join(here(), "again"));
    const { status, stdout, stderr } = pratique(["lint"]);
    expect(status).toBe(2);
    expect(stdout).toMatch(/Dockerfile:2 .*sudo-in-run/);
    expect(stdout).toContain("binary.dockerfile is not a text file.");
    expect(stdout).toContain("long.dockerfile is 5242");
    expect(stdout).toContain("loop.dockerfile cannot be read: ELOOP.");
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("lints a fragment", () => {
    const { status, stdout } = pratique(["lint", "-", "--select", "sudo-in-run"], {
      input: "RUN sudo true\n",
    });
    expect(stdout).toContain("sudo-in-run");
    expect(status).toBe(0);
  });
});

describe("which rules run", () => {
  it("is chosen by names, categories and peers' names", () => {
    put("Dockerfile", BAD);
    const rules = (...args: readonly string[]) => [...new Set(lint(...args).map(({ rule }) => rule))];
    expect(rules("--select", "DL3004")).toEqual(["sudo-in-run"]);
    expect(rules("--select", "DS-0010,unpinned-base").sort()).toEqual(["sudo-in-run", "unpinned-base"]);
    expect(rules()).not.toContain("missing-health-check");
    expect(rules("--select", "all")).toContain("missing-health-check");
    expect(rules("--ignore", "security,DL3006")).not.toContain("sudo-in-run");
  });

  it("cannot be asked for by a name that there is not", () => {
    put("Dockerfile", BAD);
    const { status, stderr } = pratique(["lint", "--select", "sudo-in-runn"]);
    expect(status).toBe(2);
    expect(stderr).toContain("Did you mean “sudo-in-run”?");
  });

  it("may stand in the settings, ours and hadolint's", () => {
    put("Dockerfile", BAD);
    put("pratique.yaml", "version: 1\nrules: { DL3004: info, users: 'off' }\n");
    put(".hadolint.yaml", "override:\n  error: [DL3007, DL3004]\n");
    const { stdout } = pratique(["lint", "--format", "json"]);
    const found: { rule: string; severity: string }[] = JSON.parse(stdout).findings;
    const severity = (rule: string) => found.find((one) => one.rule === rule)?.severity;
    expect([severity("sudo-in-run"), severity("unpinned-base"), severity("root-user")]).toEqual([
      "info",
      "error",
      undefined,
    ]);
  });
});

describe("the threshold", () => {
  it("stands in the settings, and the command line wins", () => {
    put("Dockerfile", BAD);
    const status = (...args: readonly string[]) =>
      pratique(["lint", "--select", "sudo-in-run", ...args]).status;
    expect(status()).toBe(0);
    put("pratique.yaml", "version: 1\nfailOn: warning\n");
    expect(status()).toBe(1);
    expect(status("--fail-on", "error")).toBe(0);
  });
});

describe("what is passed over", () => {
  it.each([
    [
      "our comment",
      { Dockerfile: BAD.replace("RUN", '# pratique allow=sudo-in-run reason="the base has it"\nRUN') },
      "the base has it",
    ],
    [
      "hadolint's comment",
      { Dockerfile: BAD.replace("RUN", "# hadolint ignore=DL3004\nRUN") },
      "ignored for hadolint, without a reason",
    ],
    [
      "hadolint's settings",
      { Dockerfile: BAD, ".hadolint.yaml": "ignored:\n  - DL3004 # agreed\n" },
      "agreed",
    ],
    [
      "Trivy's comment",
      { Dockerfile: BAD.replace("RUN", "#trivy:ignore:DS010\nRUN") },
      "ignored for Trivy, without a reason",
    ],
    [
      "Trivy's file",
      { Dockerfile: BAD, ".trivyignore": "AVD-DS-0010\n" },
      "ignored for Trivy, without a reason",
    ],
    [
      "our settings, by line",
      {
        Dockerfile: BAD,
        "pratique.yaml":
          "version: 1\nwaivers: [{ rule: DL3004, path: Dockerfile, line: 2, reason: agreed with IG }]\n",
      },
      "agreed with IG",
    ],
  ])("may be said in %s", (_title, files, reason) => {
    for (const [name, content] of Object.entries(files)) put(name, content);
    expect(only(lint(), "sudo-in-run")[0]?.waived).toBe(reason);
  });

  it("has to be explained, and ends", () => {
    put("Dockerfile", BAD.replace("RUN", "# pratique allow=sudo-in-run\nRUN"));
    put(
      "pratique.yaml",
      "version: 1\nwaivers:\n  - { rule: unpinned-base, reason: until the spring, until: 2020-01-01 }\n  - { rule: none-such, reason: nothing to see here }\n",
    );
    const found = lint();
    expect(only(found, "sudo-in-run")[0]?.waived).toBeUndefined();
    expect(only(found, "waiver-without-reason")).toEqual([
      { rule: "waiver-without-reason", file: "Dockerfile", line: 2 },
    ]);
    expect(only(found, "waiver-expired")).toEqual([
      { rule: "waiver-expired", file: "pratique.yaml", line: 3 },
    ]);
    expect(only(found, "waiver-unused")).toEqual([{ rule: "waiver-unused", file: "pratique.yaml", line: 4 }]);
  });

  it("may be written in the code itself", () => {
    put("Dockerfile", "FROM docker.io/library/python:3.12\nCOPY . /opt/\n");
    put(
      "a.py",
      'import nltk\nnltk.download("punkt")  # pratique allow=offline,unproven-offline-use reason="only on the desktop"\n',
    );
    expect(only(lint(), "unproven-offline-use")[0]?.waived).toBe("only on the desktop");
  });

  it("may be a baseline, which lets only new findings count", () => {
    put("Dockerfile", BAD);
    expect(pratique(["lint", "--baseline", "known.json", "--update-baseline"]).stderr).toBe("");
    put("Dockerfile", `# moved\n${BAD}RUN sudo false\n`);
    const sudo = only(lint("--baseline", "known.json"), "sudo-in-run");
    expect(sudo.map(({ line, waived }) => [line, waived !== undefined])).toEqual([
      [3, true],
      [4, false],
    ]);
    expect(pratique(["lint", "--baseline", "none.json"]).stderr).toContain("[baseline.not-found]");
    put("bad.json", "[]");
    expect(pratique(["lint", "--baseline", "bad.json"]).stderr).toContain("[baseline.invalid]");
    expect(pratique(["lint", "--update-baseline"]).stderr).toContain("[usage.bad-argument]");
  });

  it("may be a baseline for standard input too", () => {
    const input = (text: string, ...args: readonly string[]) =>
      pratique(["lint", "--baseline", "known.json", ...args, "-"], { input: text });
    expect(input(BAD).stderr).toContain("[baseline.not-found]");
    expect(input(BAD, "--update-baseline").stdout).toMatch(/findings went into the baseline known.json/);
    expect(input(BAD).stdout).toMatch(/: no findings, \d+ waived/);
    expect(input(`${BAD}RUN sudo false\n`, "--select", "sudo-in-run").stdout).toContain("sudo-in-run");
    expect(pratique(["lint", "--update-baseline", "-"], { input: BAD }).stderr).toContain(
      "[usage.bad-argument]",
    );
  });
});

describe("the formats", () => {
  it("go to the screen or to files, several in one run", () => {
    put("sub/Dockerfile", BAD);
    const args = ["sarif", "github", "gitlab", "junit", "checkstyle", "json"].map(
      (name) => `--format=${name}=out/${name}`,
    );
    const { stdout, stderr } = pratique([
      "lint",
      "sub",
      "--format",
      "github",
      ...args.filter((_, n) => n !== 1),
    ]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^::(?:error|warning) file=sub\/Dockerfile,/m);
    const read = (name: string): string => readFileSync(join(here(), "out", name), "utf8");
    expect(JSON.parse(read("sarif")).runs[0].results.length).toBeGreaterThan(1);
    expect(JSON.parse(read("gitlab")).length).toBeGreaterThan(1);
    expect(JSON.parse(read("json")).command).toBe("lint");
    expect(read("junit")).toContain("<testsuite");
    expect(read("checkstyle")).toContain('<file name="sub/Dockerfile"');
  });

  it("are refused where they are about an image, which a lint does not look into", () => {
    put("Dockerfile", BAD);
    for (const format of ["cyclonedx", "spdx=out/spdx"]) {
      const { status, stderr } = pratique(["lint", "--format", format]);
      expect([status, stderr]).toEqual([2, expect.stringContaining("looks into no image")]);
    }
    expect(existsSync(join(here(), "out", "spdx"))).toBe(false);
  });

  it("take what comes on standard input too", () => {
    const { stdout } = pratique(["lint", "-", "--format", "sarif=out.sarif", "--select", "sudo-in-run"], {
      input: BAD,
    });
    expect(stdout).toContain("sudo-in-run");
    expect(JSON.parse(readFileSync(join(here(), "out.sarif"), "utf8")).runs[0].results).toHaveLength(1);
    expect(pratique(["lint", "-", "--select", "sudo-in-rum"], { input: BAD })).toMatchObject({ status: 2 });
  });

  it("cannot share the screen", () => {
    put("Dockerfile", BAD);
    expect(pratique(["lint", "--format", "text", "--format", "sarif"])).toMatchObject({
      status: 2,
      stdout: "",
    });
    expect(pratique(["lint", "--format", "text=x"])).toMatchObject({ status: 2, stdout: "" });
  });
});

describe("--fix", () => {
  const FILE = "FROM docker.io/library/python:3.12\nMAINTAINER a\nRUN pip install -r requirements.txt\n";

  it("mends the file, and reports on what is left", () => {
    put("Dockerfile", FILE);
    const { stdout, stderr } = pratique([
      "lint",
      "--fix",
      "--select",
      "deprecated-maintainer,pip-cache-kept",
    ]);
    expect(stderr).toBe("");
    expect(stdout).toContain("no findings");
    const text = readFileSync(join(here(), "Dockerfile"), "utf8");
    expect(text).toContain("pip install --no-cache-dir -r requirements.txt");
    expect(text).not.toContain("MAINTAINER");
  });

  it("shows a diff and changes nothing on a dry run", () => {
    put("Dockerfile", FILE);
    const { stdout } = pratique(["lint", "--fix", "--dry-run", "--select", "pip-cache-kept"]);
    expect(stdout).toMatch(/^-RUN pip install -r/m);
    expect(stdout).toMatch(/^\+RUN pip install --no-cache-dir -r/m);
    expect(readFileSync(join(here(), "Dockerfile"), "utf8")).toBe(FILE);
  });

  it("is a filter on standard input", () => {
    const { status, stdout } = pratique(["lint", "-", "--fix", "--select", "pip-cache-kept"], {
      input: FILE,
    });
    expect(status).toBe(0);
    expect(stdout).toBe(FILE.replace("install -r", "install --no-cache-dir -r"));
  });
});

describe("job manifests and run files", () => {
  const JOB =
    'apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: fixed\nspec:\n  template:\n    spec:\n      containers:\n        - { name: job, image: "ghcr.io/a/b:1" }\n';

  it("are linted where they are named, found, or come on standard input", () => {
    put("job.yaml", JOB);
    const named = [{ rule: "job-named", file: "job.yaml", line: 4 }];
    expect(only(lint("job.yaml"), "job-named")).toEqual(named);
    put("Dockerfile", BAD);
    put(".dockerignore", "*.yaml\n");
    expect(only(lint(), "job-named")).toEqual(named);
    expect(pratique(["lint", "-"], { input: JOB }).stdout).toContain("job-named");
  });

  it("are left alone where they are something else", () => {
    put("Dockerfile", BAD);
    put("site.yaml", JOB.replace("batch/v1", "apps/v1").replace("Job", "Deployment"));
    put("data.yaml", "a: 1\n");
    expect(lint().filter(({ rule }) => rule.startsWith("job-"))).toEqual([]);
  });

  it("may name each other", () => {
    put("Dockerfile", BAD);
    put("run.sh", "#!/bin/sh\nces-run --env-file=settings.txt ghcr.io/a/b:1\n");
    put("settings.txt", 'A="x"\n');
    expect(only(lint(), "env-file-quotes")).toEqual([
      { rule: "env-file-quotes", file: "settings.txt", line: 1 },
    ]);
    expect(only(lint("settings.txt"), "env-file-quotes")).toEqual([]);
  });
});
