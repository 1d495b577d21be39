// How fast images are read, beside the tools that people use for the same bytes, and how much memory that takes. Each
// ratio is measured in one run, in turn, as a median. Ends with 1 when a figure is missed. Run “npm run build” first.
// Needs some 15 GB of free room in the temporary folder; PRATIQUE_BENCH_IMAGE names an image that Podman has.
// @ts-check
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { header, sampleBytes, writeArchive, writeBareLayer, writeDocuments } from "./image-archives.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const RUNS = Math.max(1, Number(process.argv[2] ?? 5) || 5);
/** Only figures whose name has this in it. */
const only = process.argv[3] ?? "";
const folder = mkdtempSync(join(tmpdir(), "pratique-bench-"));
const reader = join(folder, "read.mjs");
let missed = false;

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/**
 * One run of a program, in seconds, with the most memory that it had, in megabytes, and its processor time.
 *
 * @param {string[]} command
 */
function timed(command) {
  const start = process.hrtime.bigint();
  const run = spawnSync("/usr/bin/env", ["time", "-f", "%M %U %S", ...command], {
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (run.status !== 0)
    throw new Error(`${command.join(" ")} ended with ${run.status}: ${run.stderr.slice(0, 500)}`);
  const [, kilobytes, user, system] = /(\d+) ([\d.]+) ([\d.]+)\s*$/.exec(run.stderr) ?? [];
  return { seconds, megabytes: Number(kilobytes) / 1024, processor: Number(user) + Number(system) };
}

/**
 * Runs two commands in turn, and compares the medians.
 *
 * @param {string} name
 * @param {string[]} ours
 * @param {string[]} theirs
 * @param {number} limit
 * @param {string[]} [least] the same work in plain Node with nothing made of it, to tell what our own part takes
 */
function ratio(name, ours, theirs, limit, least) {
  if (!name.includes(only)) return;
  timed(theirs);
  const runs = Array.from({ length: RUNS }, () => ({
    theirs: timed(theirs),
    ours: timed(ours),
    least: least === undefined ? undefined : timed(least),
  }));
  /** @param {"seconds" | "processor"} what */
  const medians = (what) => [
    median(runs.map((run) => run.ours[what])),
    median(runs.map((run) => run.theirs[what])),
    median(runs.map((run) => run.least?.[what] ?? 0)),
  ];
  const [own = 0, other = 1, bare = 0] = medians("seconds");
  const [ownWork = 0, otherWork = 1, bareWork = 0] = medians("processor");
  const text = `${own.toFixed(2)} s beside ${other.toFixed(2)} s, ratio ${(own / other).toFixed(2)}`;
  const floored =
    least === undefined
      ? ""
      : `, bare Node ${(bare / other).toFixed(2)} (${(bareWork / otherWork).toFixed(2)})`;
  // On a machine that does other things too, processor time says more; it does not know two processors from one.
  report(
    name,
    `${text}, of processor time ${(ownWork / otherWork).toFixed(2)}${floored}`,
    own / other,
    limit,
  );
}

/**
 * @param {string} name
 * @param {string} text
 * @param {number} value
 * @param {number} limit
 */
function report(name, text, value, limit) {
  const failed = !(value <= limit);
  missed ||= failed;
  console.log(`${name.padEnd(44)} ${text}  (limit ${limit})${failed ? "  MISSED" : ""}`);
}

/** @param {string[]} args */
const floor = (...args) => [process.execPath, join(root, "bench", "image-floor.mjs"), ...args];

/** @param {string[]} args */
const ours = (...args) => [process.execPath, reader, ...args];

try {
  // The reading alone: what rules and reports take is the same whatever is read.
  await build({
    absWorkingDir: root,
    stdin: {
      contents: readFileSync(join(root, "bench", "image-reader.ts"), "utf8"),
      resolveDir: join(root, "bench"),
      loader: "ts",
    },
    outfile: reader,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    minify: true,
    logLevel: "warning",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  const sample = sampleBytes();

  const large = join(folder, "large.tar");
  if ("digests no-verify".includes(only) || only === "") {
    writeArchive(large, 200_000, 3.1e9, sample);
    console.log(`an archive of ${(statSync(large).size / 1e9).toFixed(2)} GB with 200,000 files`);
    const openssl = ["openssl", "dgst", "-sha256", large];
    ratio("digests compared, beside openssl dgst", ours(large, "verify"), openssl, 1.1);
    ratio("no-verify, beside openssl dgst", ours(large, "no-verify"), openssl, 0.2, floor("headers", large));
    const plain = ours(large, "verify");
    ratio("digests and contents, beside digests alone", ours(large, "verify", "contents"), plain, 1.5);
    rmSync(large);
  }

  if ("gzip layers".includes(only) || only === "") {
    const layers = [1, 2].map((number) => {
      const path = join(folder, `layer-${number}.tar`);
      const diffId = writeBareLayer(path, 10_000, 2.5e8 + number, sample);
      if (spawnSync("gzip", ["-6", path]).status !== 0) throw new Error("gzip failed");
      return { path: `${path}.gz`, diffId };
    });
    for (const count of [1, 2]) {
      const path = join(folder, `gzip-${count}.tar`);
      writePacked(path, layers.slice(0, count));
      const files = layers.slice(0, count).map((layer) => layer.path);
      const gzip = ["sh", "-c", 'for file; do gzip -dc "$file" > /dev/null; done', "sh", ...files];
      const limit = count === 1 ? 0.6 : 0.35;
      ratio(
        `gzip layers: ${count}, beside gzip -dc`,
        ours(path, "verify"),
        gzip,
        limit,
        floor("inflate", ...files),
      );
      rmSync(path);
    }
    for (const { path } of layers) rmSync(path);
  }

  const image = process.env.PRATIQUE_BENCH_IMAGE;
  if (("engine".includes(only) || only === "") && image !== undefined) {
    const save = ["sh", "-c", 'podman save "$1" | cat > /dev/null', "sh", image];
    /** @param {string[]} args */
    const ask = (...args) => spawnSync("podman", args, { encoding: "utf8" }).stdout.trim();
    const [driver, storage] = ask(
      "info",
      "--format",
      "{{.Store.GraphDriverName}} {{.Store.GraphRoot}}",
    ).split(" ");
    const id = `sha256:${ask("image", "inspect", "--format", "{{.Id}}", image)}`;
    const answers = JSON.stringify({ id, driver, root: storage });
    ratio("engine, by stream, beside podman save", ours(answers, "save"), save, 1.15);
    ratio("engine, by its storage, beside podman save", ours(answers, "storage"), save, 0.3);
  }

  if ("memory".includes(only) || only === "") {
    for (const [gigabytes, files] of /** @type {const} */ ([
      [0.3, 20_000],
      [3, 200_000],
      [10, 300_000],
    ])) {
      const path = join(folder, "memory.tar");
      writeArchive(path, files, gigabytes * 1e9, sample);
      const { megabytes } = timed(ours(path, "verify"));
      report(`memory for ${gigabytes} GB, ${files} files`, `${megabytes.toFixed(0)} MB`, megabytes, 250);
      rmSync(path);
    }
    const path = join(folder, "many.tar");
    writeArchive(path, 1_000_000, 0, sample.subarray(0, 16));
    const { megabytes, seconds } = timed(ours(path, "verify"));
    report(
      "memory for 1,000,000 files in one layer",
      `${megabytes.toFixed(0)} MB, ${seconds.toFixed(1)} s`,
      megabytes,
      250,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (missed) process.exitCode = 1;

/**
 * A `docker save` archive whose layers are gzipped, as newer engines keep them.
 *
 * @param {string} path
 * @param {{ path: string, diffId: string }[]} layers
 */
function writePacked(path, layers) {
  const fd = openSync(path, "w");
  try {
    const ids = layers.map((layer, index) => {
      const bytes = readFileSync(layer.path);
      writeSync(fd, header(`${index}/layer.tar`, bytes.length));
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      writeSync(fd, Buffer.alloc((512 - (bytes.length % 512)) % 512));
      return layer.diffId;
    });
    writeDocuments(
      fd,
      layers.map((_, index) => `${index}/layer.tar`),
      ids,
    );
  } finally {
    closeSync(fd);
  }
}
