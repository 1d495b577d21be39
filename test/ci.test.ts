import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Action, pinnedAction, trivyImage } from "../src/knowledge/pinned.ts";
import { here, output, pratique, put, root, useCommandLine } from "./cli-support.ts";

/** What CI systems are given, run here as a runner does: each step in a shell of its own, with the runner's variables. */

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}
type Context = Record<string, unknown>;

const read = (name: string) => parse(readFileSync(join(root, name), "utf8"));
const action: {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
} = read("action.yml");
const workflow = read(".github/workflows/check.yml");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Evaluates what stands in `${{ }}`: look-ups, texts, comparisons, and, or. */
function evaluate(expression: string, context: Context): unknown {
  const code = expression.replace(/'[^']*'|==|!=|[a-z][\w-]*(?:\.[\w-]+)*/gi, (word) => {
    if (word === "==" || word === "!=") return `${word}=`;
    if (word.startsWith("'") || word === "true" || word === "false") return word;
    return `at(${JSON.stringify(word)})`;
  });
  const at = (path: string): unknown =>
    path.split(".").reduce<unknown>((value, key) => (value as Context | undefined)?.[key], context) ?? "";
  return new Function("at", `return ${code}`)(at);
}

const fill = (text: string, context: Context): string =>
  text.replace(/\$\{\{(.+?)\}\}/g, (_all, expression: string) => String(evaluate(expression, context)));

const assignments = (file: string): [string, string][] =>
  readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line): [string, string][] => {
      const equals = line.indexOf("=");
      return equals < 0 ? [] : [[line.slice(0, equals), line.slice(equals + 1)]];
    });

