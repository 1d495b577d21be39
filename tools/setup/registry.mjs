// @ts-check
/**
 * A container registry on this machine alone, for as long as it is needed.
 *
 *     node tools/setup/registry.mjs            runs until Ctrl-C
 */
import { spawn } from "node:child_process";
import { createReadStream, rmSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { request as secureRequest } from "node:https";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { programFromPackage } from "./packages.mjs";
import { cacheFolder, commandLine, parseArgs, SetupError, say, sleep, which } from "./shared.mjs";

/**
 * @typedef {object} Blob
 * @property {string} digest
 * @property {number} size
 * @property {string} file
 *
 * @typedef {object} Registry
 * @property {number} port
 * @property {string} host `127.0.0.1:port`, or that of the address that was asked for
 * @property {() => Promise<void>} stop ends it; may be called twice
 *
 * @typedef {object} Access
 * @property {string} [address] to listen on, by default 127.0.0.1
 * @property {{ certificate: string, key: string }} [tls] files; HTTPS is spoken
 * @property {string} [passwords] file of users and bcrypt hashes, as htpasswd writes it; a login is wanted
 */

/**
 * Starts a registry on a free loopback port and waits until it answers. It ends with this process at the latest.
 *
 * @param {{ storage?: string, port?: number } & Access} [options] storage: a folder, by default `.cache/registry`
 * @returns {Promise<Registry>}
 */
export async function startRegistry(options = {}) {
  const program = await programFromPackage("docker-registry", "usr/bin/docker-registry");
  const storage = options.storage ?? path.join(cacheFolder, "registry");
  await mkdir(storage, { recursive: true });
  // Another program may take the free port before the registry does: then the next one is tried.
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const registry = await start(program, storage, port, options);
    if (registry.port) return registry;
    if (attempt === 3 || options.port !== undefined) {
      throw new SetupError(`the registry did not start on ${registry.host}`, {
        hint: registry.log,
        exitCode: 1,
      });
    }
  }
}

/**
 * @param {string} program
 * @param {string} storage
 * @param {number} port
 * @param {Access} access
 * @returns {Promise<Registry & { log: string }>} port 0 when it did not start
 */
async function start(program, storage, port, { address = "127.0.0.1", tls, passwords }) {
  const host = `${address}:${port}`;
  const config = path.join(os.tmpdir(), `pratique-registry-${process.pid}-${port}.json`);
  // The configuration is YAML, and so is JSON.
  await writeFile(
    config,
    JSON.stringify({
      version: 0.1,
      log: { level: "warn", accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
      http: { addr: host, ...(tls ? { tls } : {}) },
      ...(passwords ? { auth: { htpasswd: { realm: "registry", path: passwords } } } : {}),
    }),
  );
  // The kernel ends it with this process, even when that dies without a word.
  const deathSignal = which("setpriv") ? ["setpriv", "--pdeathsig", "KILL"] : [];
  const [command = "", ...args] = [...deathSignal, program, "serve", config];
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  let ended = false;
  child.stderr.on("data", (part) => {
    log = (log + String(part)).slice(-4000);
  });
  const end = new Promise((resolve) => {
    const finish = (/** @type {string} */ why) => {
      log += why;
      ended = true;
      resolve(undefined);
    };
    child.on("close", () => finish(""));
    child.on("error", (error) => finish(error.message));
  });
  const killNow = () => {
    child.kill("SIGKILL");
    rmSync(config, { force: true });
  };
  const onSignal = (/** @type {NodeJS.Signals} */ signal) => {
    killNow();
    // As if nobody had listened: the next delivery meets the default action.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  process.on("exit", killNow);
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  const stop = async () => {
    process.off("exit", killNow);
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
    if (!ended) {
      child.kill("SIGTERM");
      const late = setTimeout(killNow, 5000);
      await end;
      clearTimeout(late);
    }
    await rm(config, { force: true });
  };
  for (let waited = 0; waited < 15_000 && !ended; waited += 50) {
    if (await answers(new URL(`${tls ? "https" : "http"}://${host}/v2/`))) return { port, host, stop, log };
    await sleep(50);
  }
  await stop();
  return { port: 0, host, stop, log };
}

/**
 * Whether a registry answers, be it with a demand for a login. Its certificate is not looked at.
 *
 * @param {URL} url
 * @returns {Promise<boolean>}
 */
function answers(url) {
  const ask = url.protocol === "https:" ? secureRequest : request;
  return new Promise((resolve) => {
    const call = ask(url, { timeout: 1000, rejectUnauthorized: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 || response.statusCode === 401);
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(false));
    call.end();
  });
}

/** @returns {Promise<number>} a port of the loopback interface that was free a moment ago */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/**
 * Puts an image into a registry, leaving out the blobs that this has already.
 *
 * @param {string} host
 * @param {string} repository
 * @param {{ layer: Blob, config: Blob, manifest: Blob }} image
 */
export async function pushImage(host, repository, image) {
  const base = `http://${host}/v2/${repository}`;
  for (const blob of [image.layer, image.config]) {
    if ((await fetch(`${base}/blobs/${blob.digest}`, { method: "HEAD" })).ok) continue;
    const begun = await fetch(`${base}/blobs/uploads/`, { method: "POST" });
    const location = new URL(begun.headers.get("location") ?? "", base);
    location.searchParams.set("digest", blob.digest);
    const status = await put(location, blob.file, blob.size, "application/octet-stream");
    if (status !== 201)
      throw new SetupError(`the registry refused a layer of ${repository} (${status})`, { exitCode: 1 });
  }
  const status = await put(
    new URL(`${base}/manifests/${image.manifest.digest}`),
    image.manifest.file,
    image.manifest.size,
    "application/vnd.docker.distribution.manifest.v2+json",
  );
  if (status !== 201)
    throw new SetupError(`the registry refused the manifest of ${repository} (${status})`, {
      exitCode: 1,
    });
}

/**
 * @param {URL} url
 * @param {string} file
 * @param {number} size
 * @param {string} type
 * @returns {Promise<number>} the status
 */
async function put(url, file, size, type) {
  /** @type {Promise<number>} */
  const answer = new Promise((resolve, reject) => {
    const call = request(
      url,
      { method: "PUT", headers: { "content-type": type, "content-length": size } },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      },
    );
    call.on("error", reject);
    pipeline(createReadStream(file), call).catch(reject);
  });
  return answer;
}

commandLine(import.meta.url, async (args) => {
  const { values } = parseArgs(args, {
    values: ["storage", "port"],
    usage: "usage: node tools/setup/registry.mjs [--storage FOLDER] [--port PORT]",
  });
  const registry = await startRegistry({
    ...(values.storage ? { storage: values.storage } : {}),
    ...(values.port ? { port: Number(values.port) } : {}),
  });
  say(`registry on ${registry.host}; Ctrl-C ends it`);
  process.stdout.write(`${registry.host}\n`);
  await new Promise((resolve) => {
    process.on("SIGINT", resolve);
    process.on("SIGTERM", resolve);
  });
  await registry.stop();
});
