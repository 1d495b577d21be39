import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../tools/build.mjs";
import { buildRecorder } from "../../tools/setup/recorder.mjs";
import { root } from "./support.ts";

/** The npm package as built, installed in a folder that has neither the sources nor a compiler in reach. */

const place = mkdtempSync(join(tmpdir(), "package-"));
const clean = join(place, "clean");
const installed = join(clean, "node_modules", "pratique");
/** All that may be started. */
const PROGRAMS = ["node", "npm", "npx", "sh", "env", "podman"];

afterAll(() => rmSync(place, { recursive: true, force: true }));

function pack(name: string): string {
  const folder = join(place, name);
  mkdirSync(folder);
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8" }));
  return join(folder, filename);
}

function start(program: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: clean,
    encoding: "utf8",
    timeout: 240_000,
    maxBuffer: 64 * 1024 * 1024,
    env: {
      ...process.env,
      PATH: join(place, "bin"),
      HOME: place,
      CI: "true",
      npm_config_offline: "true",
      npm_config_cache: join(place, "npm"),
    },
  });
  return { status, stdout, stderr };
}

beforeAll(() => {
  mkdirSync(join(place, "bin"));
  for (const program of PROGRAMS) {
    const path = execFileSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).trim();
    symlinkSync(path, join(place, "bin", program));
  }
  mkdirSync(clean);
  writeFileSync(join(clean, "package.json"), '{"name":"study","private":true,"type":"module"}');
  // A careful user's files are closed to the job's user; the recorder has to start all the same.
  const umask = process.umask(0o077);
  try {
    const { status, stderr } = start("npm", "install", "--no-audit", "--no-fund", pack("a"));
    expect(status, stderr).toBe(0);
  } finally {
    process.umask(umask);
  }
  for (const name of ["home-writer", "bases.args"])
    cpSync(join(root, "examples", name), join(clean, name), { recursive: true });
});