/** Runs steps as a job does, until one fails; those that use other actions are only noted. */
function runSteps(steps: readonly Step[], context: Context, programs: Readonly<Record<string, string>> = {}) {
  const temporary = join(here(), "temp");
  const bin = join(here(), "bin");
  const outputs: Record<string, { outputs: Record<string, string> }> = {};
  const done: string[] = [];
  let environment: Record<string, string> = {};
  let log = "";
  let code = 0;
  mkdirSync(bin, { recursive: true });
  for (const [name, script] of Object.entries(programs))
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  put("temp/summary", "");
  for (const [index, step] of steps.entries()) {
    const known: Context = { ...context, steps: outputs };
    if (step.if !== undefined && evaluate(step.if, known) !== true) continue;
    done.push(step.name ?? step.uses ?? `${index}`);
    if (step.run === undefined) continue;
    put("temp/output", "");
    put("temp/environment", "");
    const { status, stdout, stderr } = spawnSync("bash", ["-eo", "pipefail", "-c", step.run], {
      cwd: here(),
      encoding: "utf8",
      timeout: 30_000,
      env: {
        HOME: here(),
        PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`,
        RUNNER_TEMP: temporary,
        GITHUB_OUTPUT: join(temporary, "output"),
        GITHUB_ENV: join(temporary, "environment"),
        GITHUB_STEP_SUMMARY: join(temporary, "summary"),
        GITHUB_WORKSPACE: here(),
        GITHUB_ACTIONS: "true",
        GITHUB_ACTOR: "someone",
        CI: "true",
        ...environment,
        ...Object.fromEntries(Object.entries(step.env ?? {}).map(([key, text]) => [key, fill(text, known)])),
      },
    });
    log += stdout + stderr;
    environment = { ...environment, ...Object.fromEntries(assignments(join(temporary, "environment"))) };
    if (step.id !== undefined)
      outputs[step.id] = { outputs: Object.fromEntries(assignments(join(temporary, "output"))) };
    code = status ?? -1;
    if (code !== 0) break;
  }
  return { code, log, done, outputs, summary: readFileSync(join(temporary, "summary"), "utf8") };
}

const inputs = (given: Readonly<Record<string, string>>): Context => ({
  inputs: {
    ...Object.fromEntries(
      Object.entries(action.inputs).map(([name, input]) => [name, String(input.default)]),
    ),
    ...given,
  },
});

useCommandLine();
beforeEach(() => {
  // As npm, or the cache, leaves it.
  const folder = join(here(), "temp/pratique-program/node_modules/pratique");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}");
  cpSync(join(root, "ci"), join(folder, "ci"), { recursive: true });
  symlinkSync(output, join(folder, "dist"));
  put("study/Dockerfile", "FROM docker.io/library/python:latest\nRUN sudo true\n");
});

describe("the action for GitHub", () => {
  const { steps } = action.runs;

  it("keeps evidence, tells the summary and annotates, and fails the job only then", () => {
    const { code, log, done, outputs, summary } = runSteps(
      steps,
      inputs({ command: "lint", project: "study", publish: "ghcr.io/lab/x", sarif: "true" }),
    );
    expect(code).toBe(1);
    expect(done.slice(-4)).toEqual(["Check", "Keep the evidence", "Code scanning", "Result"]);
    const { evidence = "", sarif = "", ...rest } = outputs.check?.outputs ?? {};
    expect(rest).toEqual({ "exit-code": "1", verdict: "not-clear" });
    expect(readdirSync(evidence).sort()).toEqual([
      "index.html",
      "junit.xml",
      "pratique.sarif",
      "report.json",
      "summary.md",
    ]);
    expect(sarif).toBe(join(evidence, "pratique.sarif"));
    expect(evidence.startsWith(join(here(), "temp"))).toBe(true);
    expect(existsSync(join(here(), ".pratique"))).toBe(false);
    expect(log).toMatch(/^::error .*file=study\/Dockerfile,line=/m);
    expect(log).toContain("missing-safe-directories");
    expect(summary).toMatch(/not clear/i);
  });

  it("passes what is clear enough, and publishes no lint", () => {
    put(
      "study/Dockerfile",
      'FROM docker.io/library/python:3.12-slim\nRUN mkdir /safe_data /safe_outputs /scratch\nUSER 1\nCMD ["python3"]\n',
    );
    const { code, done } = runSteps(
      steps,
      inputs({ command: "lint", project: "study", publish: "ghcr.io/lab/x" }),
    );
    expect(code).toBe(0);
    expect(done.at(-1)).toBe("Result");
  });

  it("says what went wrong where there is no report, and still asks for the exit code last", () => {
    const { code, log, done, summary, outputs } = runSteps(
      steps,
      inputs({ project: "nowhere", sarif: "true" }),
    );
    expect(code).toBe(2);
    expect(log).toContain("[project.not-found]");
    expect(summary).toContain("exit code 2");
    expect(outputs.check?.outputs).not.toHaveProperty("sarif");
    expect(done.slice(-2)).toEqual(["Keep the evidence", "Result"]);
  });

  it("hands on what it was given, word by word, and nothing of it becomes a command", () => {
    const evil = "$(touch hit)`touch hit`; touch hit";
    const { log, code } = runSteps(
      steps,
      inputs({ command: "lint", project: evil, arguments: `--ignore\n${evil}\n`, "fail-on": "warning" }),
    );
    expect(code).toBe(2);
    expect(log).toContain(`no folder or file “${evil}”`);
    expect(existsSync(join(here(), "hit"))).toBe(false);
    expect(existsSync(join(here(), "study/hit"))).toBe(false);
  });

  it("installs the version that it belongs to", () => {
    expect(action.inputs.version?.default).toBe(version);
    const folder = join(here(), "temp/pratique-program/node_modules/pratique/package.json");
    writeFileSync(folder, "");
    spawnSync("rm", [folder]);
    const { log, code } = runSteps(steps, inputs({}), { npm: 'echo "npm $*"; exit 9' });
    expect(code).toBe(9);
    expect(log).toMatch(
      new RegExp(`npm install .*--ignore-scripts .*pratique@${version.replaceAll(".", "\\.")}\n`),
    );
  });

  it("publishes after everything else, and signs with a key that is gone afterwards", () => {
    const publish = steps.at(-1);
    expect(publish?.name).toBe("Publish");
    const record = join(here(), "words");
    const program = join(here(), "temp/pratique-program/node_modules/other");
    mkdirSync(join(program, "dist/cli"), { recursive: true });
    cpSync(join(root, "ci"), join(program, "ci"), { recursive: true });
    writeFileSync(
      join(program, "dist/cli/main.cjs"),
      `#!/bin/sh\nprintf '%s\\n' "$@" > ${record}\nfor key; do :; done\ncat "$key" >> ${record}; stat -c %a "$key" >> ${record}\n`,
      { mode: 0o755 },
    );
    const { code } = runSteps([{ ...publish, run: `${program}/ci/github-publish.sh` } as Step], {
      ...inputs({ publish: "ghcr.io/lab/x", "signing-key": "PEM" }),
    });
    expect(code).toBe(0);
    const words = readFileSync(record, "utf8").split("\n");
    expect(words.slice(0, 2)).toEqual(["publish", "ghcr.io/lab/x"]);
    expect(words.slice(3)).toEqual(["--key", expect.stringMatching(/key\./), "PEM", "600", ""]);
    expect(readdirSync(join(here(), "temp")).filter((name) => name.startsWith("key."))).toEqual([]);
  });
});

