// @ts-check
/**
 * Makes the base images of the examples available, and writes `examples/bases.args`, which pins them by digest.
 *
 *     node tools/setup/bases.mjs [--engine podman|docker|podman,docker] [--refresh] [--stand-ins]
 *
 * Where docker.io answers, that is all: the engines fetch the real images. Where it does not, stand-ins are made from
 * Debian's own packages (the same distribution, Python and R as in the real ones) and every engine asked for is given
 * them under the real name and their own digest. The name and tag alone never mean a stand-in, only the digest does, so
 * nobody's later build takes one for the real image.
 */

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { dropMirrors, ensureDocker, ensurePodman } from "./engines.mjs";
import { publishedReferences } from "./published.mjs";
import { recipes } from "./recipes.mjs";
import { pushImage, startRegistry } from "./registry.mjs";
import {
  cacheFolder,
  commandLine,
  locked,
  must,
  parseArgs,
  readJson,
  root,
  run,
  SetupError,
  say,
  writeJson,
} from "./shared.mjs";
import { makeBase, recipeKeys } from "./stand-in.mjs";

/** @typedef {import('./stand-in.mjs').MadeBase} MadeBase */

const argsFile = path.join(root, "examples", "bases.args");
const stateFile = path.join(cacheFolder, "bases", "state.json");

/**
 * @typedef {object} Bases
 * @property {'docker.io' | 'made'} source
 * @property {boolean} cached whether everything was there already
 * @property {Record<string, string>} references build argument → image reference with digest
 * @property {string} argsFile
 */

/**
 * @param {{ engines?: readonly ('podman' | 'docker')[], refresh?: boolean, standIns?: boolean }} [options]
 *   engines: those that must be able to build from the bases (default: podman); refresh: look and make again;
 *   standIns: make them even where docker.io answers
 * @returns {Promise<Bases>}
 */
export async function ensureBases(options = {}) {
  const engines = options.engines ?? ["podman"];
  return locked("bases", async () => {
    const state = await readJson(stateFile);
    const keys = await recipeKeys();
    if (!options.refresh && state?.references && !(options.standIns && state.source !== "made")) {
      const current = state.source === "docker.io" || JSON.stringify(state.keys) === JSON.stringify(keys);
      const held =
        state.source === "docker.io" ||
        (current && (await allHeld(engines, Object.values(state.references))));
      if (current && held) {
        await writeArgs(state.references);
        return { source: state.source, cached: true, references: state.references, argsFile };
      }
    }

    const published = options.standIns ? undefined : await publishedReferences();
    if (published) {
      say("docker.io answers: the examples use the published base images");
      await writeArgs(published);
      await writeJson(stateFile, { source: "docker.io", references: published });
      return { source: "docker.io", cached: false, references: published, argsFile };
    }
    say("docker.io does not answer: making stand-ins for the base images from Debian packages");
    const made = await Promise.all(
      recipes.map((recipe) => makeBase(recipe, keys[recipe.arg] ?? "", options.refresh ?? false)),
    );
    const references = Object.fromEntries(made.map((image) => [image.recipe.arg, image.reference]));
    await handOver(engines, made);
    for (const engine of engines) await verify(engine, Object.values(references));
    await writeArgs(references);
    await writeJson(stateFile, { source: "made", keys, references });
    return { source: "made", cached: false, references, argsFile };
  });
}

/** @param {Record<string, string>} references */
async function writeArgs(references) {
  const text = Object.entries(references)
    .map(([name, reference]) => `${name}=${reference}\n`)
    .join("");
  if ((await readFile(argsFile, "utf8").catch(() => "")) === text) return;
  await mkdir(path.dirname(argsFile), { recursive: true });
  await writeFile(argsFile, text);
}

/** @param {readonly ('podman' | 'docker')[]} engines @param {MadeBase[]} images */
export async function handOver(engines, images) {
  const registry = await startRegistry();
  try {
    for (const image of images) await pushImage(registry.host, image.recipe.repository, image);
    for (const engine of engines) {
      say(`giving the base images to ${engine}`);
      const names = images.map((image) => pullName(image.reference));
      if (engine === "podman") await intoPodman(registry.host, names);
      else await intoDocker(registry.host, names);
    }
  } finally {
    await registry.stop();
  }
}

