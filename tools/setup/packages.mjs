// @ts-check
/**
 * Installs the machine's own packages that the demo and the tests need, and only those that are missing.
 *
 *     node tools/setup/packages.mjs engine go bases docker shellcheck documents compilers faults rootless browser
 */
import { readFileSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import {
  cacheFolder,
  commandLine,
  exists,
  must,
  parseArgs,
  run,
  SetupError,
  say,
  sleep,
  which,
} from "./shared.mjs";

/**
 * @typedef {object} Group
 * @property {string} purpose
 * @property {() => Promise<boolean> | boolean} present whether everything works already, however it came here
 * @property {readonly string[]} packages Debian packages
 * @property {readonly string[]} [optional] packages that some releases lack
 * @property {string} otherwise what to install on a machine that is not Debian-like
 */

/** @type {Readonly<Record<string, Group>>} */
export const groups = {
  engine: {
    purpose: "Podman, to build and run containers",
    present: async () => (await works("podman", ["--version"])) && (has("runc") || has("crun")),
    packages: ["podman", "runc", "uidmap", "slirp4netns", "fuse-overlayfs", "iptables"],
    optional: ["netavark", "catatonit"],
    otherwise: "Podman 4 or later, with runc or crun",
  },
  docker: {
    purpose: "Docker, to build and run containers",
    present: () =>
      works("docker", ["--version"]).then(
        (client) => client && (has("dockerd") || Boolean(process.env.DOCKER_HOST)),
      ),
    packages: ["docker.io"],
    optional: ["docker-cli"],
    otherwise: "Docker Engine 20.10 or later",
  },
  go: {
    purpose: "Go, to compile the recorder",
    present: goIsRecent,
    packages: ["golang-go"],
    otherwise: "Go 1.19 or later",
  },
  bases: {
    purpose: "mmdebstrap, to make base images where no container registry can be reached",
    present: () => has("mmdebstrap"),
    packages: ["mmdebstrap", "debian-archive-keyring", "ca-certificates"],
    otherwise: "nothing, if docker.io can be reached; else mmdebstrap",
  },
  shellcheck: {
    purpose: "ShellCheck, whose findings about RUN are passed on",
    present: () => works("shellcheck", ["--version"]),
    packages: ["shellcheck"],
    otherwise: "ShellCheck 0.8 or later",
  },
  certificates: {
    purpose: "OpenSSL, to make the certificate of a registry in the tests",
    present: () => works("openssl", ["version"]),
    packages: ["openssl"],
    otherwise: "OpenSSL",
  },
  documents: {
    purpose: "programs that the documentation's commands ask, or that type them",
    present: () => ["git", "man", "openssl", "script"].every(has),
    packages: ["git", "man-db", "openssl", "bsdutils"],
    otherwise: "git, man, OpenSSL and script",
  },
  compilers: {
    purpose: "compilers of C and Java, for the programs of the network tests",
    present: () => has("gcc") && has("musl-gcc") && has("javac"),
    packages: ["gcc", "libc6-dev", "musl-tools", "default-jdk-headless"],
    otherwise: "gcc, musl-gcc and a JDK",
  },
  faults: {
    purpose: "a C compiler, static libraries and BusyBox, for the programs of the fault cases",
    present: async () => has("gcc") && isStatic("busybox") && (await linksStatically()),
    packages: ["gcc", "libc6-dev", "busybox-static"],
    otherwise: "gcc, a static C library and a static busybox",
  },
  rootless: {
    purpose: "programs that make a user and start another one's Podman",
    present: () => ["useradd", "usermod", "newuidmap", "setpriv", "getent"].every(has),
    packages: ["passwd", "uidmap", "util-linux", "libc-bin"],
    otherwise: "useradd, usermod, newuidmap, setpriv and getent",
  },
  browser: {
    purpose: "Chromium, to look at the report in the tests",
    present: () => has("chromium") || has("chromium-browser") || has("google-chrome"),
    packages: ["chromium", "fonts-dejavu-core"],
    otherwise: "Chromium or Chrome",
  },
};

/** @param {string} program */
function has(program) {
  return which(program) !== undefined;
}

/** @param {string} program @param {string[]} args */
async function works(program, args) {
  return has(program) && (await run(program, args, { timeout: 20_000 })).code === 0;
}

/** @param {string} program A program that names no loader in its first bytes needs no libraries. */
function isStatic(program) {
  const file = which(program);
  return file !== undefined && !readFileSync(file).subarray(0, 4096).includes("ld-linux");
}

/** A compiler answers with a whole path for a file that it has, and with the bare name for one that it has not. */
async function linksStatically() {
  return path.isAbsolute((await run("gcc", ["-print-file-name=libc.a"])).stdout.trim());
}

async function goIsRecent() {
  const { code, stdout } = await run("go", ["version"], { env: { GOTOOLCHAIN: "local" } });
  const version = /go(\d+)\.(\d+)/.exec(stdout);
  return code === 0 && version !== null && (Number(version[1]) > 1 || Number(version[2]) >= 19);
}

/** @returns {boolean} whether this machine installs packages with apt */
export function isDebianLike() {
  return has("apt-get") && has("dpkg");
}

/** @returns {Promise<string[] | undefined>} what to put before a command to run it as root; undefined: no right to */
async function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return has("sudo") && (await run("sudo", ["-n", "true"])).code === 0 ? ["sudo", "-n"] : undefined;
}

