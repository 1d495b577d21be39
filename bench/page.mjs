// The page of an image with 2,000 packages, 1,000 findings that all differ and 1,000 vulnerabilities: its size, and the time from
// opening the file in Chromium to the answer of its first search. Beside it stands the same for a page of one package: what
// the browser and the machine take by themselves. Ends with 1 when a limit is passed, which says little while others compete
// for the processors. Run “npm run build” first; CHROMIUM names another browser than /usr/bin/chromium.
//
//     node bench/page.mjs [rounds]
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { grown } from "./grown-report.mjs";

const LIMITS = { bytes: 3_000_000, milliseconds: 1000 };
const PACKAGES = 2000;
const FINDINGS = 1000;
const RUNS = Math.max(5, Number(process.argv[2] ?? 7) || 7);

const program = join(dirname(fileURLToPath(import.meta.url)), "..", "dist", "cli", "main.cjs");
if (!existsSync(program)) {
  console.error(`${program} is missing: run “npm run build” first.`);
  process.exit(2);
}

const vulnerability = (index) => ({
  id: `CVE-2026-${10_000 + index}`,
  package: `package-${index % 150}`,
  version: "1.2.3-4+deb12u5",
  fixedVersion: index % 3 === 0 ? "" : "1.2.3-4+deb12u6",
  severity: ["critical", "high", "medium", "low"][index % 4],
  cvss: 4.5,
  title: "a crafted file makes the library write beyond the end of a buffer",
  origin: index % 4 === 0 ? "project" : "base",
});

/** From the file's opening to the answer, in a context of its own, so that nothing is remembered. */
async function firstSearch(browser, address, name) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const start = process.hrtime.bigint();
  await page.goto(address, { waitUntil: "commit" });
  await page.getByLabel("Search packages").fill(name);
  const output = page.locator("#packages output:not(:empty)");
  await output.waitFor();
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  const answer = await output.innerText();
  await context.close();
  if (!/^1 of [\d,]+$/.test(answer)) throw new Error(`the search found ${answer || "nothing"}`);
  return milliseconds;
}

/** Writes the page of a report, and says where it is. */
function pageOf(report, name) {
  const source = join(folder, `${name}.json`);
  writeFileSync(source, JSON.stringify(report));
  const file = join(folder, `${name}.html`);
  const args = [program, "report", source, "--format", `html=${file}`];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0 && status !== 1) throw new Error(`pratique report ended with ${status}: ${stderr}`);
  return file;
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

const folder = mkdtempSync(join(tmpdir(), "pratique-bench-"));
try {
  const report = grown(PACKAGES, FINDINGS);
  // Those that are alike would be shown as one.
  report.findings.forEach((finding, index) => {
    finding.title += ` (${index})`;
  });
  report.schema = "pratique-report/1.1";
  report.vulnerabilities = {
    scanners: [{ name: "Trivy", version: "0.74.0", databaseOf: "2026-11-20T01:02:03Z" }],
    list: Array.from({ length: FINDINGS }, (_, index) => vulnerability(index)),
    notAssessed: [],
  };
  const large = pageOf(report, "large");
  const { size } = statSync(large);
  console.log(`page           ${(size / 1e6).toFixed(2)} MB  (limit ${LIMITS.bytes / 1e6})`);
  const small = grown(1, 0);
  const pages = [
    { file: pageOf(small, "small"), name: small.inventory.packages[0].name, times: [] },
    { file: large, name: report.inventory.packages[PACKAGES - 1].name, times: [] },
  ];

  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  try {
    for (let run = 0; run <= RUNS; run++) {
      for (const { file, name, times } of pages) {
        const time = await firstSearch(browser, pathToFileURL(file).href, name);
        // The first fills caches.
        if (run > 0) times.push(time);
      }
    }
  } finally {
    await browser.close();
  }
  const [least, first] = pages.map(({ times }) => median(times));
  console.log(`one package    ${least.toFixed(0)} ms from opening to the answer  (median of ${RUNS})`);
  console.log(`first search   ${first.toFixed(0)} ms  (limit ${LIMITS.milliseconds})`);
  if (size > LIMITS.bytes || first > LIMITS.milliseconds) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
