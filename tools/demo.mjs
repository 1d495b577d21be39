// @ts-check
/**
 * From a fresh checkout to two finished reports: sets the machine up, builds pratique, and checks two of the examples.
 *
 *     npm run demo                            PRATIQUE_ENGINE=docker chooses Docker in place of Podman
 */
import { stat } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { ensureBases } from "./setup/bases.mjs";
import { ensureDocker, ensurePodman } from "./setup/engines.mjs";
import { buildRecorder } from "./setup/recorder.mjs";
import { commandLine, must, readJson, root, run, SetupError } from "./setup/shared.mjs";

/** @type {readonly { name: string, about: string }[]} */
const examples = [
  { name: "heart-risk", about: "a Python job that is fit for the Safe Haven" },
  {
    name: "clinical-notes",
    about: "a job that wants to download a model when it runs: it must come out as not clear",
  },
];

/** @returns {Promise<number>} the exit code */
async function demo() {
  const engine = process.env.PRATIQUE_ENGINE ?? "podman";
  if (engine !== "podman" && engine !== "docker") {
    throw new SetupError(`PRATIQUE_ENGINE is ${engine}`, { hint: "podman or docker", exitCode: 2 });
  }
  step("the engine");
  const running = engine === "podman" ? await ensurePodman() : await ensureDocker();
  line(`${running.name} ${running.version}`);
  try {
    step("npm packages");
    if (await packagesAreStale())
      await must("npm", ["ci", "--no-audit", "--no-fund"], { output: "inherit", what: "npm ci" });
    else line("up to date");

    step("pratique itself");
    await must("npm", ["run", "--silent", "build"], { output: "inherit", what: "npm run build" });

    step("the recorder");
    const recorder = await buildRecorder();
    line(recorder.built ? "compiled" : "up to date");

    step("the base images of the examples");
    const bases = await ensureBases({ engines: [engine] });
    line(
      bases.cached
        ? "all here"
        : bases.source === "made"
          ? "made here, since docker.io does not answer"
          : "on docker.io",
    );

    return await checkExamples(engine);
  } finally {
    await running.stop();
  }
}

/** @param {string} engine @returns {Promise<number>} */
async function checkExamples(engine) {
  /** @type {string[]} */ const summary = [];
  let asExpected = true;
  for (const { name, about } of examples) {
    step(`examples/${name}: ${about}`);
    const output = path.join(".pratique", "demo", name);
    const { code } = await run(
      process.execPath,
      ["dist/cli/main.cjs", "check", `examples/${name}`, "--output", output],
      {
        output: "inherit",
        env: { PRATIQUE_ENGINE: engine },
      },
    );
    const expected = await readJson(path.join(root, "examples", name, "expected.json"));
    const right = code === expected?.exitCode;
    asExpected &&= right;
    const verdict = right
      ? `${expected.verdict}, as it should be`
      : `exit code ${code} where ${expected?.exitCode} was expected`;
    summary.push(`${name.padEnd(16)} ${verdict.padEnd(30)} ${path.join(output, "index.html")}`);
  }
  step("the reports");
  for (const text of summary) line(text);
  return asExpected ? 0 : 1;
}

/** @returns {Promise<boolean>} whether node_modules is missing or older than the lock file */
async function packagesAreStale() {
  const time = (/** @type {string} */ file) =>
    stat(path.join(root, file)).then(
      (facts) => facts.mtimeMs,
      () => 0,
    );
  const installed = await time("node_modules/.package-lock.json");
  return installed === 0 || installed < (await time("package-lock.json"));
}

/** @param {string} text */
function step(text) {
  process.stdout.write(`\n== ${text}\n`);
}

/** @param {string} text */
function line(text) {
  process.stdout.write(`   ${text}\n`);
}

commandLine(import.meta.url, async () => {
  process.exitCode = await demo();
});
