// @ts-check
/** Makes a stand-in for a base image out of Debian packages, without running a container. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { ensurePackages } from "./packages.mjs";
import { recipes } from "./recipes.mjs";
import { cacheFolder, readJson, SetupError, say, writeJson } from "./shared.mjs";

/** @typedef {import('./recipes.mjs').Recipe} Recipe */
/** @typedef {import('./registry.mjs').Blob} Blob */

/** The Debian release that stand-ins are made from where their recipe names no other. */
const usual = "bookworm";
/** Every time stamp of a stand-in: the same packages then give the same digest whenever it is made. */
const epoch = 1735689600;
const folder = path.join(cacheFolder, "bases");
const certificates = "/usr/local/share/ca-certificates";
const manifestType = "application/vnd.docker.distribution.manifest.v2+json";

/**
 * @typedef {object} MadeBase
 * @property {Recipe} recipe
 * @property {Blob} layer
 * @property {Blob} config
 * @property {Blob} manifest
 * @property {string} reference
 */

/** @returns {Promise<Record<string, string>>} build argument → hash of everything that the stand-in is made from, bar the packages' versions */
export async function recipeKeys() {
  return Object.fromEntries(
    await Promise.all(recipes.map(async (recipe) => [recipe.arg, await recipeKey(recipe)])),
  );
}

/** @param {Recipe} recipe @returns {Promise<string>} the same for one */
export async function recipeKey(recipe) {
  const machine = {
    format: 3,
    suite: suiteOf(recipe),
    epoch,
    sources: await aptSources(suiteOf(recipe)),
    certificates: await certificateHashes(),
  };
  return createHash("sha256")
    .update(JSON.stringify([machine, recipe]))
    .digest("hex")
    .slice(0, 16);
}

/** @param {Recipe} recipe */
const suiteOf = (recipe) => recipe.suite ?? usual;

/** @returns {Promise<string[]>} hashes of the machine's own certificate authorities, which the stand-ins have to trust as well */
async function certificateHashes() {
  const names = await readdir(certificates, { recursive: true }).catch(() => []);
  const wanted = names.filter((name) => name.endsWith(".crt")).sort();
  return Promise.all(
    wanted.map(async (name) => `${name} ${digestOf(await readFile(path.join(certificates, name)))}`),
  );
}

/**
 * The lines for Debian's packages: this machine's own mirror when it runs the usual release, which is then asked for the
 * others too; none leaves the choice to mmdebstrap.
 *
 * @param {string} suite
 * @returns {Promise<string[]>} lines as in sources.list
 */
async function aptSources(suite) {
  /** @type {Set<string>} */ const lines = new Set();
  const add = (/** @type {string} */ uri, /** @type {string} */ name, /** @type {string[]} */ components) => {
    if ([usual, `${usual}-updates`, `${usual}-security`].includes(name) && components.includes("main")) {
      lines.add(`deb ${uri.replace(/\/$/, "")} ${name} main`);
    }
  };
  const list = "/etc/apt/sources.list.d";
  const files = [
    `/etc/apt/sources.list`,
    ...(await readdir(list).catch(() => [])).sort().map((name) => path.join(list, name)),
  ];
  for (const file of files) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (file.endsWith(".list")) {
      for (const match of text.matchAll(/^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$/gm)) {
        add(match[1] ?? "", match[2] ?? "", (match[3] ?? "").split(/\s+/));
      }
    } else if (file.endsWith(".sources")) {
      for (const stanza of text.replace(/^#.*\n/gm, "").split(/\n\s*\n/)) {
        const field = (/** @type {string} */ name) =>
          (new RegExp(`^${name}:[ \\t]*(.*(?:\\n[ \\t]+.*)*)`, "im").exec(stanza)?.[1] ?? "")
            .split(/\s+/)
            .filter(Boolean);
        if (!field("Types").includes("deb") || field("Enabled")[0] === "no") continue;
        for (const uri of field("URIs"))
          for (const name of field("Suites")) add(uri, name, field("Components"));
      }
    }
  }
  const main = [...lines].filter((line) => line.includes(` ${usual} `));
  if (main.length === 0) return [];
  return suite === usual ? [...lines] : main.map((line) => line.replace(` ${usual} `, ` ${suite} `));
}

/** @param {Recipe} recipe @param {string} key */
const placeOf = (recipe, key) => path.join(folder, `${recipe.arg.toLowerCase().replace("_", "-")}-${key}`);

/**
 * Makes a stand-in without running a container, or takes the one that was made before.
 *
 * @param {Recipe} recipe
 * @param {string} key
 * @param {boolean} refresh
 * @returns {Promise<MadeBase>}
 */