/**
 * Makes sure that the named groups are on this machine: what works already is left alone, the rest comes from apt.
 *
 * @param {readonly string[]} names names of {@link groups}
 * @returns {Promise<{ installed: string[] }>} the packages that were installed now
 */
export async function ensurePackages(names) {
  /** @type {Group[]} */ const missing = [];
  for (const name of names) {
    const group = groups[name];
    if (!group)
      throw new SetupError(`no package group is called ${name}`, {
        hint: `one of ${Object.keys(groups).join(", ")}`,
        exitCode: 2,
      });
    if (!(await group.present())) missing.push(group);
  }
  if (missing.length === 0) return { installed: [] };

  const wanted = missing.map((group) => group.purpose).join("; ");
  const byHand = `install by hand: ${missing.map((group) => group.otherwise).join("; ")}`;
  if (!isDebianLike()) throw new SetupError(`missing here: ${wanted}`, { hint: byHand });
  const packages = [...new Set(missing.flatMap((group) => group.packages))];
  const prefix = await rootPrefix();
  if (!prefix) {
    throw new SetupError(`missing here: ${wanted}; installing it needs root`, {
      hint: `run: sudo apt-get install --no-install-recommends ${packages.join(" ")}`,
    });
  }

  say(`missing: ${wanted}`);
  await updateLists(prefix);
  const absent = /** @type {string[]} */ ([]);
  for (const name of packages) if (!(await known(name))) absent.push(name);
  if (absent.length > 0) {
    throw new SetupError(`apt knows no package ${absent.join(", ")} here`, { hint: byHand });
  }
  for (const group of missing) {
    for (const name of group.optional ?? []) if (await known(name)) packages.push(name);
  }
  say(`installing ${packages.join(", ")}`);
  await withoutStartingServices(prefix, () =>
    apt(
      prefix,
      ["install", "-y", "--no-install-recommends", ...packages],
      `installing ${packages.join(", ")}`,
    ),
  );
  for (const group of missing) {
    if (!(await group.present())) {
      throw new SetupError(`${packages.join(", ")} installed, yet this does not work: ${group.purpose}`, {
        hint: byHand,
      });
    }
  }
  return { installed: packages };
}

/** @type {Promise<void> | undefined} */
let lists;

/** @param {string[]} prefix Updates apt's lists, once in a process. */
async function updateLists(prefix) {
  lists ??= (async () => {
    say("updating the package lists");
    await apt(prefix, ["update"], "apt-get update");
  })();
  return lists;
}

