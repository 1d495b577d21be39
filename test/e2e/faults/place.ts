import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineName } from "../../../src/engine/engine.ts";
import { type RootlessUser, rootlessUser } from "../../../tools/setup/rootless.mjs";
import { root } from "../support.ts";
import { imageArchive, processOfImage } from "./images.ts";

/** An engine as one kind of user has it, with the command line and the images of the cases at hand. */
export interface Place {
  readonly engine: EngineName;
  readonly rootless: boolean;
  /** Whether the engine can limit memory and processes here. */
  readonly limits: boolean;
  /** Starts the command line as the user would; the child's process id is the command line's own. */
  start(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess;
  /** What the engine answers, line by line. */
  ask(...args: string[]): string[];
  /** A new folder of the user's. */
  makeFolder(): string;
  /** A folder that is a small file system of its own, and is given to nobody else. */
  takeDisk(): string;
  removeFolder(folder: string): void;
  /** The folder where living runs leave their notes. */
  readonly notes: string;
  dispose(): void;
}

export type PlaceName = "Docker" | "Podman" | "rootless Podman";

/** Small file systems at each place. */
const DISKS = 5;

/** Opens a place and gives it the images. `npm test` has made what this needs. */
export async function openPlace(name: PlaceName): Promise<Place> {
  const engine = name === "Docker" ? "docker" : "podman";
  const user = name === "rootless Podman" ? await someUser() : undefined;
  const base = user?.home ?? tmpdir();
  clearDead(base);
  const mine = mkdtempSync(join(base, `faults-${process.pid}-`));
  giveTo(user, mine);
  const cli = copyProgram(user, mine);
  const node = user === undefined ? process.execPath : reachableNode(user, mine);
  const prefix = user?.prefix ?? [];
  const call = (args: readonly string[], input?: Buffer): string => {
    const [program = "", ...rest] = [...prefix, engine, ...args];
    return execFileSync(program, rest, {
      cwd: mine,
      encoding: "utf8",
      timeout: 120_000,
      stdio: ["pipe", "pipe", "pipe"],
      ...(input === undefined ? {} : { input }),
    });
  };
  const ask = (...args: string[]): string[] => call(args).split("\n").filter(Boolean).sort();
  // Of tests that were interrupted.
  const dead = again(() => ask("images", "--format", "{{.Repository}}:{{.Tag}}")).filter((reference) => {
    const pid = processOfImage(reference);
    return pid !== undefined && !existsSync(`/proc/${pid}`);
  });
  if (dead.length > 0) call(["rmi", "--force", ...dead]);
  const mounted = Array.from({ length: DISKS }, (_, number) => mountDisk(user, join(mine, `disk-${number}`)));
  const disks = [...mounted];
  // A rootless Podman goes on in the mount namespace that it made before, where these disks are not.
  if (user !== undefined) call(["system", "migrate"]);
  const { archive, references } = await imageArchive();
  call(["load", "--quiet"], archive);
  const uid = user?.uid ?? process.getuid?.() ?? 0;
  const [version] = engine === "podman" ? ask("info", "--format", "{{.Host.CgroupsVersion}}") : ["v1"];
  return {
    engine,
    rootless: user !== undefined,
    limits: user === undefined || version === "v2",
    notes: join(user?.runtime ?? process.env.XDG_RUNTIME_DIR ?? tmpdir(), `pratique-${uid}`),
    start(args, env) {
      const settings = Object.entries(env).map(([variable, value]) => `${variable}=${value}`);
      const [program = "", ...rest] = [...prefix, "env", ...settings, node, cli, ...args];
      return spawn(program, rest, {
        cwd: mine,
        env: { ...process.env, CI: "true" },
        stdio: ["ignore", "pipe", "pipe"],
      });
    },
    ask,
    makeFolder() {
      const folder = mkdtempSync(join(mine, "case-"));
      giveTo(user, folder);
      return folder;
    },
    takeDisk() {
      const disk = disks.pop();
      if (disk === undefined) throw new Error(`more than ${DISKS} cases want a disk of their own`);
      return disk;
    },
    removeFolder(folder) {
      // Node cannot remove what lies deeper than a path can say.
      execFileSync("rm", ["-rf", "--", folder]);
    },
    dispose() {
      // Those that are named here and nobody else's.
      call(["rmi", "--force", ...references]);
      for (const disk of mounted) execFileSync("umount", [disk]);
      rmSync(mine, { recursive: true, force: true });
    },
  };
}

/** Podman lists no image at all where one vanishes meanwhile. */
function again<T>(ask: () => T): T {
  for (let left = 5; ; left--) {
    try {
      return ask();
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

/** The user that was made for this; without root the one who runs the tests has a rootless Podman already. */
async function someUser(): Promise<RootlessUser> {
  const user = await rootlessUser();
  if (user !== undefined && process.getuid?.() === 0) return user;
  throw new Error(
    "There is no user for rootless Podman: run “npm test” as root, which makes one (tools/setup/rootless.mjs).",
  );
}

function giveTo(user: RootlessUser | undefined, path: string): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}

/** What tests that were interrupted left, with the small disks in it. */
function clearDead(base: string): void {
  for (const name of readdirSync(base)) {
    const pid = /^faults-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    const folder = join(base, name);
    for (const disk of readFileSync("/proc/self/mounts", "utf8").split("\n")) {
      const place = disk.split(" ")[1];
      if (place?.startsWith(`${folder}/`)) execFileSync("umount", [place]);
    }
    execFileSync("rm", ["-rf", "--", folder]);
  }
}

/** Only root may mount; without it the cases that want a disk fail, and say so. */
function mountDisk(user: RootlessUser | undefined, folder: string): string {
  mkdirSync(folder);
  const options = `size=6m,mode=755,uid=${user?.uid ?? 0},gid=${user?.gid ?? 0}`;
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]);
  return folder;
}

/** Another user may not be able to read this checkout: they get a copy of what was built. */
function copyProgram(user: RootlessUser | undefined, folder: string): string {
  if (user === undefined) return join(root, "dist", "cli", "main.cjs");
  const copy = join(folder, "pratique");
  for (const part of ["dist", "package.json"])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  return join(copy, "dist", "cli", "main.cjs");
}

/** Nor may they be able to reach this Node, where it lies in somebody's home. */
function reachableNode(user: RootlessUser, folder: string): string {
  const [program = "", ...prefix] = user.prefix;
  const { status } = spawnSync(program, [...prefix, process.execPath, "--version"], { cwd: folder });
  if (status === 0) return process.execPath;
  const copy = join(folder, "node");
  copyFileSync(process.execPath, copy);
  return copy;
}

/** Processes whose command line or environment holds one of the words; only root sees those of others. */
export function processesWith(...words: readonly string[]): { pid: number; command: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const command = readProc(name, "cmdline").replaceAll("\0", " ").trim();
      const text = `${command} ${readProc(name, "environ")}`;
      return words.some((word) => text.includes(word)) ? [{ pid: Number(name), command }] : [];
    });
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    // Ended while we looked, or not ours to see.
    return "";
  }
}
