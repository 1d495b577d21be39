// How fast “pratique lint” and hadolint go through the same 1,000 Dockerfiles, in turn, so that both meet the same load.
// Compares and judges nothing. Needs hadolint on the PATH. Run “npm run build” first.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { dockerfile } from "./corpus.mjs";

const FILES = 1000;
const RUNS = Math.max(3, Number(process.argv[2] ?? 3) || 3);
const program = join(dirname(fileURLToPath(import.meta.url)), "..", "dist", "cli", "main.cjs");
if (!existsSync(program)) {
  console.error(`${program} is missing: run “npm run build” first.`);
  process.exit(2);
}
const { stdout: version, error } = spawnSync("hadolint", ["--version"], { encoding: "utf8" });
if (error !== undefined) {
  console.error("There is no hadolint on the PATH to compare with.");
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "pratique-bench-"));
const names = Array.from({ length: FILES }, (_, n) => `study-${n}.dockerfile`);

/**
 * One run over all files, in seconds. Both end with 0 or 1.
 *
 * @param {string} command
 * @param {readonly string[]} args
 */
function timed(command, args) {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (status !== 0 && status !== 1)
    throw new Error(`${command} ended with ${status}: ${stderr.slice(0, 500)}`);
  return seconds;
}
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

try {
  for (const [n, name] of names.entries()) writeFileSync(join(folder, name), dockerfile(n));
  const times = { pratique: [], hadolint: [] };
  for (let run = 0; run < RUNS; run++) {
    times.pratique.push(timed(process.execPath, [program, "lint", "--shellcheck", "never", "."]));
    times.hadolint.push(timed("hadolint", names));
  }
  for (const [name, all] of Object.entries(times)) {
    const seconds = median(all);
    console.log(`${name.padEnd(10)} ${seconds.toFixed(2)} s  ${Math.round(FILES / seconds)} files/s`);
  }
  const ratio = median(times.hadolint) / median(times.pratique);
  console.log(`${version.trim()} takes ${ratio.toFixed(2)} times as long (medians of ${RUNS})`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
