// @ts-check
/**
 * Makes the base images that only tests need, from Debian packages everywhere: one that has many languages, so that one image
 * holds all programs of the network tests, which nobody publishes; and those for what `pratique init` writes, with the real
 * programs, and a small server's address or folder in place of a package server that tests may not reach.
 *
 *     node tools/setup/languages.mjs [--engine podman|docker|podman,docker]
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { allHeld, handOver } from "./bases.mjs";
import { nodeProgram, npmFolder } from "./node.mjs";
import { ensurePackages } from "./packages.mjs";
import { pathVariable, recipes as published } from "./recipes.mjs";
import { cacheFolder, commandLine, locked, parseArgs, root, run, SetupError, say } from "./shared.mjs";
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

/**
 * With the first Debian release that has renv, and a repository of R packages in a folder, which holds the package “tally”.
 *
 * @type {import('./recipes.mjs').Recipe}
 */
const renv = {
  arg: "RENV_BASE",
  repository: "rocker/r-ver",
  tag: "4.5.0",
  suite: "trixie",
  packages: [
    "ca-certificates",
    "netbase",
    "tzdata",
    "r-base-core",
    "r-cran-renv",
    "r-cran-littler",
    "r-cran-docopt",
  ],
  links: {
    "/usr/local/bin/R": "/usr/bin/R",
    "/usr/local/bin/Rscript": "/usr/bin/Rscript",
    // As in the real image.
    "/usr/local/bin/install2.r": "/usr/lib/R/site-library/littler/examples/install2.r",
  },
  files: {
    "/tmp/tally/DESCRIPTION": `Package: tally
Version: 1.0
Title: Counts
Description: Counts.
License: MIT
Author: Nobody
Maintainer: Nobody <nobody@example.org>
`,
    "/tmp/tally/NAMESPACE": "export(tally)\n",
    "/tmp/tally/R/tally.R": "tally <- function(values) length(values)\n",
    "/tmp/index.R": 'tools::write_PACKAGES("/opt/cran/src/contrib", type = "source")\n',
  },
  commands: [
    "mkdir -p /opt/cran/src/contrib",
    // As R CMD build packs it, and the same whenever it is made.
    "cd /tmp && tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - tally | gzip -n > /opt/cran/src/contrib/tally_1.0.tar.gz",
    "Rscript --vanilla /tmp/index.R",
    // The same index as R data, which a check would take for somebody's data.
    "rm -rf /tmp/tally /tmp/index.R /opt/cran/src/contrib/PACKAGES.rds",
  ],
  env: [pathVariable, "LANG=C.UTF-8", "TZ=Etc/UTC", "R_VERSION=4.5.0"],
  cmd: ["R"],
};

/**
 * With the last Debian release that has Julia, and a repository with the package “Tally”, to be cloned from.
 *
 * @type {import('./recipes.mjs').Recipe}
 */
const julia = {
  arg: "JULIA_BASE",
  repository: "library/julia",
  tag: "1.5.3",
  suite: "bullseye",
  packages: ["ca-certificates", "netbase", "tzdata", "julia", "curl"],
  links: {},
  files: {
    "/opt/Tally.jl/Project.toml":
      'name = "Tally"\nuuid = "5c1f2a34-7f0a-4b53-9c57-0d1a3be0f3a1"\nversion = "1.0.0"\n',
    "/opt/Tally.jl/src/Tally.jl": "module Tally\ntally(values) = length(values)\nend\n",
    "/tmp/commit.jl": `using LibGit2
repository = LibGit2.init("/opt/Tally.jl")
LibGit2.add!(repository, "Project.toml", "src/Tally.jl")
nobody = LibGit2.Signature("Nobody", "nobody@example.org", 0, 0)
LibGit2.commit(repository, "Tally"; author = nobody, committer = nobody)
`,
  },
  commands: [
    "julia --startup-file=no /tmp/commit.jl",
    // A bare repository, as servers have them.
    'mv /opt/Tally.jl/.git /opt/Tally.git && sed -i "s/bare = false/bare = true/" /opt/Tally.git/config',
    "rm -rf /tmp/commit.jl /opt/Tally.jl /opt/Tally.git/index /root/.julia",
  ],
  env: [pathVariable, "LANG=C.UTF-8"],
  cmd: ["julia"],
};