/** @param {string} reference @returns {string} the same with the digest alone, so that no engine makes the tag mean a stand-in */
function pullName(reference) {
  return reference.replace(/:[^:@/]+@/, "@");
}

/** @param {string} host @param {string[]} names */
async function intoPodman(host, names) {
  await ensurePodman();
  const folderName = await mkdtemp(path.join(os.tmpdir(), "pratique-setup-"));
  try {
    const config = path.join(folderName, "registries.conf");
    await writeFile(
      config,
      `[[registry]]\nprefix = "docker.io"\nlocation = "docker.io"\n\n[[registry.mirror]]\nlocation = "${host}"\ninsecure = true\n`,
    );
    for (const name of names) {
      await must("podman", ["pull", "--quiet", name], {
        env: { CONTAINERS_REGISTRIES_CONF: config },
        what: `podman pull ${name}`,
      });
    }
  } finally {
    await rm(folderName, { recursive: true, force: true });
  }
}

/** @param {string} host @param {string[]} names */
async function intoDocker(host, names) {
  await ensureDocker({ mirror: `http://${host}` });
  try {
    for (const name of names)
      await must("docker", ["pull", "--quiet", name], { what: `docker pull ${name}` });
  } finally {
    await dropMirrors();
  }
}

/**
 * @param {readonly ('podman' | 'docker')[]} engines
 * @param {string[]} references
 * @returns {Promise<boolean>}
 */
export async function allHeld(engines, references) {
  for (const engine of engines) {
    if (engine === "podman") await ensurePodman();
    else await ensureDocker();
    const { code } = await run(
      engine,
      ["image", "inspect", "--format", "{{.Id}}", ...references.map(pullName)],
      { timeout: 30_000 },
    );
    if (code !== 0) return false;
  }
  return true;
}

/**
 * Builds a one-line Dockerfile from each reference, as the examples do; by now no registry runs.
 *
 * @param {'podman' | 'docker'} engine
 * @param {string[]} references
 */
async function verify(engine, references) {
  const context = await mkdtemp(path.join(os.tmpdir(), "pratique-setup-"));
  try {
    for (const reference of references) {
      await writeFile(path.join(context, "Dockerfile"), `FROM ${reference}\nLABEL pratique.setup=verified\n`);
      const idFile = path.join(context, "id");
      await must(engine, ["build", "--quiet", "--iidfile", idFile, context], {
        env: await builderEnv(engine),
        what: `building from ${reference} with ${engine}`,
      });
      await run(engine, ["image", "rm", (await readFile(idFile, "utf8")).trim()]);
    }
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** @param {'podman' | 'docker'} engine @returns {Promise<NodeJS.ProcessEnv>} Docker's own builder where buildx is not installed */
async function builderEnv(engine) {
  if (engine !== "docker") return {};
  return (await run("docker", ["buildx", "version"])).code === 0 ? {} : { DOCKER_BUILDKIT: "0" };
}

commandLine(import.meta.url, async (args) => {
  const usage =
    "usage: node tools/setup/bases.mjs [--engine podman|docker|podman,docker] [--refresh] [--stand-ins]";
  const { values, flags } = parseArgs(args, { values: ["engine"], flags: ["refresh", "stand-ins"], usage });
  const engines = (values.engine ?? process.env.PRATIQUE_ENGINE ?? "podman").split(",").map((name) => {
    if (name !== "podman" && name !== "docker")
      throw new SetupError(`no engine is called ${name}`, { hint: usage, exitCode: 2 });
    return name;
  });
  const bases = await ensureBases({
    engines,
    refresh: flags.has("refresh"),
    standIns: flags.has("stand-ins"),
  });
  for (const [name, reference] of Object.entries(bases.references)) say(`${name}=${reference}`);
  say(
    `${bases.cached ? "all here" : bases.source === "made" ? "made" : "found on docker.io"}; written to ${path.relative(process.cwd(), bases.argsFile) || bases.argsFile}`,
  );
});