describe("the reusable workflow for GitHub", () => {
  const { changes, check } = workflow.jobs;
  const git = (...args: string[]): string =>
    spawnSync("git", ["-c", "user.name=T", "-c", "user.email=t@example.org", ...args], {
      cwd: here(),
      encoding: "utf8",
    }).stdout.trim();
  const changed = (context: Context): string =>
    runSteps(changes.steps.slice(1), context, { npm: "exit 0" }).outputs.changed?.outputs.projects ?? "";

  it("makes a matrix of the projects that changed", () => {
    git("init", "-q");
    put("other/Dockerfile", "FROM scratch\n");
    git("add", "study", "other");
    git("commit", "-qm", "x");
    const before = git("rev-parse", "HEAD");
    put("study/main.py", "1");
    git("add", "study");
    git("commit", "-qm", "y");
    const context = (base: string, everything = false): Context => ({
      inputs: { folder: ".", version, everything },
      github: { event: { before: base } },
    });
    expect(JSON.parse(changed(context(before)))).toEqual({
      include: [{ name: "study", project: "study", file: "study/Dockerfile" }],
    });
    expect(JSON.parse(changed(context(before, true))).include).toHaveLength(2);
    expect(JSON.parse(changed(context("0".repeat(40)))).include).toHaveLength(2);
    const none = changed(context("HEAD"));
    const job = { ...inputs({}), needs: { changes: { outputs: { projects: none } } } };
    expect(evaluate(check.if, job)).toBe(false);
  });

  it("checks, keeps the evidence, and publishes last, never for a pull request", () => {
    const names: string[] = check.steps.map(({ name, uses }: Step) => name ?? uses);
    const order = ["Install", "Check", "Keep the evidence", "Code scanning", "Result", "Log in", "Publish"];
    expect(names.filter((name) => order.includes(name))).toEqual(order);
    for (const { name, if: condition } of check.steps)
      if (name === "Log in" || name === "Publish")
        expect(condition).toContain("github.event_name != 'pull_request'");
    const { code, outputs } = runSteps(
      check.steps.map((step: Step) =>
        step.name === "Check" ? { ...step, env: { ...step.env, INPUT_COMMAND: "lint" } } : step,
      ),
      {
        inputs: {
          version,
          engine: "docker",
          arguments: "",
          sarif: false,
          publish: "ghcr.io/lab/",
          trivy: "",
        },
        matrix: { name: "study", project: "study", file: "study/Dockerfile" },
        github: { event_name: "push" },
      },
      { npm: "exit 0", docker: "exit 77" },
    );
    expect(outputs.check?.outputs.verdict).toBe("not-clear");
    expect(code).toBe(1);
  });

  it("installs the version that it belongs to", () => {
    expect(workflow.on.workflow_call.inputs.version.default).toBe(version);
  });
});