/**
 * PyTorch as Debian has it, which knows no GPU.
 *
 * @type {import('./recipes.mjs').Recipe}
 */
const pytorch = {
  arg: "PYTORCH_BASE",
  repository: "pytorch/pytorch",
  tag: "1.13.1",
  packages: ["ca-certificates", "netbase", "tzdata", "python3-pip", "python3-torch"],
  links: { "/usr/local/bin/python": "/usr/bin/python3", "/usr/local/bin/pip": "/usr/bin/pip3" },
  commands: [
    "rm -f /usr/lib/python3*/EXTERNALLY-MANAGED",
    // A quarter of its size that a small model on a processor never loads.
    "rm -rf /usr/lib/x86_64-linux-gnu/libLLVM-* /usr/lib/x86_64-linux-gnu/libz3.so.4 /usr/lib/x86_64-linux-gnu/dri /usr/lib/x86_64-linux-gnu/mfx /usr/lib/x86_64-linux-gnu/libmfxhw64.so.* /usr/lib/python3/dist-packages/sympy /usr/lib/python3/dist-packages/torch/bin/test_* /usr/lib/python3/dist-packages/torch/test",
  ],
  env: [pathVariable, "LANG=C.UTF-8"],
  cmd: ["python3"],
};

/** Where the tests serve a model while an image is built; the base below asks there, and not at Hugging Face. */
export const hub = { host: "127.0.0.1", port: 18_764 };

const python = published.find(({ arg }) => arg === "PYTHON_BASE");
if (!python) throw new SetupError("there is no recipe for Python", { exitCode: 1 });

/** @type {import('./recipes.mjs').Recipe} */
const models = {
  ...python,
  arg: "MODELS_BASE",
  env: [...python.env, `HF_ENDPOINT=http://${hub.host}:${hub.port}`],
  layerOf: python,
};

/**
 * For the image of pratique itself. npm is set up as on this machine, which may have a mirror or an authority of its own.
 *
 * @returns {Promise<import('./recipes.mjs').Recipe>}
 */
async function node() {
  const registry = (await run("npm", ["config", "get", "registry"], { cwd: "/" })).stdout.trim();
  const authorities = "/etc/ssl/certs/ca-certificates.crt";
  return {
    arg: "NODE_BASE",
    repository: "library/node",
    tag: "22-bookworm-slim",
    packages: ["ca-certificates", "libstdc++6"],
    links: {
      "/usr/local/bin/npm": "../lib/node_modules/npm/bin/npm-cli.js",
      "/usr/local/bin/npx": "../lib/node_modules/npm/bin/npx-cli.js",
    },
    copies: {
      "/usr/local/bin/node": await nodeProgram("22"),
      "/usr/local/lib/node_modules/npm": await npmFolder(),
    },
    files: { "/usr/local/etc/npmrc": `registry=${registry}\ncafile=${authorities}\n` },
    commands: [],
    env: [pathVariable, `NODE_EXTRA_CA_CERTS=${authorities}`],
    cmd: ["node"],
  };
}

/** Those that take longest stand first. */
const recipes = [pytorch, julia, octave, languages, renv, models];

/** Where the tests find their names. */
const argsFile = path.join(root, "test", "e2e", "languages.args");

/**
 * @param {readonly ('podman' | 'docker')[]} engines those that must be able to build from it
 * @returns {Promise<Record<string, string>>} build argument → reference
 */
export async function ensureLanguages(engines) {
  await ensurePackages(["compilers"]);
  return locked("languages", async () => {
    const made = await makeAll([...recipes, await node()]);
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

/** As many at once as keep two processors busy: unpacking takes one. */
const AT_ONCE = 2;

/** @param {readonly import('./recipes.mjs').Recipe[]} wanted @returns {Promise<import('./stand-in.mjs').MadeBase[]>} */
async function makeAll(wanted) {
  /** @type {import('./stand-in.mjs').MadeBase[]} */ const made = [];
  const waiting = [...wanted.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, recipe] = next;
      made[index] = await makeBase(recipe, await recipeKey(recipe), false);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return made;
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