describe("the package", () => {
  it("holds recorders for both architectures, and nothing that belongs to one machine", () => {
    const files = filesIn(installed);
    expect(files).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "dist/THIRD-PARTY.txt",
        "dist/recorder/build.json",
        "dist/recorder/pratique-recorder-linux-amd64",
        "dist/recorder/pratique-recorder-linux-arm64",
        "schemas/config.schema.json",
      ]),
    );
    expect(files.filter((file) => /\.cache$|(?<!\.d)\.ts$|\.go$|^test\//.test(file))).toEqual([]);
    const { sha256 } = JSON.parse(readFileSync(join(installed, "dist/recorder/build.json"), "utf8"));
    const machines = { amd64: 62, arm64: 183 };
    for (const [architecture, machine] of Object.entries(machines)) {
      const program = readFileSync(join(installed, `dist/recorder/pratique-recorder-linux-${architecture}`));
      expect(createHash("sha256").update(program).digest("hex")).toBe(sha256[architecture]);
      expect(program.readUInt16LE(18)).toBe(machine);
      expect(program.includes(root)).toBe(false);
    }
  });

  it("installs nothing else, and runs no script when it is installed", () => {
    const { dependencies, scripts } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    expect(dependencies).toBeUndefined();
    expect(Object.keys(scripts).filter((name) => /^(?:pre|post)?install$/.test(name))).toEqual([]);
    expect(readdirSync(join(clean, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "pratique",
    ]);
  });

  it("lints", () => {
    const { status, stdout } = start("npx", "pratique", "lint", "home-writer");
    expect(stdout).toMatch(/home-writer|Dockerfile/);
    expect(status).toBe(0);
  });

  it("checks an example as the example says, and observes the run", () => {
    const { status, stdout, stderr } = start(
      "npx",
      "pratique",
      "check",
      "home-writer",
      "--engine",
      "podman",
      "--format",
      "json",
    );
    const expected = JSON.parse(readFileSync(join(clean, "home-writer/expected.json"), "utf8"));
    expect(status, stderr).toBe(expected.exitCode);
    const report = JSON.parse(stdout);
    expect(report.verdict).toBe(expected.verdict);
    expect(report.recording.coverage.network.status).toBe("observed");
  });

  it("checks as a step of GitHub Actions, and keeps the evidence", () => {
    const files = { GITHUB_OUTPUT: "output", GITHUB_STEP_SUMMARY: "summary" };
    const { status, stdout } = spawnSync(join(installed, "ci/github.sh"), {
      cwd: clean,
      encoding: "utf8",
      timeout: 240_000,
      env: {
        ...process.env,
        ...Object.fromEntries(Object.entries(files).map(([name, file]) => [name, join(place, file)])),
        RUNNER_TEMP: place,
        INPUT_PROJECT: "home-writer",
        INPUT_ENGINE: "podman",
        CI: "true",
      },
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^::error .*title=/m);
    expect(readFileSync(join(place, "output"), "utf8")).toMatch(/^exit-code=1\nverdict=not-clear\n/);
    expect(readFileSync(join(place, "summary"), "utf8")).toMatch(/not clear/i);
    expect(readdirSync(join(place, "pratique-evidence"))).toEqual(
      expect.arrayContaining(["index.html", "junit.xml", "pratique.sarif", "report.json", "test.log"]),
    );
  });

  it("starts no recorder that is not the one it came with", () => {
    const recorder = join(installed, "dist/recorder/pratique-recorder-linux-amd64");
    const before = readFileSync(recorder);
    try {
      appendFileSync(recorder, "more");
      const { status, stderr } = start("npx", "pratique", "check", "home-writer", "--engine", "podman");
      expect(stderr).toContain("[recorder.changed]");
      expect(status).toBe(3);
    } finally {
      writeFileSync(recorder, before);
    }
  });

  it("is a library too, with types that need nothing else", () => {
    writeFileSync(
      join(clean, "use.ts"),
      [
        'import { lintText, PratiqueError, type Report } from "pratique";',
        'const { report } = await lintText(new TextEncoder().encode("FROM docker.io/library/python:latest\\n"), {',
        '  target: "-", output: ".pratique", signal: new AbortController().signal,',
        "  progress: { start() {}, detail() {}, done() {} },",
        "});",
        "const typed: Report = report;",
        "// @ts-expect-error: a verdict is no number",
        "const wrong: number = typed.verdict;",
        "console.log(JSON.stringify({ verdict: typed.verdict, rules: typed.findings.map(({ rule }) => rule),",
        '  error: new PratiqueError("project.not-found", "x").exitCode, wrong: typeof wrong }));',
      ].join("\n"),
    );
    const settings = {
      compilerOptions: {
        strict: true,
        module: "NodeNext",
        target: "ES2023",
        types: ["node"],
        typeRoots: [join(root, "node_modules/@types")],
        outDir: "out",
      },
      files: ["use.ts"],
    };
    writeFileSync(join(clean, "tsconfig.json"), JSON.stringify(settings));
    const { status, stdout } = start("node", join(root, "node_modules/typescript/bin/tsc"), "-p", ".");
    expect(stdout).toBe("");
    expect(status).toBe(0);
    const run = start("node", "out/use.js");
    expect(run.stderr).toBe("");
    expect(JSON.parse(run.stdout)).toMatchObject({
      rules: expect.arrayContaining(["unpinned-base"]),
      error: 2,
      wrong: "string",
    });
  });
});

describe("the build", () => {
  it("packs the same bytes again", () => {
    expect(readFileSync(pack("b")).equals(readFileSync(pack("c")))).toBe(true);
  });

  it("bundles the same bytes in another folder", async () => {
    const again = join(root, "node_modules", `.again-${process.pid}`);
    try {
      await bundle(again);
      const built = filesIn(again).filter((file) => !file.endsWith(".cache"));
      expect(built.length).toBeGreaterThan(50);
      for (const file of built)
        expect(readFileSync(join(again, file)).equals(readFileSync(join(root, "dist", file))), file).toBe(
          true,
        );
    } finally {
      rmSync(again, { recursive: true, force: true });
    }
  });

  it("compiles the same recorders from a copy of the sources elsewhere", async () => {
    const source = join(place, "elsewhere", "recorder");
    cpSync(join(root, "recorder"), source, { recursive: true });
    const { files } = await buildRecorder({ source, output: join(place, "recorders"), force: true });
    for (const path of Object.values(files)) {
      const shipped = readFileSync(join(root, "dist/recorder", relative(join(place, "recorders"), path)));
      expect(readFileSync(path).equals(shipped), path).toBe(true);
    }
  });
});

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    statSync(join(folder, file)).isFile(),
  );
}
