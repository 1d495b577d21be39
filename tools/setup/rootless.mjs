// @ts-check
/**
 * Makes a user for rootless Podman, so that the tests that run as root can run there as well.
 *
 *     node tools/setup/rootless.mjs
 */
import { chmod, chown, mkdir, readFile, statfs, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { ensurePackages } from "./packages.mjs";
import { commandLine, must, run, SetupError, say } from "./shared.mjs";

const NAME = "pratique-tests";
const HOME = "/var/lib/pratique-tests";
/** The kernel's number for overlay file systems. */
const OVERLAY = 0x794c7630;
/** As many ids as distributions give to a user. */
const IDS = 65_536;

/**
 * @typedef {object} RootlessUser
 * @property {string} name
 * @property {number} uid
 * @property {number} gid
 * @property {string} home
 * @property {string} runtime the user's XDG_RUNTIME_DIR
 * @property {readonly string[]} prefix what to put before a command that is to run as this user, in an environment of its own
 */

/** @returns {Promise<RootlessUser | undefined>} the user, if it was made */
export async function rootlessUser() {
  const { code, stdout } = await run("getent", ["passwd", NAME]);
  const [, , uid, gid, , home] = stdout.trim().split(":");
  if (code !== 0 || uid === undefined || gid === undefined || home === undefined) return undefined;
  const runtime = `/run/user/${uid}`;
  return {
    name: NAME,
    uid: Number(uid),
    gid: Number(gid),
    home,
    runtime,
    prefix: [
      "setpriv",
      ...["--reuid", uid, "--regid", gid, "--init-groups"],
      "env",
      "-i",
      `HOME=${home}`,
      `USER=${NAME}`,
      `XDG_RUNTIME_DIR=${runtime}`,
      `PATH=${process.env.PATH ?? "/usr/bin:/bin"}:/usr/sbin:/sbin`,
      "CI=true",
    ],
  };
}

/** @returns {Promise<RootlessUser & { stop(): Promise<void> }>} a user whose Podman works; stop: ends what it keeps running */
export async function ensureRootless() {
  await ensurePackages(["engine", "rootless"]);
  if (process.getuid?.() !== 0) {
    throw new SetupError("only root can make a user for rootless Podman", {
      hint: "run the tests as root",
    });
  }
  if ((await rootlessUser()) === undefined) {
    say(`making the user ${NAME}, for rootless Podman`);
    await must("useradd", ["--system", "--create-home", "--home-dir", HOME, "--shell", "/bin/sh", NAME]);
  }
  const user = await rootlessUser();
  if (user === undefined) throw new SetupError(`the user ${NAME} was made, yet it is not there`);
  // System users are given no ids for containers.
  for (const kind of ["uid", "gid"]) {
    const file = `/etc/sub${kind}`;
    // A machine without users may lack the file, and usermod makes none.
    await writeFile(file, "", { flag: "a", mode: 0o644 });
    const text = await readFile(file, "utf8");
    if (text.split("\n").some((line) => line.startsWith(`${NAME}:`))) continue;
    const first = firstFree(text);
    await must("usermod", [`--add-sub${kind}s`, `${first}-${first + IDS - 1}`, NAME]);
  }
  // What a login would make.
  await mkdir(user.runtime, { recursive: true });
  await chown(user.runtime, user.uid, user.gid);
  await chmod(user.runtime, 0o700);
  await chooseStorage(user);
  const [program = "", ...prefix] = user.prefix;
  return {
    ...user,
    // A process of Podman's holds the user namespace open after the last container.
    stop: async () => {
      await run(program, [...prefix, "podman", "system", "migrate"], { cwd: user.home, timeout: 60_000 });
    },
  };
}

/** @param {string} text of /etc/subuid or /etc/subgid @returns {number} an id above all that are given to somebody */
function firstFree(text) {
  const ends = text.split("\n").map((line) => {
    const [, first, count] = line.split(":");
    return Number(first) + Number(count) || 0;
  });
  return Math.max(500_000, ...ends);
}

/**
 * Overlay where the kernel lets users mount it, since vfs copies the whole image for every container.
 *
 * @param {RootlessUser} user
 */
async function chooseStorage(user) {
  const folder = path.join(user.home, ".config", "containers");
  const file = path.join(folder, "storage.conf");
  const [program = "", ...prefix] = user.prefix;
  const answer = () => run(program, [...prefix, "podman", "info"], { cwd: user.home, timeout: 60_000 });
  if ((await readFile(file, "utf8").catch(() => "")) !== "" && (await answer()).code === 0) return;
  for (const made of [path.dirname(folder), folder]) {
    await mkdir(made, { recursive: true });
    await chown(made, user.uid, user.gid);
  }
  let complaint = "";
  // On an overlay, as the root of a container is, Podman answers with overlay but starts nothing (measured).
  const drivers = (await statfs(user.home)).type === OVERLAY ? ["vfs"] : ["overlay", "vfs"];
  for (const driver of drivers) {
    await writeFile(file, `[storage]\ndriver = "${driver}"\n`);
    const { code, stderr } = await answer();
    if (code === 0) return;
    complaint = stderr.trim();
  }
  throw new SetupError(`rootless Podman does not work here:\n${complaint}`, {
    hint: `run “podman info” as the user ${NAME} and follow what it says`,
  });
}

commandLine(import.meta.url, async () => {
  const user = await ensureRootless();
  say(`rootless Podman works for the user ${user.name} (${user.uid})`);
});
