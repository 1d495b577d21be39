// @ts-check
/**
 * Makes a container engine usable on this machine, with or without an init system.
 *
 *     node tools/setup/engines.mjs podman
 *     node tools/setup/engines.mjs docker           starts Docker's daemon when none answers, and leaves it running
 *     node tools/setup/engines.mjs docker --stop    stops the daemon that this script started
 */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, realpath, rm } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { ensurePackages } from "./packages.mjs";
import {
  alive,
  cacheFolder,
  commandLine,
  locked,
  parseArgs,
  processName,
  readJson,
  run,
  SetupError,
  say,
  sleep,
  which,
  writeJson,
} from "./shared.mjs";

/**
 * @typedef {object} Engine
 * @property {'podman' | 'docker'} name
 * @property {string} version the engine's (for Docker: the daemon's)
 * @property {boolean} started whether this call started a daemon
 * @property {boolean} ours whether the daemon is one that these scripts started, now or earlier
 * @property {() => Promise<void>} stop stops the daemon if this call started it, else does nothing
 */

const folder = path.join(cacheFolder, "docker");
const configFile = path.join(folder, "daemon.json");
const stateFile = path.join(folder, "state.json");
const logFile = path.join(folder, "dockerd.log");
const pidFile = path.join(folder, "dockerd.pid");

/** @returns {Promise<Engine>} */
export async function ensurePodman() {
  await ensurePackages(["engine"]);
  const version = await run("podman", ["version", "--format", "{{.Client.Version}}"], { timeout: 60_000 });
  // Asks its storage and no container: `podman info` waits for whoever holds a container's lock. 1 means: no such image.
  const storage = await run("podman", ["image", "exists", "localhost/pratique-setup"], { timeout: 60_000 });
  if (version.code !== 0 || storage.code > 1) {
    throw new SetupError(`podman does not work here:\n${(version.stderr + storage.stderr).trim()}`, {
      hint: "run `podman info` and follow what it says",
    });
  }
  return {
    name: "podman",
    version: version.stdout.trim(),
    started: false,
    ours: false,
    stop: async () => undefined,
  };
}

/**
 * Uses the Docker daemon that answers, or starts one.
 *
 * @param {{ mirror?: string }} [options] mirror: a registry that the daemon is to ask before docker.io, such as
 *   `http://127.0.0.1:5000`. Only a daemon that these scripts started is ever reconfigured: for another one that does
 *   not have this mirror the call fails.
 * @returns {Promise<Engine>}
 */
export async function ensureDocker(options = {}) {
  await ensurePackages(["docker"]);
  return locked("docker", async () => {
    let version = await daemonVersion();
    let started = false;
    if (version === undefined) {
      await startDaemon(options.mirror ? [options.mirror] : []);
      started = true;
      version = (await daemonVersion()) ?? "?";
    } else if (options.mirror) {
      await useMirrors([options.mirror]);
    }
    const ours = (await ownDaemon()) !== undefined;
    return {
      name: "docker",
      version,
      started,
      ours,
      stop: async () => (started ? stopDocker().then(() => undefined) : undefined),
    };
  });
}

/** Takes the mirrors out again of a daemon that these scripts started. @returns {Promise<void>} */
export async function dropMirrors() {
  if ((await ownDaemon()) !== undefined) await locked("docker", () => useMirrors([]));
}

/** Stops the daemon that these scripts started, and only that. @returns {Promise<boolean>} whether there was one */
export async function stopDocker() {
  const pid = await ownDaemon();
  if (pid === undefined) return false;
  process.kill(pid, "SIGTERM");
  for (let waited = 0; waited < 30_000 && alive(pid) && processName(pid) === "dockerd"; waited += 100)
    await sleep(100);
  if (alive(pid) && processName(pid) === "dockerd")
    throw new SetupError(`dockerd (process ${pid}) does not end`, { hint: `see ${logFile}` });
  await rm(stateFile, { force: true });
  return true;
}

/** @returns {Promise<string | undefined>} the version of the daemon that answers */
async function daemonVersion() {
  const { code, stdout } = await run("docker", ["version", "--format", "{{.Server.Version}}"], {
    timeout: 15_000,
  });
  return code === 0 && stdout.trim() ? stdout.trim() : undefined;
}

/** @returns {Promise<number | undefined>} the process id of the daemon that these scripts started, while it runs */
async function ownDaemon() {
  const pid = Number((await readJson(stateFile))?.pid);
  return pid > 0 && processName(pid) === "dockerd" ? pid : undefined;
}

