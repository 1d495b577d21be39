// @ts-check
// Builds the documentation as a site into site/dist: copies the pages to a folder beside VitePress, which finds its own
// libraries only from there, and lets it check every link between them.
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");
const pages = join(here, "pages");

const npm = (/** @type {string[]} */ ...args) => {
  const { status } = spawnSync("npm", args, { cwd: here, stdio: "inherit" });
  if (status !== 0) process.exit(3);
};

rmSync(pages, { recursive: true, force: true });
for (const part of ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs", "examples", "recorder/README.md"])
  cpSync(join(root, part), join(pages, part), {
    recursive: true,
    filter: (path) => !/\.[^/]+$/.test(path) || path.endsWith(".md"),
  });
npm("ci");
npm("exec", "vitepress", "build");
console.log(`site: written to ${join(here, "dist")}`);
