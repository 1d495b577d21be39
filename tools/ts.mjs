// Runs a TypeScript file of this project: bundles it in memory-sized steps with esbuild and imports the result.
// Node 20 cannot run TypeScript by itself. Usage: node tools/ts.mjs <file.ts> [arguments...]
import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node tools/ts.mjs <file.ts> [arguments...]");
  process.exit(2);
}
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
// Below the project, so that bare imports resolve.
const folder = mkdtempSync(join(root, "node_modules", ".ts-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const outfile = join(folder, "main.mjs");
await build({
  entryPoints: [resolve(file)],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
  jsx: "automatic",
  jsxImportSource: "preact",
  sourcemap: "inline",
  logLevel: "warning",
  define: { PROJECT_ROOT: JSON.stringify(root) },
});
process.argv = [process.argv[0], file, ...args];
await import(pathToFileURL(outfile).href);