describe("the template for GitLab", () => {
  const { variables, ...jobs } = parse(readFileSync(join(root, "ci/gitlab.yml"), "utf8"), {
    customTags: [{ tag: "!reference", collection: "seq" }],
  });

  it("installs the version that it belongs to", () => {
    expect(variables.PRATIQUE_VERSION).toBe(version);
  });

  it("lints, with what GitLab shows in merge requests", () => {
    put("bin/pratique", `#!/bin/sh\nexec ${process.execPath} ${join(output, "cli/main.cjs")} "$@"\n`);
    const [line] = jobs["pratique-lint"].script;
    const { status, stdout } = spawnSync(
      "sh",
      ["-c", `chmod +x bin/pratique; PATH=$PWD/bin:$PATH; ${line}`],
      {
        cwd: here(),
        encoding: "utf8",
        env: { HOME: here(), PATH: "/usr/bin:/bin", PRATIQUE_PROJECT: "study" },
      },
    );
    expect(stdout).toContain("missing-safe-directories");
    expect(status).toBe(1);
    const { codequality, junit } = jobs[".pratique"].artifacts.reports;
    for (const file of [codequality, junit]) expect(existsSync(join(here(), file))).toBe(true);
    expect(readFileSync(join(here(), codequality), "utf8")).toContain("study/Dockerfile");
  });

  it("starts with a lint, and keeps artefacts whatever was found", () => {
    expect(jobs["pratique-check"].needs).toEqual(["pratique-lint"]);
    expect(jobs[".pratique"].artifacts.when).toBe("always");
  });
});

describe("all of them", () => {
  it.each(["action.yml", ".github/workflows/check.yml", "docs/ci.md", "docs/outputs.md"])(
    "%s pins the actions of others by commit, as init does",
    (name) => {
      const used = [...readFileSync(join(root, name), "utf8").matchAll(/uses: ((?!<owner>)\S+@.*)/g)];
      expect(used.length).toBeGreaterThan(0);
      for (const [, line = ""] of used) {
        const [, action = "", path = ""] = /^([\w-]+\/[\w-]+)([\w/-]*)@/.exec(line) ?? [];
        expect(line).toBe(pinnedAction(action as Action, path));
      }
    },
  );

  it("docs/scan.md names an image of Trivy that can be had", () => {
    expect(readFileSync(join(root, "docs/scan.md"), "utf8")).toContain(`image: ${trivyImage()}\n`);
  });

  it.each(["action.yml", ".github/workflows/check.yml"])("%s puts no expression into a command", (name) => {
    const text = readFileSync(join(root, name), "utf8");
    const runs = [...text.matchAll(/^( *)(?:- )?run: (?:\|\n((?:\1 +.*\n|\n)+)|(.*)\n)/gm)];
    expect(runs.length).toBeGreaterThan(3);
    for (const [, , block = "", line = ""] of runs) expect(block + line).not.toContain("${{");
  });
});

describe("the image of pratique itself", () => {
  it("is clear under its own lint", () => {
    const { status, stdout } = pratique([
      "lint",
      join(root, "Dockerfile"),
      "--shellcheck",
      "never",
      "--fail-on",
      "info",
    ]);
    expect(stdout).toContain("no findings");
    expect(status).toBe(0);
  });

  it("is built from what the package needs, and from nothing else", () => {
    const lines = readFileSync(join(root, ".dockerignore"), "utf8").split("\n").filter(Boolean);
    expect(lines[0]).toBe("*");
    for (const line of lines.slice(1)) expect(existsSync(join(root, line.slice(1))), line).toBe(true);
  });
});
