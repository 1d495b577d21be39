import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXAMPLES } from "../src/cli/examples.ts";
import { here, output, pratique, put, useCommandLine } from "./cli-support.ts";

/** Help, manual page, completion, `--json` and exit codes: what a shell has to do with. */

useCommandLine();
const commands = (): string[] => {
  const [, list = ""] = /\nStart:\n([\s\S]*?)\n\nExamples:/.exec(pratique(["--help"]).stdout) ?? [];
  return [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name = ""]) => name);
};
const shell = (program: string, script: string) =>
  spawnSync(program, program === "bash" ? ["--norc", "-c", script] : ["-c", script], {
    cwd: here(),
    encoding: "utf8",
    env: { HOME: here(), PATH: process.env.PATH },
  });
const has = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

describe("the help", () => {
  it("shows examples that the command line understands", () => {
    const names = commands();
    for (const name of Object.keys(EXAMPLES)) expect(names).toContain(name);
    for (const name of names.filter((one) => Object.hasOwn(EXAMPLES, one))) {
      const { stdout, status } = pratique([name, "--help"]);
      expect(status).toBe(0);
      for (const [line] of EXAMPLES[name] ?? []) expect(stdout).toContain(line);
    }
  }, 120_000);
});

describe("the manual page", () => {
  it("has every command with its options, and is made by the build", () => {
    const { status, stdout } = pratique(["man"]);
    expect(status).toBe(0);
    for (const name of commands().filter((one) => one !== "help"))
      expect(stdout).toContain(`.SS pratique ${name}`);
    expect(stdout).toContain("\\fB\\-\\-fail\\-on <severity>\\fR");
    expect(stdout).toContain(".SH EXIT STATUS");
    // No line of text may become a request.
    for (const line of stdout.split("\n"))
      if (/^[.']/.test(line)) expect(line).toMatch(/^\.(?:TH|SH|SS|TP|PP|B|nf|fi|RS|RE)\b/);
    expect(readFileSync(join(output, "man/pratique.1"), "utf8")).toBe(stdout);
  });
});

describe("completion", () => {
  const complete = (...words: string[]): string[] => {
    put("pratique.bash", pratique(["completion", "bash"]).stdout);
    put("evidence/report.json", "{}");
    const list = words.map((word) => `'${word}'`).join(" ");
    const { stdout, stderr } = shell(
      "bash",
      `source ./pratique.bash; COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _pratique; printf '%s\\n' "\${COMPREPLY[@]}"`,
    );
    expect(stderr).toBe("");
    return stdout.split("\n").filter((word) => word !== "");
  };

  it.each([
    [
      ["pratique", "ch"],
      ["check", "changed"],
    ],
    [["pratique", "check", "--eng"], ["--engine"]],
    [
      ["pratique", "check", "--engine", ""],
      ["podman", "docker"],
    ],
    [["pratique", "-h", "lint", "--fail-on", "w"], ["warning"]],
    [
      ["pratique", "lint", "--format", "s"],
      ["sarif", "spdx"],
    ],
    [["pratique", "explain", "no-run"], ["no-runtime-download"]],
    [
      ["pratique", "completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["pratique", "check", "--output", "ev"], ["evidence"]],
    [["pratique", "help", "doc"], ["doctor"]],
    [["pratique", "check", "x"], []],
    [["pratique", "nonsense", "--"], []],
  ])("of %j in bash", (words, expected) => {
    expect(complete(...words).sort()).toEqual([...expected].sort());
  });

  it.skipIf(!has("fish"))("works in fish", () => {
    put("pratique.fish", pratique(["completion", "fish"]).stdout);
    const lines = (words: string): string[] =>
      shell("fish", `source pratique.fish; complete -C '${words}'`)
        .stdout.split("\n")
        .map((line) => line.split("\t")[0] ?? "")
        .filter(Boolean);
    expect(lines("pratique check --engine ").sort()).toEqual(["docker", "podman"]);
    expect(lines("pratique chec")).toEqual(["check"]);
    expect(lines("pratique explain no-run")).toEqual(["no-runtime-download"]);
  });

  it.skipIf(!has("zsh"))("is taken by zsh", () => {
    put("_pratique", pratique(["completion", "zsh"]).stdout);
    const script = 'autoload -U compinit; compinit -D; source ./_pratique; print -- "$_comps[pratique]"';
    expect(shell("zsh", script)).toMatchObject({ status: 0, stderr: "", stdout: "_pratique\n" });
  });

  it("is of these shells alone", () => {
    expect(pratique(["completion", "tcsh"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("bash"),
    });
  });
});

describe("--json", () => {
  it("is the same as --format json", () => {
    put("Dockerfile", "FROM scratch\n");
    for (const args of [["rules"], ["explain", "root-user"], ["doctor"], ["changed"]]) {
      const { stdout } = pratique([...args, "--json"]);
      expect(stdout).toBe(pratique([...args, "--format", "json"]).stdout);
      expect(() => JSON.parse(stdout)).not.toThrow();
    }
    expect(JSON.parse(pratique(["lint", "--json"]).stdout).command).toBe("lint");
    expect(JSON.parse(pratique(["lint", "nowhere", "--json"]).stdout).error.code).toBe("project.not-found");
    const twice = pratique(["lint", "--json", "--format", "sarif"]);
    expect(twice).toMatchObject({ status: 2, stderr: expect.stringContaining("Only one format") });
  });
});

describe("the exit code", () => {
  it.each([
    [0, ["lint", "good"]],
    [1, ["lint", "bad"]],
    [1, ["lint", "good", "--fail-on", "info"]],
    [2, ["lint", "nowhere"]],
    [3, ["check", "good"]],
  ])("is %i for pratique %j", (code, args) => {
    put(
      "good/Dockerfile",
      'FROM docker.io/library/python:3.12-slim\nRUN mkdir /safe_data /safe_outputs /scratch\nUSER 1\nCMD ["python3"]\n',
    );
    put("bad/Dockerfile", "FROM scratch\n");
    expect(pratique(args).status).toBe(code);
  });
});
