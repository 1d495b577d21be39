// @ts-check
/**
 * Makes the base images that only tests need, from Debian packages everywhere: one that has many languages, so that one image
 * holds all programs of the network tests, which nobody publishes; and one with Octave, for what `pratique init` writes.
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
const languages = {
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

/**
 * Under the published image's name, which the catalogue of bases knows; as with the stand-ins, only its digest means it.
 *
 * @type {import('./recipes.mjs').Recipe}
 */
const octave = {
  arg: "OCTAVE_BASE",
  repository: "gnuoctave/octave",
  tag: "7.3.0",
  packages: ["ca-certificates", "netbase", "tzdata", "octave"],
  links: {},
  commands: [],
  env: [pathVariable, "LANG=C.UTF-8"],
  cmd: ["octave-cli"],
};

const recipes = [languages, octave];

/** Where the tests find their names. */
const argsFile = path.join(root, "test", "e2e", "languages.args");

/**
 * @param {readonly ('podman' | 'docker')[]} engines those that must be able to build from it
 * @returns {Promise<Record<string, string>>} build argument → reference
 */
export async function ensureLanguages(engines) {
  await ensurePackages(["compilers"]);
  return locked("languages", async () => {
    const made = [];
    for (const recipe of recipes) made.push(await makeBase(recipe, await recipeKey(recipe), false));
    const references = Object.fromEntries(made.map((image) => [image.recipe.arg, image.reference]));
    if (!(await allHeld(engines, Object.values(references)))) await handOver(engines, made);
    const text = Object.entries(references)
      .map(([name, reference]) => `${name}=${reference}\n`)
      .join("");
    await mkdir(cacheFolder, { recursive: true });
    if ((await readFile(argsFile, "utf8").catch(() => "")) !== text) await writeFile(argsFile, text);
    return references;
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
  for (const [name, reference] of Object.entries(await ensureLanguages(engines))) say(`${name}=${reference}`);
});
