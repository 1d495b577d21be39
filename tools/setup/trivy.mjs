// @ts-check
/**
 * Compiles Trivy, and writes a small database for it from advisories that are kept here; once, and the first takes many
 * minutes.
 *
 *     node tools/setup/trivy.mjs
 */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ensureGoProgram, plainGo } from "./go-program.mjs";
import { ensurePackages } from "./packages.mjs";
import { cacheFolder, commandLine, exists, locked, must, say } from "./shared.mjs";

const VERSION = "v0.74.0";
const source = path.join(path.dirname(fileURLToPath(import.meta.url)), "trivy-db");

/** @returns {Promise<string>} the program */
export const ensureTrivy = () =>
  ensureGoProgram({
    module: "github.com/aquasecurity/trivy/cmd/trivy",
    version: VERSION,
    // Else it calls itself "dev" in what it reports.
    linked: `-X github.com/aquasecurity/trivy/pkg/version/app.ver=${VERSION.slice(1)}`,
    env: { GOEXPERIMENT: "jsonv2" },
  });

/** @returns {Promise<string>} folder with `trivy.db` and `metadata.json` */
export async function ensureTrivyDatabase() {
  const advisories = path.join(source, "advisories.json");
  const hash = createHash("sha256");
  for (const file of ["main.go", "advisories.json"]) hash.update(await readFile(path.join(source, file)));
  const folder = path.join(cacheFolder, "tools", `trivy-db-${hash.digest("hex").slice(0, 16)}`);
  await locked("trivy-db", async () => {
    if (await exists(path.join(folder, "metadata.json"))) return;
    await ensurePackages(["go"]);
    await mkdir(path.dirname(folder), { recursive: true });
    const draft = await mkdtemp(path.join(cacheFolder, "trivy-"));
    try {
      await must("go", ["run", ".", advisories, draft], {
        cwd: source,
        env: plainGo,
        what: "writing a database for Trivy",
      });
      await rename(draft, folder);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  });
  return folder;
}

commandLine(import.meta.url, async () => {
  say(await ensureTrivy());
  say(await ensureTrivyDatabase());
});
