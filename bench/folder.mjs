// How fast “pratique lint” goes through a folder of Dockerfiles, and whether its time grows in line with their number.
// Ends with 1 when a figure is missed. Run “npm run build” first.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { dockerfile } from "./corpus.mjs";

const program = join(
  process.env.PRATIQUE_DIST ?? join(dirname(fileURLToPath(import.meta.url)), "..", "dist"),
  "cli",
  "main.cjs",
);
if (!existsSync(program)) {
  console.error(`${program} is missing: run “npm run build” first.`);
  process.exit(2);
}
const LEAST_PER_SECOND = 2000;
const MOST_MEGABYTES = 300;
const RUNS = Math.max(3, Number(process.argv[2] ?? 5) || 5);

const root = mkdtempSync(join(tmpdir(), "pratique-bench-"));
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** A folder with so many Dockerfiles. @param {number} count */
function folderOf(count) {
  const folder = join(root, String(count));
  mkdirSync(folder);
  for (let n = 0; n < count; n++) writeFileSync(join(folder, `study-${n}.dockerfile`), dockerfile(n));
  return folder;
}

/** One run of the whole process, in seconds, with the most memory it had, in megabytes. */
function timed(args) {
  const start = process.hrtime.bigint();
  const run = spawnSync("/usr/bin/env", ["time", "-f", "%M", process.execPath, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (run.status !== 0 && run.status !== 1)
    throw new Error(`ended with ${run.status}: ${run.stderr.slice(0, 500)}`);
  const kilobytes = Number(/(\d+)\s*$/.exec(run.stderr)?.[1]);
  return { seconds, megabytes: kilobytes / 1024 };
}

try {
  const sizes = [100, 1000, 10_000];
  const folders = sizes.map(folderOf);
  const rows = new Map(sizes.map((size) => [size, { times: [], memory: [] }]));
  const start = [];
  const empty = [];
  timed([program, "lint", folders[0]]);
  for (let run = 0; run < RUNS; run++) {
    start.push(timed([program, "--version"]).seconds);
    empty.push(timed(["-e", "0"]).seconds);
    for (const [index, size] of sizes.entries()) {
      if (size === 10_000 && run >= 3) continue;
      const { seconds, megabytes } = timed([program, "lint", folders[index]]);
      rows.get(size).times.push(seconds);
      rows.get(size).memory.push(megabytes);
    }
  }
  const bare = median(start);
  let failed = false;
  const perFile = [];
  let ofEmpty = 0;
  for (const [size, { times, memory }] of rows) {
    const seconds = median(times);
    perFile.push((seconds - bare) / size);
    console.log(
      `${String(size).padStart(6)} Dockerfiles  ${seconds.toFixed(2)} s  ${Math.round(size / seconds)} files/s  ${Math.round(median(memory))} MB`,
    );
    if (median(memory) > MOST_MEGABYTES) failed = true;
    if (size === 1000) {
      if (size / seconds < LEAST_PER_SECOND) failed = true;
      ofEmpty = (size / seconds) * median(empty);
    }
  }
  // Start-up and warming-up make the first files the dearest: growth is judged from the middle to the large folder.
  const growth = perFile[2] / perFile[1];
  console.log(`time per file, 10,000 against 1,000: ${growth.toFixed(2)} (limit 1.3)`);
  if (growth > 1.3) failed = true;
  // The limit is in seconds, and machines differ: this figure is the same for a fast and a slow one.
  console.log(
    `files of 1,000 in the time of “node -e 0” (${Math.round(median(empty) * 1000)} ms): ${ofEmpty.toFixed(0)}`,
  );
  console.log(`limits: ${LEAST_PER_SECOND} files/s of 1,000, ${MOST_MEGABYTES} MB`);
  if (failed) process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}
