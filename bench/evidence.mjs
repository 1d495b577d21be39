// Time of a whole “pratique verify” without an image, and of “pratique report” in every format at once for an image with
// 2,000 packages and 5,000 findings, against an empty Node program, measured in turn so that all meet the same load. Ends
// with 1 when a ratio of the medians is above its limit. Run “npm run build” first.
//
//     node bench/evidence.mjs [rounds]
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { grown } from "./grown-report.mjs";

const LIMITS = { verify: 3, "every format": 20 };
const PACKAGES = 2000;
const FINDINGS = 5000;
const FORMATS = "json html markdown sarif github gitlab junit checkstyle cyclonedx spdx".split(" ");
const RUNS = Math.max(11, Number(process.argv[2] ?? 15) || 15);

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const program = join(root, "dist", "cli", "main.cjs");
if (!existsSync(program)) {
  console.error(`${program} is missing: run “npm run build” first.`);
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "pratique-bench-"));

const node = (args) => {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0 && status !== 1) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
  return milliseconds;
};
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

try {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  writeFileSync(join(folder, "key"), privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  writeFileSync(join(folder, "key.pub"), publicKey.export({ type: "spki", format: "pem" }));
  mkdirSync(join(folder, "evidence"));
  writeFileSync(join(folder, "evidence/report.json"), JSON.stringify(grown(150, 10)));
  node([program, "report", "evidence", "--format", "html=evidence/index.html"]);
  node([program, "sign", "evidence", "--key", "key"]);
  writeFileSync(join(folder, "large.json"), JSON.stringify(grown(PACKAGES, FINDINGS)));

  const programs = {
    "node -e 0": ["-e", "0"],
    verify: [program, "verify", "evidence", "--key", "key.pub"],
    "every format": [
      program,
      "report",
      "large.json",
      ...FORMATS.flatMap((format) => ["--format", `${format}=out.${format}`]),
      "--format",
      "text",
    ],
  };
  const times = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  // Once each to fill the file cache.
  for (const args of Object.values(programs)) node(args);
  for (let run = 0; run < RUNS; run++)
    for (const [name, args] of Object.entries(programs)) times[name].push(node(args));
  const empty = median(times["node -e 0"]);
  console.log(`node -e 0      ${empty.toFixed(1)} ms  (median of ${RUNS})`);
  for (const [name, limit] of Object.entries(LIMITS)) {
    const ratio = median(times[name]) / empty;
    console.log(
      `${name.padEnd(14)} ${median(times[name]).toFixed(1)} ms  ratio ${ratio.toFixed(2)}  (limit ${limit})`,
    );
    if (ratio > limit) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
