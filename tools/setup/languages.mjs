// @ts-check
/**
 * Makes the base image of the network tests: one that has many languages, so that one image holds all their programs. It is made
 * from Debian packages everywhere, since nobody publishes such an image.
 *
 *     node tools/setup/languages.mjs [--engine podman|docker|podman,docker]
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { allHeld, handOver } from "./bases.mjs";
import { ensurePackages } from "./packages.mjs";
import { pathVariable } from "./recipes.mjs";
import { cacheFolder, commandLine, locked, parseArgs, root, SetupError, say } from "./shared.mjs";
import { makeBase, recipeKey } from "./stand-in.mjs";

/** @type {import('./recipes.mjs').Recipe} */
const recipe = {
  arg: "LANGUAGES_BASE",
  repository: "pratique-test/languages",
  tag: "bookworm",
  packages: [
    "ca-certificates",
    "netbase",
    "tzdata",
    "python3",
    "r-base-core",
    "nodejs",
    "openjdk-17-jre-headless",
    "curl",
  ],
  folders: ["/usr/share/man/man1"],
  links: {},
  commands: [],
  env: [pathVariable, "LANG=C.UTF-8"],
  cmd: ["python3"],
};

/** Where the tests find its name. */
const argsFile = path.join(root, "test", "e2e", "languages.args");

/**
 * @param {readonly ('podman' | 'docker')[]} engines those that must be able to build from it
 * @returns {Promise<string>} its reference
 */
export async function ensureLanguages(engines) {
  await ensurePackages(["compilers"]);
  return locked("languages", async () => {
    const made = await makeBase(recipe, await recipeKey(recipe), false);
    if (!(await allHeld(engines, [made.reference]))) await handOver(engines, [made]);
    const text = `${recipe.arg}=${made.reference}\n`;
    await mkdir(cacheFolder, { recursive: true });
    if ((await readFile(argsFile, "utf8").catch(() => "")) !== text) await writeFile(argsFile, text);
    return made.reference;
  });
}

commandLine(import.meta.url, async (args) => {
  const usage = "usage: node tools/setup/languages.mjs [--engine podman|docker|podman,docker]";
  const { values } = parseArgs(args, { values: ["engine"], usage });
  const engines = (values.engine ?? "podman").split(",").map((name) => {
    if (name !== "podman" && name !== "docker")
      throw new SetupError(`no engine is called ${name}`, { hint: usage, exitCode: 2 });
    return name;
  });
  say(`${recipe.arg}=${await ensureLanguages(engines)}`);
});
