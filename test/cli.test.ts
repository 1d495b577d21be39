import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderJson } from "../src/reporters/json.ts";
import { renderHtml } from "../src/reporters/page/render.tsx";
import { clearReport, notClearReport } from "../src/reporters/page/sample-report.ts";
import { here, output, pratique, put, root, useCommandLine } from "./cli-support.ts";

const DOCKERFILE = 'FROM docker.io/library/python:latest\nRUN sudo true\nCMD ["python3"]\n';
useCommandLine();

describe("pratique", () => {
  it("prints its help and its version", () => {
    const help = pratique(["--help"]);
    expect(help).toMatchObject({ status: 0, stderr: "" });
    expect(help.stdout).toMatch(/check .*\n[\s\S]*Exit codes:\n {2}0 clear/);
    expect(pratique(["--version"])).toEqual({ status: 0, stdout: "0.1.0\n", stderr: "" });
    expect(pratique(["lint", "--help"]).status).toBe(0);
  });

  it.each([
    ["an unknown command", ["chek"], "usage.unknown-command", /check/],
    ["an unknown option", ["lint", "--formatt", "json"], "usage.bad-argument", /--format/],
    ["a value that is none", ["lint", "--format", "xml"], "usage.bad-argument", /text, json/],
    ["an engine that is none", ["check", "--engine", "lxc"], "usage.bad-argument", /podman or docker/],
    ["too many arguments", ["check", "a", "b"], "usage.bad-argument", /argument/],
    ["a rule that is none", ["explain", "root-usr"], "rule.unknown", /Did you mean “root-user”/],
    ["an unknown profile", ["lint", "--profile", "moon"], "profile.unknown", /shs-gpu-cluster/],
    ["an unknown runtime", ["check", "--runtime", "k8s,lxc"], "runtime.unknown", /podman/],
    [
      "files for ces-run where it is not used",
      ["check", "--ces-env-file", "x"],
      "usage.bad-argument",
      /podman/,
    ],
    [
      "a file for ces-run that is not there",
      ["check", "--runtime", "ood", "--ces-env-file", "x"],
      "run-file.unreadable",
      /x/,
    ],
    ["a manifest that is not there", ["test", "--manifest", "x.yaml"], "manifest.unreadable", /pratique job/],
    ["a manifest that is none", ["test", "--manifest", "Dockerfile"], "manifest.refused", /Dockerfile/],
    [
      "a manifest where no cluster is",
      ["test", "--manifest", "Dockerfile", "--runtime", "podman"],
      "usage.bad-argument",
      /--runtime k8s/,
    ],
    ["a folder that is none", ["lint", "nowhere"], "project.not-found", /nowhere/],
    ["settings that are not there", ["lint", "--config", "none.yaml"], "config.unreadable", /none\.yaml/],
    ["a report that is not there", ["report"], "report.not-found", /pratique check/],
    ["evidence that is not there", ["verify"], "report.not-found", /pratique check/],
    ["a key that is not there", ["sign", "--key", "none.key"], "key.unreadable", /openssl genpkey/],
    ["no key to sign with", ["sign"], "usage.bad-argument", /--key/],
    ["a publication without evidence", ["publish", "ghcr.io/lab/a"], "report.not-found", /pratique check/],
    ["a place that is no registry", ["publish", "heart"], "usage.bad-argument", /ghcr\.io\/<owner>\/heart/],
    ["images of no Dockerfile", ["pin", "nowhere"], "project.not-found", /nowhere/],
    ["a key, and none", ["sign", "--key", "my.key", "--keyless"], "usage.bad-argument", /--keyless/],
    [
      "an identity without who vouches for it",
      ["verify", "--identity", "me"],
      "usage.bad-argument",
      /--issuer/,
    ],
    [
      "an identity and a key",
      ["verify", "--identity", "me", "--issuer", "you", "--key", "my.key"],
      "usage.bad-argument",
      /--key/,
    ],
    [
      "certificates that are not there",
      ["verify", "--identity", "me", "--issuer", "you", "--trusted-root", "none.json"],
      "identity.root-unreadable",
      /trusted-root\s+create/,
    ],
    ["an age that is none", ["verify", "--max-age", "old"], "usage.bad-argument", /number of days/],
  ])("ends with 2 for %s, the code and a hint on stderr", (_title, args, code, words) => {
    put("Dockerfile", DOCKERFILE);
    const { status, stdout, stderr } = pratique(args);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("needs an engine for a check, says so with 3, and reports what it could", () => {
    put("Dockerfile", DOCKERFILE);
    const { status, stdout, stderr } = pratique(["check"]);
    expect(status).toBe(3);
    expect(stderr).toContain("[engine.not-installed]");
    expect(stdout).toMatch(/NOT CLEAR|INCOMPLETE/);
    expect(readdirSync(join(here(), ".pratique")).sort()).toEqual([
      ".gitignore",
      "index.html",
      "report.json",
    ]);
    expect(pratique(["report", "--format", "json"]).status).toBe(0);
    expect(pratique(["report", "--not-assessed"]).stdout).toMatch(/Not assessed/);
  });
});

describe("pratique lint", () => {
  it("prints findings, writes nothing, and ends with 1", () => {
    put("Dockerfile", DOCKERFILE);
    const { status, stdout, stderr } = pratique(["lint", "--fail-on", "info"]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/Dockerfile:1 .*unpinned-base/);
    expect(stderr).toBe("");
    expect(readdirSync(here())).toEqual(["Dockerfile"]);
  });

  it("prints one JSON document on stdout and nothing else", () => {
    put("Dockerfile", DOCKERFILE);
    const { stdout, stderr } = pratique(["lint", "--format", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({ schema: "pratique-report/1.1", command: "lint" });
    expect(stderr).toBe("");
  });

  it("makes an error one JSON document too", () => {
    const { status, stdout } = pratique(["lint", "--format", "json"]);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "project.no-dockerfile" } });
  });

  it("reads standard input", () => {
    const { stdout } = pratique(["lint", "-", "--format", "json"], { input: DOCKERFILE });
    expect(JSON.parse(stdout).subject).toMatchObject({ name: "standard input", dockerfile: { path: "-" } });
    expect(pratique(["lint", "-"], { input: Buffer.alloc(100) })).toMatchObject({ status: 2 });
    expect(pratique(["lint", "-"], { input: "#\n".repeat(2_200_000) }).stderr).toContain(
      "[project.too-large]",
    );
  });

  it.each([
    ["no Dockerfile", {}, "project.no-dockerfile", 2],
    ["YAML that is no job", { "x.yaml": "a: 1\n", "x.sh": "echo\n" }, "project.no-dockerfile", 2],
    ["a binary file", { Dockerfile: Buffer.from([0x7f, 0x45, 0, 1]) }, "dockerfile.syntax", 2],
    [
      "an unknown setting",
      { Dockerfile: DOCKERFILE, "pratique.yaml": "version: 1\ndockerfil: x\n" },
      "config.invalid",
      2,
    ],
    ["settings that are no YAML", { Dockerfile: DOCKERFILE, "pratique.yaml": "a: [\n" }, "config.invalid", 2],
  ])("says what is wrong with %s", (_title, files, code, wanted) => {
    for (const [name, content] of Object.entries(files)) put(name, content);
    const { status, stderr } = pratique(["lint"]);
    expect(status).toBe(wanted);
    expect(stderr).toContain(`[${code}]`);
  });

  it("makes a syntax error a finding with its line", () => {
    put("Dockerfile", "FROM docker.io/library/python:3.12\nRUNN pip install x\n");
    const { status, stdout } = pratique(["lint"]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/Dockerfile:2 .*dockerfile-syntax/);
  });

  it("says that the output folder cannot be written", () => {
    put("Dockerfile", DOCKERFILE);
    put("file", "");
    const { status, stderr } = pratique(["lint", "--output", "file"]);
    expect(status).toBe(3);
    expect(stderr).toContain("[output.not-writable]");
  });

  it("sends no escapes into a pipe, with or without NO_COLOR", () => {
    put("Dockerfile", `${DOCKERFILE}RUN echo \u001b[31m \u202e\n`);
    for (const env of [{}, { NO_COLOR: "1" }, { TERM: "dumb" }]) {
      const { stdout, stderr } = pratique(["lint"], { env });
      expect(stdout + stderr).not.toMatch(/[\u001b\u202e]/);
    }
  });
});

describe("pratique sign and verify", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const evidence = (): void => {
    put(".pratique/report.json", renderJson(clearReport));
    put(".pratique/index.html", renderHtml(clearReport));
    put(".pratique/.gitignore", "*\n");
    put("my.key", privateKey.export({ type: "pkcs8", format: "pem" }) as string);
    put("my.pub", publicKey.export({ type: "spki", format: "pem" }) as string);
    chmodSync(join(here(), "my.key"), 0o600);
  };

  it("show a reviewer that the parts belong together, and 1 when they do not", () => {
    evidence();
    expect(pratique(["crate"]).stdout).toBe(
      "Described index.html, report.json\nWritten to .pratique/ro-crate-metadata.json\n",
    );
    expect(pratique(["crate"]).stdout).toContain("Described index.html, report.json\n");
    expect(pratique(["sign", "--keyless"])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/no identity to sign with[\s\S]*id-token[\s\S]*\[identity\.missing\]/),
    });
    const signed = pratique(["sign", "--key", "my.key"]);
    expect(signed).toMatchObject({ status: 0, stderr: "" });
    expect(signed.stdout).toContain("Signed index.html, report.json, ro-crate-metadata.json\n");
    expect(signed.stdout).toContain("https://in-toto.io/attestation/test-result/v0.1");
    const verified = pratique(["verify", "--key", "my.pub"]);
    expect(verified.status).toBe(0);
    expect(verified.stdout).toMatch(
      /✔ The files are those that were signed\n {6}index\.html, report\.json,\s+ro-crate-metadata\.json\n/,
    );
    expect(verified.stdout).toMatch(/Nothing failed, but 1 thing was not checked\.\n$/);
    put(".pratique/index.html", renderHtml({ ...clearReport, summary: "All is well." }));
    const changed = pratique(["verify", "--key", "my.pub", "--format", "json"]);
    expect(changed.status).toBe(1);
    const { checks, conclusion } = JSON.parse(changed.stdout) as {
      checks: { id: string; status: string }[];
      conclusion: string;
    };
    expect(checks.filter(({ status }) => status === "failed").map(({ id }) => id)).toEqual(["files", "page"]);
    expect(conclusion).toBe("2 checks failed: do not rely on this evidence.");
  });

  it("leave the key alone, and take none that others may read", () => {
    evidence();
    chmodSync(join(here(), "my.key"), 0o644);
    const { status, stderr } = pratique(["sign", "--key", "my.key"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/chmod 600 my\.key[\s\S]*\[key\.unsuitable\]/);
    expect(readdirSync(join(here(), ".pratique"))).not.toContain("attestations.jsonl");
  });
});