export async function makeBase(recipe, key, refresh) {
  const place = placeOf(recipe, key);
  const origin = recipe.layerOf;
  const layerPlace = origin ? placeOf(origin, await recipeKey(origin)) : place;
  const layerFile = path.join(layerPlace, "layer.tar.gz");
  const layerFacts = path.join(layerPlace, "layer.json");
  await mkdir(place, { recursive: true });
  let facts = refresh ? undefined : await readJson(layerFacts);
  if (!facts || (await stat(layerFile).catch(() => undefined))?.size !== facts.size) {
    await ensurePackages(["bases"]);
    await mkdir(layerPlace, { recursive: true });
    facts = await makeLayer(origin ?? recipe, layerFile);
    await writeJson(layerFacts, facts);
  }
  const created = new Date(epoch * 1000).toISOString().replace(".000Z", "Z");
  const config = await writeBlob(path.join(place, "config.json"), {
    architecture: "amd64",
    os: "linux",
    created,
    config: {
      Env: recipe.env,
      Cmd: recipe.cmd,
      Labels: {
        "org.opencontainers.image.description": `Stand-in for docker.io/${recipe.repository}:${recipe.tag}, made from Debian ${suiteOf(recipe)} packages`,
      },
    },
    rootfs: { type: "layers", diff_ids: [facts.diffId] },
    history: [
      {
        created,
        created_by: `mmdebstrap --variant=minbase ${suiteOf(recipe)}: ${recipe.packages.join(" ")}`,
      },
    ],
  });
  const manifest = await writeBlob(path.join(place, "manifest.json"), {
    schemaVersion: 2,
    mediaType: manifestType,
    config: {
      mediaType: "application/vnd.docker.container.image.v1+json",
      size: config.size,
      digest: config.digest,
    },
    layers: [
      {
        mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip",
        size: facts.size,
        digest: facts.digest,
      },
    ],
  });
  return {
    recipe,
    layer: { digest: facts.digest, size: facts.size, file: layerFile },
    config,
    manifest,
    reference: `docker.io/${recipe.repository}:${recipe.tag}@${manifest.digest}`,
  };
}

/**
 * @param {Recipe} recipe
 * @param {string} file
 * @returns {Promise<{ digest: string, size: number, diffId: string }>}
 */
async function makeLayer(recipe, file) {
  const hooks = [
    ...Object.entries(recipe.links).map(([link, target]) => `ln -s ${target} "$1${link}"`),
    ...Object.entries(recipe.files ?? {}).map(
      ([name, text]) =>
        `mkdir -p "$1${path.posix.dirname(name)}" && echo ${Buffer.from(text).toString("base64")} | base64 -d > "$1${name}"`,
    ),
    ...Object.entries(recipe.copies ?? {}).map(
      ([name, source]) => `mkdir -p "$1${path.posix.dirname(name)}" && cp -R "${source}" "$1${name}"`,
    ),
    ...recipe.commands.map((command) => `chroot "$1" sh -c '${command}'`),
    // This machine may sit behind a proxy that signs with an authority of its own: what is built here has to trust it.
    `if [ -d ${certificates} ]; then mkdir -p "$1${certificates}" && cp -R ${certificates}/. "$1${certificates}/"; fi`,
    'chroot "$1" update-ca-certificates',
    // Traces of the making, and what differs from one making to the next.
    'rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap" "$1/var/cache/ldconfig/aux-cache" "$1/var/log/dpkg.log" "$1/var/log/alternatives.log"',
    'rm -rf "$1/var/log/apt" "$1/etc/resolv.conf" "$1/etc/hostname"',
  ];
  const args = [
    "--variant=minbase",
    "--architectures=amd64",
    `--include=${recipe.packages.join(",")}`,
    '--aptopt=Acquire::Retries "3"',
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/info/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--skip=output/dev",
    ...(recipe.folders ?? []).map((name) => `--essential-hook=mkdir -p "$1${name}"`),
    ...hooks.map((hook) => `--customize-hook=${hook}`),
    suiteOf(recipe),
    "-",
    ...(await aptSources(suiteOf(recipe))),
  ];
  const seconds = stopWatch();
  say(
    `making docker.io/${recipe.repository}:${recipe.tag} from ${recipe.packages.length} Debian packages and what they need`,
  );
  const draft = `${file}.${process.pid}`;
  const child = spawn("mmdebstrap", args, {
    cwd: "/",
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch), LC_ALL: "C.UTF-8" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (part) => {
    log = (log + String(part)).slice(-20_000);
  });
  /** @type {Promise<number>} */
  const ended = new Promise((resolve) => {
    child.on("error", (error) => {
      log += error.message;
      resolve(127);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
  const plain = meter();
  const packed = meter();
  try {
    await pipeline(
      child.stdout,
      plain.stream,
      createGzip({ level: 6 }),
      packed.stream,
      createWriteStream(draft),
    );
    const code = await ended;
    if (code !== 0) {
      throw new SetupError(
        `mmdebstrap failed (exit ${code}):\n${log.trim().split("\n").slice(-12).join("\n")}`,
        {
          hint: "it needs root or user namespaces, and a Debian mirror that answers",
        },
      );
    }
    await rename(draft, file);
  } finally {
    if (child.exitCode === null) child.kill("SIGTERM");
    await rm(draft, { force: true });
  }
  const facts = { digest: packed.digest(), size: packed.size(), diffId: plain.digest() };
  say(
    `made docker.io/${recipe.repository}:${recipe.tag} (${Math.round(plain.size() / 1e6)} MB) in ${seconds()} s`,
  );
  return facts;
}

/** @returns {{ stream: Transform, digest: () => string, size: () => number }} passes bytes on, hashing and counting them */
function meter() {
  const hash = createHash("sha256");
  let size = 0;
  const stream = new Transform({
    transform(part, _encoding, done) {
      hash.update(part);
      size += part.length;
      done(null, part);
    },
  });
  return { stream, digest: () => `sha256:${hash.digest("hex")}`, size: () => size };
}

/** @returns {() => string} seconds since now, with one decimal */
function stopWatch() {
  const start = Date.now();
  return () => ((Date.now() - start) / 1000).toFixed(1);
}

/** @param {string} file @param {unknown} value @returns {Promise<Blob>} */
async function writeBlob(file, value) {
  const text = Buffer.from(JSON.stringify(value));
  await writeFile(file, text);
  return { digest: digestOf(text), size: text.length, file };
}

/** @param {Buffer} bytes */
function digestOf(bytes) {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
