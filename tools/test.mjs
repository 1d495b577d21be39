// @ts-check
/**
 * The whole test: sets up what is missing, then types and style, units, the built commands, the recorder, pages in a real
 * browser, and whole checks on both engines and on the Node versions it promises. Ends with “N passed, N failed”.
 *
 *     npm test                      everything, but of the fault cases only those that are quick
 *     npm run test:faults           all of these: more than a hundred programs and images that go wrong, in three places
 *     npm test -- unit recorder     only the named parts
 */
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { stripVTControlCharacters } from "node:util";
import { ensureBases } from "./setup/bases.mjs";
import { ensureCosign } from "./setup/cosign.mjs";
import { ensureDocker, ensurePodman } from "./setup/engines.mjs";
import { buildFaults } from "./setup/faults.mjs";
import { ensureLanguages } from "./setup/languages.mjs";
import { nodeProgram } from "./setup/node.mjs";
import { ensurePackages } from "./setup/packages.mjs";
import { buildRecorder } from "./setup/recorder.mjs";
import { ensureRootless } from "./setup/rootless.mjs";
import { commandLine, must, report, root, run, which } from "./setup/shared.mjs";
import { ensureTrivy } from "./setup/trivy.mjs";

/** Node versions beside the one that runs this, as npm packages that carry the program. */
const NODES = ["22", "24"];

/** @typedef {{ passed: number, failed: number, failures?: string[] }} Count failures: told again at the end */

/** @type {Record<string, (results: string) => Promise<Count>>} */
const parts = {
  style: async () => {
    const checks = [
      ["npx", ["tsc", "-p", "."]],
      ["npx", ["biome", "ci", "--error-on-warnings", "."]],
      ["npx", ["knip"]],
      ["node", ["tools/ts.mjs", "tools/generate.ts", "--check"]],
    ];
    let failed = 0;
    for (const [program, args] of checks)
      if (!(await succeeds(String(program), /** @type {string[]} */ (args)))) failed++;
    return { passed: checks.length - failed, failed };
  },
  unit: (results) => vitest(results, "vitest.config.ts"),
  commands: async (results) => {
    await ensurePackages(["documents"]);
    return vitest(results, "vitest.commands.config.ts");
  },
  recorder: async () => {
    await ensurePackages(["go"]);
    // The race detector needs a C compiler.
    const race = (await which("gcc")) === undefined ? [] : ["-race"];
    const ok = await succeeds("go", ["test", ...race, "./..."], path.join(root, "recorder"));
    const vetted = await succeeds("go", ["vet", "./..."], path.join(root, "recorder"));
    return { passed: Number(ok) + Number(vetted), failed: Number(!ok) + Number(!vetted) };
  },
  browser: async (results) => {
    await ensurePackages(["browser"]);
    return vitest(results, "vitest.browser.config.ts");
  },
  e2e: async (results) => {
    await ensurePackages(["shellcheck", "certificates", "documents"]);
    await compiledTools();
    const podman = await ensurePodman();
    const docker = await ensureDocker();
    try {
      await ensureBases({ engines: ["podman", "docker"] });
      await ensureLanguages(["podman", "docker"]);
      const engines = await vitest(results, "vitest.e2e.config.ts");
      const nodes = await otherNodes();
      return {
        ...engines,
        passed: engines.passed + nodes.passed,
        failed: engines.failed + nodes.failed,
      };
    } finally {
      await docker.stop();
      await podman.stop();
    }
  },
  faults: (results) => faults(results, "quick"),
  "every-fault": (results) => faults(results, "all"),
};

/** @type {Promise<unknown> | undefined} */
let tools;

/** Compiles what the whole checks ask, once: a quarter of an hour on a bare machine, beside what needs none of it. */
function compiledTools() {
  tools ??= ensureCosign().then(ensureTrivy);
  return tools;
}

/** Parts that take longer than a whole test should: they run when they are named. */
const ON_DEMAND = ["every-fault"];

/**
 * @param {string[]} wanted names of parts; none means all
 * @returns {Promise<number>} the exit code
 */