describe("pratique compare", () => {
  it("says what changed since the version that was approved", () => {
    put("approved/report.json", renderJson(clearReport));
    put(".pratique/report.json", renderJson(notClearReport));
    const changed = pratique(["compare", "approved"]);
    expect(changed).toMatchObject({ status: 0, stderr: "" });
    expect(changed.stdout).toMatch(/^ Before /);
    expect(changed.stdout).toContain(" Findings that came");
    expect(changed.stdout).toMatch(/got worse, and \d+ findings? came\.\n$/);
    for (const line of changed.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(pratique(["compare", "approved", "--exit-code"]).status).toBe(1);
    expect(pratique(["compare", "approved", "approved/report.json", "--exit-code"]).status).toBe(0);
    const { stdout } = pratique(["compare", "approved", "--format", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({ schema: "pratique-comparison/1.0", sameImage: true });
    expect(stdout + changed.stdout).not.toMatch(/[\u001b\u202e]/);
  });
});

describe("pratique report", () => {
  it.each([
    ["cut short", '{"schema": "pratique-report/1.0"', /cut short/],
    ["of a newer version", '{"schema": "pratique-report/9.0"}', /a newer version of pratique/],
    ["edited", '{"schema": "pratique-report/1.0", "verdict": "fine"}', /not a report/],
    ["no report", "[]", /not a report/],
  ])("refuses one that is %s", (_title, text, words) => {
    put("report.json", text);
    const { status, stderr } = pratique(["report", "report.json"]);
    expect(status).toBe(2);
    expect(stderr).toContain("[report.invalid]");
    expect(stderr.replace(/\s+/g, " ")).toMatch(words);
  });
});

describe("pratique explain and rules", () => {
  it.each(["root-user", "DL3002", "hadolint:dl3002"])("explains %s", (name) => {
    const { status, stdout } = pratique(["explain", name]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Why it matters/);
  });

  it("lists every rule, as text and as JSON", () => {
    const rules: readonly { id: string }[] = JSON.parse(pratique(["rules", "--format", "json"]).stdout);
    expect(pratique(["rules"]).stdout.trim().split("\n")).toHaveLength(rules.length);
  });
});

it("ends quietly when its reader goes away", () => {
  const script = '"$0" "$1" rules --format json | head -c 10';
  const { stdout, stderr } = spawnSync("sh", ["-c", script, process.execPath, join(output, "cli/main.cjs")], {
    encoding: "utf8",
    timeout: 15_000,
  });
  expect({ stdout: stdout.length, stderr }).toEqual({ stdout: 10, stderr: "" });
});

it("starts a project without a terminal, and writes over nothing", () => {
  const base = `docker.io/rocker/r-ver:4.4.1@sha256:${"1".repeat(64)}`;
  const language = pratique(["init", "study"]);
  expect([language.status, language.stderr]).toEqual([2, expect.stringContaining("--language")]);
  const first = pratique(["init", "study", "--language", "r", "--base", base]);
  expect(first).toMatchObject({ status: 0, stderr: "" });
  expect(first.stdout).toContain("11 files written:");
  expect(pratique(["lint", "study"]).status).toBe(0);
  put("study/Dockerfile", DOCKERFILE);
  const again = pratique(["init", "study", "--language", "r", "--base", base]);
  expect([again.status, again.stderr]).toEqual([2, expect.stringContaining("[output.exists]")]);
});

it("the generated files are up to date", () => {
  const { status, stderr } = spawnSync(process.execPath, ["tools/ts.mjs", "tools/generate.ts", "--check"], {
    cwd: root,
    encoding: "utf8",
    timeout: 60_000,
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
}, 70_000);