/** @param {string} name @returns {Promise<boolean>} whether apt can install it */
async function known(name) {
  const { stdout } = await run("apt-cache", ["policy", name]);
  return /Candidate: (?!\(none\))/.test(stdout);
}

/** @param {string[]} prefix @param {string[]} args @param {string} what */
async function apt(prefix, args, what) {
  const command = [
    ...prefix,
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "-q",
    "-o",
    "Dpkg::Use-Pty=0",
    "-o",
    "Acquire::Retries=3",
    "-o",
    "DPkg::Lock::Timeout=300",
    ...args,
  ];
  const [program = "", ...rest] = command;
  for (let attempt = 1; ; attempt += 1) {
    const result = await run(program, rest);
    if (result.code === 0) return;
    if (attempt === 3) {
      throw new SetupError(
        `${what} failed (exit ${result.code}):\n${(result.stderr || result.stdout).trim().split("\n").slice(-8).join("\n")}`,
        {
          exitCode: 3,
        },
      );
    }
    say(`${what} failed, trying again`);
    await sleep(2000 * attempt);
  }
}

/**
 * Where no init system runs, a package's start-up script would leave a daemon behind that nobody stops.
 *
 * @template T
 * @param {string[]} prefix
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function withoutStartingServices(prefix, work) {
  const policy = "/usr/sbin/policy-rc.d";
  if ((await exists("/run/systemd/system")) || (await exists(policy))) return work();
  await mkdir(cacheFolder, { recursive: true });
  const draft = path.join(cacheFolder, `policy-rc.d.${process.pid}`);
  await writeFile(draft, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const asRoot = (/** @type {string[]} */ command) => run(command[0] ?? "", command.slice(1));
  await asRoot([...prefix, "cp", "-p", draft, policy]);
  try {
    return await work();
  } finally {
    await asRoot([...prefix, "rm", "-f", policy]);
    await rm(draft, { force: true });
  }
}

/**
 * A program out of a Debian package without installing the package: needs no rights and starts no service.
 *
 * @param {string} name the package
 * @param {string} program the program's path in it, such as usr/bin/docker-registry
 * @returns {Promise<string>} the program's full path, on PATH or below the cache folder
 */
export async function programFromPackage(name, program) {
  const installed = which(path.basename(program));
  if (installed) return installed;
  const folder = path.join(cacheFolder, "tools", name);
  const file = path.join(folder, program);
  if (await exists(file)) return file;
  if (!isDebianLike()) {
    throw new SetupError(`${path.basename(program)} was not found`, {
      hint: `install ${name} and run this again`,
    });
  }
  say(
    `fetching ${path.basename(program)} from the package ${name} (it is not installed, only unpacked below ${folder})`,
  );
  if (!(await known(name))) {
    const prefix = await rootPrefix();
    if (prefix) await updateLists(prefix);
  }
  const download = `${folder}.download`;
  await rm(download, { recursive: true, force: true });
  await mkdir(download, { recursive: true });
  // apt's sandbox user cannot write into a folder of ours: said plainly, apt does not warn about it.
  await must(
    "apt-get",
    ["-q", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3", "download", name],
    {
      cwd: download,
      what: `downloading the package ${name}`,
      hint: `install ${name} by hand`,
    },
  );
  const deb = (await readdir(download)).find((entry) => entry.endsWith(".deb"));
  if (!deb) throw new SetupError(`apt-get download ${name} left no package`);
  await must("dpkg-deb", ["-x", path.join(download, deb), folder], { what: `unpacking ${deb}` });
  await rm(download, { recursive: true, force: true });
  return file;
}

commandLine(import.meta.url, async (args) => {
  const usage = `usage: node tools/setup/packages.mjs GROUP...   (${Object.keys(groups).join(", ")})`;
  const { rest } = parseArgs(args, { usage });
  if (rest.length === 0) throw new SetupError("name at least one group", { hint: usage, exitCode: 2 });
  const { installed } = await ensurePackages(rest);
  say(installed.length === 0 ? `${rest.join(", ")}: all here` : `installed ${installed.join(", ")}`);
});