async function test(wanted) {
  const unknown = wanted.find((name) => !(name in parts));
  if (unknown !== undefined) {
    console.error(`There is no part “${unknown}”: ${Object.keys(parts).join(", ")}`);
    return 2;
  }
  await prepare();
  // It fails where it is waited for.
  if (wanted.length === 0 || wanted.includes("e2e")) compiledTools().catch(() => undefined);
  const results = await mkdtemp(path.join(tmpdir(), "results-"));
  /** @type {Count} */ const total = { passed: 0, failed: 0 };
  /** @type {string[]} */ const told = [];
  try {
    for (const [name, part] of Object.entries(parts)) {
      if (wanted.length === 0 ? ON_DEMAND.includes(name) : !wanted.includes(name)) continue;
      console.log(`\n== ${name}`);
      const started = Date.now();
      const { passed, failed, failures = [] } = await part(path.join(results, `${name}.json`));
      console.log(
        `== ${name}: ${passed} passed, ${failed} failed, ${((Date.now() - started) / 1000).toFixed(0)} s`,
      );
      total.passed += passed;
      total.failed += failed;
      told.push(...failures.map((failure) => `${name}: ${failure}`));
    }
  } finally {
    await rm(results, { recursive: true, force: true });
  }
  // Some places keep only the end of a long log.
  for (const failure of told) console.log(`\nFAILED ${failure}`);
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

/**
 * Programs and images that go wrong, on Docker, Podman and rootless Podman.
 *
 * @param {string} results
 * @param {"quick" | "all"} which
 */
async function faults(results, which) {
  await buildFaults();
  const podman = await ensurePodman();
  const docker = await ensureDocker();
  const rootless = await rootlessPodman();
  try {
    return await vitest(results, "vitest.faults.config.ts", { PRATIQUE_FAULTS: which });
  } finally {
    await rootless.stop();
    await docker.stop();
    await podman.stop();
  }
}

/**
 * Makes the user for rootless Podman. Where that cannot be, the tests that need it say so and fail.
 *
 * @returns {Promise<{ stop(): Promise<void> }>}
 */
async function rootlessPodman() {
  try {
    return await ensureRootless();
  } catch (error) {
    report(error);
    return { stop: async () => undefined };
  }
}

async function prepare() {
  const installed = await stat(path.join(root, "node_modules/.package-lock.json")).catch(() => undefined);
  const lock = await stat(path.join(root, "package-lock.json"));
  if (installed === undefined || installed.mtimeMs < lock.mtimeMs) {
    await must("npm", ["ci", "--no-audit", "--no-fund"], { output: "inherit", what: "npm ci" });
  }
  await must("npm", ["run", "--silent", "build"], { output: "inherit", what: "npm run build" });
  await ensurePackages(["go"]);
  await buildRecorder();
}

/**
 * @param {string} results where vitest writes what came of it
 * @param {string} config
 * @param {Record<string, string>} [env] beside our own
 * @returns {Promise<Count>}
 */
async function vitest(results, config, env = {}) {
  const args = [
    "vitest",
    "run",
    "--config",
    config,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${results}`,
  ];
  const ok = await succeeds("npx", args, root, env);
  const json = JSON.parse(await readFile(results, "utf8").catch(() => "{}"));
  const passed = Number(json.numPassedTests ?? 0);
  // A file that could not even be loaded has no tests to fail.
  const failed = Math.max(Number(json.numFailedTests ?? 0), ok ? 0 : 1);
  return { passed, failed, failures: failuresOf(json) };
}

/** Lines of a failed test that are told again at the end. */
const FAILURE_LINES = 25;

/**
 * @param {{ testResults?: { message?: string, assertionResults?: { status: string, fullName: string, failureMessages?: string[] }[] }[] }} json
 * @returns {string[]} each failed test with what was wrong
 */
function failuresOf(json) {
  return (json.testResults ?? [])
    .flatMap((file) => file.assertionResults ?? [])
    .filter((test) => test.status === "failed")
    .map(({ fullName, failureMessages = [] }) => {
      const message = stripVTControlCharacters(failureMessages.join("\n"));
      return [fullName, ...message.split("\n").slice(0, FAILURE_LINES)].join("\n    ");
    });
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} [cwd]
 * @param {Record<string, string>} [env] beside our own
 */
async function succeeds(program, args, cwd = root, env = {}) {
  const { code } = await run(program, args, { cwd, env, output: "inherit" });
  if (code !== 0) console.log(`FAILED: ${program} ${args.join(" ")}`);
  return code === 0;
}

/**
 * Runs the built command line on the other Node versions: a lint, and a whole check that must come out as the example
 * says.
 *
 * @returns {Promise<Count>}
 */
async function otherNodes() {
  /** @type {Count} */ const count = { passed: 0, failed: 0 };
  const cases = [
    { args: ["lint", "examples/heart-risk"], code: 0, verdict: "incomplete" },
    { args: ["check", "examples/home-writer", "--engine", "podman"], code: 1, verdict: "not-clear" },
  ];
  for (const version of NODES) {
    const program = await nodeProgram(version);
    for (const { args, code, verdict } of cases) {
      const output = await mkdtemp(path.join(tmpdir(), "node-"));
      const result = await run(program, [
        "dist/cli/main.cjs",
        ...args,
        "--format",
        "json",
        "--output",
        output,
      ]);
      await rm(output, { recursive: true, force: true });
      const ok = result.code === code && JSON.parse(result.stdout).verdict === verdict;
      console.log(`${ok ? "ok" : "FAILED"}: pratique ${args.join(" ")} on Node ${version}`);
      if (!ok) console.log(`exit ${result.code}\n${result.stderr}`);
      if (ok) count.passed++;
      else count.failed++;
    }
  }
  return count;
}

commandLine(import.meta.url, async (wanted) => {
  process.exitCode = await test(wanted);
});