/** @param {string[]} mirrors */
async function writeConfig(mirrors) {
  // runc refuses a root file system below a link, such as a cache that several checkouts share (measured).
  const data = path.join(await realpath(folder), "data");
  await writeJson(configFile, { "data-root": data, "registry-mirrors": mirrors });
}

/** @param {string[]} mirrors */
async function startDaemon(mirrors) {
  if (process.env.DOCKER_HOST) {
    throw new SetupError(`no Docker daemon answers at DOCKER_HOST=${process.env.DOCKER_HOST}`, {
      hint: "start it, or unset DOCKER_HOST",
    });
  }
  const dockerd = which("dockerd");
  if (process.platform !== "linux" || !dockerd || process.getuid?.() !== 0) {
    throw new SetupError("no Docker daemon answers", {
      hint: "start Docker (Docker Desktop, or `sudo systemctl start docker`) and run this again",
    });
  }
  await mkdir(folder, { recursive: true });
  await writeConfig(mirrors);
  // Without the right to change the firewall an ordinary start fails; then containers have the host's network or none.
  for (const extra of [[], ["--iptables=false", "--bridge=none"]]) {
    const previous = Number(await readFile(pidFile, "utf8").catch(() => ""));
    if (processName(previous) !== "dockerd") await rm(pidFile, { force: true });
    say(`starting dockerd${extra.length > 0 ? ` with ${extra.join(" ")}` : ""} (log: ${logFile})`);
    const log = openSync(logFile, "w");
    const child = spawn(dockerd, ["--config-file", configFile, "--pidfile", pidFile, ...extra], {
      cwd: "/",
      detached: true,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    let ended = false;
    child.on("exit", () => (ended = true));
    child.on("error", () => (ended = true));
    for (let waited = 0; waited < 60_000 && !ended; waited += 200) {
      if ((await daemonVersion()) !== undefined) {
        await writeJson(stateFile, { pid: child.pid, flags: extra });
        child.unref();
        return;
      }
      await sleep(200);
    }
    if (!ended) child.kill("SIGTERM");
  }
  const log = await readFile(logFile, "utf8").catch(() => "");
  throw new SetupError(`dockerd did not start:\n${log.trim().split("\n").slice(-5).join("\n")}`, {
    hint: `see ${logFile}`,
  });
}

/** @param {string[]} mirrors */
async function useMirrors(mirrors) {
  const wanted = mirrors.map(withSlash).join();
  if ((await currentMirrors()).map(withSlash).join() === wanted) return;
  const pid = await ownDaemon();
  if (pid === undefined) {
    throw new SetupError(
      "the Docker daemon that runs here was not started by these scripts, so its registry mirror is left alone",
      {
        hint: "stop it and run this again (a daemon with its data below .cache/docker is then started), or use Podman: PRATIQUE_ENGINE=podman",
      },
    );
  }
  await writeConfig(mirrors);
  process.kill(pid, "SIGHUP");
  for (let waited = 0; waited < 10_000; waited += 100) {
    if ((await currentMirrors()).map(withSlash).join() === wanted) return;
    await sleep(100);
  }
  throw new SetupError("dockerd did not take up the registry mirror", { hint: `see ${logFile}` });
}

/** @returns {Promise<string[]>} */
async function currentMirrors() {
  const { stdout } = await run("docker", ["info", "--format", "{{json .RegistryConfig.Mirrors}}"], {
    timeout: 15_000,
  });
  try {
    return JSON.parse(stdout) ?? [];
  } catch {
    return [];
  }
}

/** @param {string} url */
function withSlash(url) {
  return url.endsWith("/") ? url : `${url}/`;
}

commandLine(import.meta.url, async (args) => {
  const usage = "usage: node tools/setup/engines.mjs podman|docker [--stop]";
  const { rest, flags } = parseArgs(args, { flags: ["stop"], usage });
  if (rest.length === 0) throw new SetupError("name an engine", { hint: usage, exitCode: 2 });
  for (const name of rest) {
    if (name === "docker" && flags.has("stop")) {
      say((await stopDocker()) ? "dockerd stopped" : "no dockerd runs that these scripts started");
      continue;
    }
    const engine =
      name === "podman" ? await ensurePodman() : name === "docker" ? await ensureDocker() : undefined;
    if (!engine) throw new SetupError(`no engine is called ${name}`, { hint: usage, exitCode: 2 });
    say(`${engine.name} ${engine.version} works`);
    if (engine.started)
      say("dockerd goes on running; stop it with: node tools/setup/engines.mjs docker --stop");
  }
});
