// Time of a whole “pratique lint” of one Dockerfile against an empty Node program, measured in turn so that both meet
// the same load. Ends with 1 when the ratio of the medians is above the limit. Run “npm run build” first.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const LIMIT = 2;
const RUNS = Math.max(21, Number(process.argv[2] ?? 21) || 21);
const program = join(dirname(fileURLToPath(import.meta.url)), "..", "dist", "cli", "main.cjs");
if (!existsSync(program)) {
  console.error(`${program} is missing: run “npm run build” first.`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "pratique-bench-"));
const dockerfile = join(folder, "Dockerfile");
writeFileSync(
  dockerfile,
  [
    "FROM docker.io/library/python:3.12-slim@sha256:0000000000000000000000000000000000000000000000000000000000000000",
    "RUN mkdir -p /safe_data /safe_outputs /scratch",
    "WORKDIR /opt/app",
    "COPY requirements.txt .",
    "RUN pip install --no-cache-dir -r requirements.txt",
    "COPY src/ ./src/",
    'CMD ["python3", "src/fit.py"]',
    "",
  ].join("\n"),
);

const timed = (args) => {
  const start = process.hrtime.bigint();
  // ShellCheck is a program of its own, which takes its own time where it is installed.
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PATH: "" },
  });
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0 && status !== 1) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
  return milliseconds;
};
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
};

try {
  const lint = [program, "lint", dockerfile];
  const empty = ["-e", "0"];
  // Once each to fill the file cache.
  timed(lint);
  timed(empty);
  const times = { lint: [], empty: [] };
  for (let run = 0; run < RUNS; run++) {
    times.lint.push(timed(lint));
    times.empty.push(timed(empty));
  }
  const ratio = median(times.lint) / median(times.empty);
  console.log(`pratique lint  ${median(times.lint).toFixed(1)} ms  (median of ${RUNS})`);
  console.log(`node -e 0      ${median(times.empty).toFixed(1)} ms`);
  console.log(`ratio          ${ratio.toFixed(2)}  (limit ${LIMIT})`);
  if (ratio > LIMIT) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
