/**
 * What the recorder costs: the same program in the same container, with it and without, in turns. Medians of the ratios of
 * neighbours; the time is the program's own, so that starting a container does not hide anything.
 *
 * Each run gets folders of its own, as in a test, on the disk of the temporary folder, and nothing is removed before the end:
 * ext4 steps over every inode that was given up in the last minutes when it looks for a free one. A bench that clears up
 * after each run makes files five times dearer, with and without the recorder, and measures that.
 *
 *     node bench/recorder.mjs [podman|docker] [csv files processes start events]
 *
 * Needs the recorder (`npm run build:recorder`), the command line (`npm run build`), Go, an engine, and the base image of the
 * examples. strace is installed into an image of its own, which is kept.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [engine = "podman", ...wanted] = process.argv.slice(2);
const rounds = Number(process.env.ROUNDS ?? 5);
const arch = process.arch === "arm64" ? "arm64" : "amd64";
const recorder = join(root, "dist/recorder", `pratique-recorder-linux-${arch}`);
const base = /^PYTHON_BASE=(.*)$/m.exec(readFileSync(join(root, "examples/bases.args"), "utf8"))?.[1] ?? "";
const image = "localhost/pratique-bench/recorder:1";
const folder = mkdtempSync(join(tmpdir(), "bench-"));
// Nobody else's: limits of processes count those of a user in all containers.
const user = "1998602177:1998600502";

const LIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"];
const LEAST_BELIEVED = 0.9;
const failures = [];

/** @param {string[]} args @param {string} [input] */
function run(args, input) {
  const { status, stdout, stderr, error } = spawnSync(engine, args, {
    encoding: "utf8",
    input,
    maxBuffer: 1 << 26,
  });
  if (error !== undefined || status !== 0)
    throw new Error(`${engine} ${args.slice(0, 12).join(" ")} ended with ${status}: ${error ?? stderr}`);
  return stdout;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** @param {string} what @param {number} value @param {number} limit @param {"most" | "most times" | "least"} kind @param {string} more */
function judge(what, value, limit, kind, more = "") {
  // Nothing is faster for being recorded: such a ratio tells of what else the machine does.
  const noise = kind === "most times" && value < LEAST_BELIEVED;
  const ok = !noise && (kind === "least" ? value >= limit : value <= limit);
  console.log(
    `${ok ? "ok    " : noise ? "NOISE " : "MISSED"}  ${what.padEnd(44)} ${value.toFixed(2).padStart(8)}  at ${kind} ${limit}  ${more}`,
  );
  if (!ok) failures.push(what);
}

const PROGRAMS = {
  // What a job does most: reads 200 MB of CSV and writes a few results.
  csv: `
import csv, os, time
if not os.path.exists("/safe_data/big.csv"): raise SystemExit("no data")
start = time.perf_counter()
sums = {}
with open("/safe_data/big.csv", newline="") as f:
    for row in csv.reader(f):
        sums[row[0]] = sums.get(row[0], 0) + int(row[1])
for name in list(sums)[:50]:
    with open(f"/safe_outputs/{name}.csv", "w") as f: f.write(f"{name},{sums[name]}\\n")
print(time.perf_counter() - start)
`,
  files: `
import os, time
n = int(os.environ["COUNT"])
start = time.perf_counter()
os.mkdir("/scratch/many")
for i in range(n):
    with open(f"/scratch/many/{i}.txt", "w") as f: f.write("x\\n")
print((time.perf_counter() - start) / n * 1e6)
`,
  processes: `
import subprocess, time
start = time.perf_counter()
for i in range(500): subprocess.run(["/bin/true"])
print(time.perf_counter() - start)
`,
  // Half of the events are stray writes to files of their own, the rest are writes that are refused.
  events: `
import os
n = int(os.environ["COUNT"])
os.mkdir("/tmp/many")
for i in range(n // 2):
    os.close(os.open(f"/tmp/many/{i}", os.O_WRONLY | os.O_CREAT))
    try: os.open(f"/usr/{i}", os.O_WRONLY | os.O_CREAT)
    except OSError: pass
status = open("/proc/1/status").read()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
`,
};

/** @param {string} name */
function makeFolder(name) {
  const path = join(folder, name);
  mkdirSync(path);
  chmodSync(path, 0o777);
  return path;
}

function prepare() {
  for (const name of ["safe_data", "bench"]) makeFolder(name);
  for (const [name, text] of Object.entries(PROGRAMS))
    writeFileSync(join(folder, "bench", `job-${name}.py`), text);
  const built = spawnSync(engine, ["image", "inspect", image], { stdio: "ignore" }).status === 0;
  if (built) return;
  const lines = [
    `FROM ${base}`,
    "USER root",
    "RUN apt-get update && apt-get install -y --no-install-recommends strace",
  ];
  writeFileSync(join(folder, "Dockerfile"), `${lines.join("\n")}\n`);
  const network = engine === "podman" ? ["--ulimit", "nofile=1024:1024"] : [];
  run([
    "build",
    ...network,
    "--network",
    "host",
    "-t",
    image,
    "-f",
    join(folder, "Dockerfile"),
    join(folder, "bench"),
  ]);
}

// Lets every call that the recorder would see continue without a look: what no recorder of this kind can save.
const answer = join(folder, "answer");
function buildAnswer() {
  const built = spawnSync("go", ["build", "-o", answer, "./bench/answer"], {
    cwd: join(root, "recorder"),
    env: { ...process.env, CGO_ENABLED: "0" },
    encoding: "utf8",
  });
  if (built.error !== undefined || built.status !== 0)
    throw new Error(`go build: ${built.error ?? built.stderr}`);
}

let runs = 0;
const recordOf = (run) => join(folder, `record-${run}`);

/**
 * @param {keyof typeof PROGRAMS} name
 * @param {"plain" | "answered" | "recorded" | "traced"} how
 * @param {number} [count]
 */
function program(name, how, count = 0) {
  runs++;
  const mounts = [
    ...["-v", `${join(folder, "safe_data")}:/safe_data`, "-v", `${join(folder, "bench")}:/bench`],
    ...["safe_outputs", "scratch"].flatMap((one) => ["-v", `${makeFolder(`${one}-${runs}`)}:/${one}`]),
  ];
  const common = ["run", "--rm", ...LIMITS, "--network", "none", "--user", user, "--cap-drop", "ALL"];
  const python = ["python3", `/bench/job-${name}.py`];
  const words = {
    plain: ["--entrypoint", "python3", image, ...python.slice(1)],
    answered: ["-v", `${answer}:/answer:ro`, "--entrypoint", "/answer", image, ...python],
    traced: ["--entrypoint", "strace", image, "-f", "-o", "/dev/null", ...python],
    recorded: [
      ...[
        "-v",
        `${recorder}:/.pratique/recorder:ro`,
        "-v",
        `${makeFolder(`record-${runs}`)}:/.pratique/record`,
      ],
      ...["--entrypoint", "/.pratique/recorder", image, "run", "--record", "/.pratique/record"],
      ...[
        "--allow",
        "/safe_outputs",
        "--allow",
        "/scratch",
        "--outputs",
        "/safe_outputs",
        "--scratch",
        "/scratch",
      ],
      ...["--", ...python],
    ],
  }[how];
  return Number(
    run([...common, "-e", `COUNT=${count}`, ...mounts, ...words])
      .trim()
      .split("\n")
      .at(-1),
  );
}

/**
 * In turns, so that whatever else the machine does meets all, and each as often early as late.
 *
 * @param {keyof typeof PROGRAMS} name
 * @param {readonly ("plain" | "answered" | "recorded" | "traced")[]} ways
 * @param {number} [count] tracing takes ten times as long, so it gets a tenth
 */
function inTurns(name, ways, count = 0) {
  const times = Object.fromEntries(ways.map((how) => [how, /** @type {number[]} */ ([])]));
  for (let round = 0; round < rounds; round++)
    for (const how of round % 2 === 0 ? ways : ways.toReversed())
      times[how].push(program(name, how, how === "traced" ? Math.ceil(count / 10) : count));
  return times;
}

/** @param {readonly number[]} these @param {readonly number[]} those */
const ratio = (these, those) => median(these.map((one, round) => one / those[round]));

const inSeconds = (plain, recorded) =>
  `${median(plain).toFixed(2)} s, recorded ${median(recorded).toFixed(2)} s`;

const benches = {
  csv() {
    const line = (i) => `site${i % 40},${i % 1000},2024-01-${(i % 28) + 1},some text that a row carries\n`;
    const block = Array.from({ length: 20_000 }, (_, i) => line(i)).join("");
    writeFileSync(join(folder, "safe_data/big.csv"), block.repeat(Math.ceil(200e6 / block.length)));
    const { plain, recorded } = inTurns("csv", ["plain", "recorded"]);
    judge("200 MB of CSV read", ratio(recorded, plain), 1.03, "most times", inSeconds(plain, recorded));
    rmSync(join(folder, "safe_data/big.csv"));
  },
  files() {
    // All rounds together: on a slow disk a run of its own for each hundred thousand takes too long.
    const count = Math.ceil(Number(process.env.FILES ?? 100_000) / rounds);
    buildAnswer();
    const ways = /** @type {const} */ (["plain", "answered", "recorded", "traced"]);
    const { plain, answered, recorded, traced } = inTurns("files", ways, count);
    const floor = `answered only ${median(answered).toFixed(0)} µs (${ratio(answered, plain).toFixed(2)})`;
    const each = `a file: ${median(plain).toFixed(0)} µs, ${floor}, recorded ${median(recorded).toFixed(0)} µs`;
    judge("100,000 small files in /scratch", ratio(recorded, plain), 1.5, "most times", each);
    const strace = `${median(traced).toFixed(0)} µs`;
    judge("the same, times faster than strace -f", ratio(traced, recorded), 5, "least", strace);
  },
  processes() {
    const { plain, recorded } = inTurns("processes", ["plain", "recorded"]);
    judge("500 processes started", ratio(recorded, plain), 1.3, "most times", inSeconds(plain, recorded));
  },
  start() {
    const whole = [];
    const alone = [];
    writeFileSync(join(folder, "pratique.yaml"), "version: 1\ntest:\n  args: [-c, pass]\n");
    for (let round = 0; round < rounds; round++) {
      const began = performance.now();
      run(["run", "--rm", ...LIMITS, "--network", "none", "--entrypoint", "python3", image, "-c", "pass"]);
      alone.push((performance.now() - began) / 1000);
      const { stdout } = spawnSync(
        process.execPath,
        [
          join(root, "dist/cli/main.cjs"),
          "test",
          image,
          ...["--engine", engine, "--format", "json", "--output", join(folder, "out")],
        ],
        { encoding: "utf8", cwd: folder, maxBuffer: 1 << 26 },
      );
      const step = JSON.parse(stdout).steps.find(({ id }) => id === "test");
      whole.push(step.seconds);
    }
    const beyond = median(whole) - median(alone);
    judge(
      "seconds of a test beyond the engine's run",
      beyond,
      1.5,
      "most",
      `${median(whole).toFixed(2)} s, run alone ${median(alone).toFixed(2)} s`,
    );
  },
  events() {
    const count = Number(process.env.EVENTS ?? 1_000_000);
    const peak = (program("events", "recorded", count) * 1024) / 1e6;
    const file = join(recordOf(runs), "recording.json");
    const { dropped } = JSON.parse(readFileSync(file, "utf8"));
    const kept = Object.entries(dropped)
      .filter(([, n]) => n > 0)
      .map(([k, n]) => `${n} ${k}`);
    judge(`MB of memory after ${count} events`, peak, 200, "most", `not kept: ${kept.join(", ")}`);
    judge("MB on disk", statSync(file).size / 1e6, 50, "most");
  },
};

try {
  prepare();
  for (const [name, bench] of Object.entries(benches))
    if (wanted.length === 0 || wanted.includes(name)) bench();
} finally {
  // What the job's user made can only be removed as that user, or as root.
  spawnSync(engine, [
    "run",
    "--rm",
    ...LIMITS,
    "--user",
    "0",
    "-v",
    `${folder}:/bench`,
    "-v",
    `${recorder}:/r:ro`,
    "--entrypoint",
    "/r",
    image,
    "clean",
    "/bench",
  ]);
  rmSync(folder, { recursive: true, force: true });
}
if (failures.length > 0) process.exitCode = 1;
