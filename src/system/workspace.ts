import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { chmod, lstat, mkdir, readdir, readFile, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, PratiqueError, systemErrorCode } from "../errors.ts";
import { makeFolder, notWritable } from "./files.ts";
import { DEFAULT_OUTPUT } from "./output.ts";
import { currentOwner, formatOwner, isAlive, isGone, parseOwner } from "./owner.ts";
import { BUILDER_PATIENCE, endSteps, run, watchChildren } from "./process.ts";

/**
 * One run's place on disk: `<output>/.run/<id>/` for what must be gone afterwards, beside the results that stay. A
 * note in a folder of the user's own says who runs it and which programs it started. What a killed run left is
 * cleared by the next one, whatever its output folder: it can tell by the note that nobody is at work there.
 */
export interface Workspace {
  /** Short random name, also used in the names of containers. */
  readonly id: string;
  readonly owner: string;
  /** The output folder, absolute. */
  readonly output: string;
  /** Temporary folder of this run, removed by `dispose`. */
  readonly temporary: string;
  /** Removes folders of dead runs in another way. Resolves to those that stay: the next run tries again. */
  clearLeft(remove: (path: string) => Promise<boolean>): Promise<readonly string[]>;
  dispose(): Promise<void>;
}

interface Note {
  readonly owner: string;
  readonly temporary: string;
  readonly children: readonly Child[];
}

interface Child {
  readonly pid: number;
  readonly start: string;
  readonly builder: boolean;
}

const RUNS = ".run";

/** Makes the output folder and a temporary one; clears what dead runs left. Fails with `output.not-writable`. */
export async function openWorkspace(output: string): Promise<Workspace> {
  const folder = resolve(output);
  const runs = join(folder, RUNS);
  const id = randomBytes(5).toString("hex");
  const temporary = join(runs, id);
  const owner = formatOwner(currentOwner());
  const notes = notesFolder();
  const notePath = join(notes, `${id}.json`);
  const children = new Map<number, Child>();
  const save = (): void => {
    const note: Note = { owner, temporary, children: [...children.values()] };
    writeFileSync(notePath, JSON.stringify(note), { mode: 0o600 });
  };
  await makeNotes(notes, save);
  const left = await sweep(notes);
  try {
    await untilThere(async () => {
      await makeFolder(runs);
      await mkdir(temporary, { mode: 0o700 });
    });
    // The folder that nobody asked for by name must not end up in a commit by accident.
    if (basename(folder) === DEFAULT_OUTPUT) writeFileSync(join(folder, ".gitignore"), "*\n");
  } catch (error) {
    await rm(notePath, { force: true });
    await removeIfEmpty(notes);
    throw notWritable(folder, error);
  }
  watchChildren({
    started(pid, builder) {
      children.set(pid, { pid, start: currentOwner(pid).start, builder });
      save();
    },
    ended(pid) {
      children.delete(pid);
    },
  });
  return {
    id,
    owner,
    output: folder,
    temporary,
    async clearLeft(remove) {
      const staying: string[] = [];
      for (const { note, folder: old } of left) {
        if (await remove(old)) {
          await removeIfEmpty(dirname(old));
          await rm(note, { force: true });
        } else staying.push(old);
      }
      return staying;
    },
    async dispose() {
      watchChildren(undefined);
      await removeTree(temporary);
      // Goes only when it is empty: another run may be at work beside us.
      await removeIfEmpty(runs);
      await rm(notePath, { force: true });
      await removeIfEmpty(notes);
    },
  };
}

const notesFolder = (): string =>
  join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `pratique-${process.getuid?.() ?? 0}`);

/** Makes the user's own folder for notes, and the first one in it. One that others made or may write to is not trusted. */
async function makeNotes(folder: string, save: () => void): Promise<void> {
  let trusted = false;
  try {
    await untilThere(async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const info = await lstat(folder);
      trusted =
        process.platform === "win32" ||
        (info.isDirectory() && info.uid === (process.getuid?.() ?? 0) && (info.mode & 0o022) === 0);
      if (trusted) save();
    });
  } catch (error) {
    throw notWritable(folder, error);
  }
  if (trusted) return;
  throw new PratiqueError("output.not-writable", `${folder} belongs to somebody else.`, {
    hint: "Set XDG_RUNTIME_DIR or TMPDIR to a folder of your own.",
  });
}

/** A run that ends removes the folders that it leaves empty: just when another one begins, this is done again. */
async function untilThere(make: () => Promise<void>): Promise<void> {
  for (let left = 20; ; left--) {
    try {
      await make();
      return;
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT" || left === 0) throw error;
    }
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: unknown) => {
    if (systemErrorCode(error) !== "ENOTEMPTY" && systemErrorCode(error) !== "ENOENT") throw error;
  });
}

/** Removes a tree, even one with folders that their owner may not write to, or deeper than a path can say. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    await openUp(path);
    // Node names each file by its whole path, and the kernel takes none of more than 4,096 bytes.
    const { code, stderr } = await run("rm", ["-rf", "--", path]).catch((error: unknown) => ({
      code: null,
      stderr: messageOf(error),
    }));
    if (code !== 0) throw notRemovable(path, stderr);
  }
}

function notRemovable(path: string, stderr: string): PratiqueError {
  const words = stderr.trim().split("\n").at(-1) ?? "";
  return new PratiqueError("output.not-removable", `${path} cannot be removed: ${words}`, {
    hint: "Files of the job's user may be in it. Remove it with “podman unshare rm -rf”, or as root.",
  });
}

async function openUp(path: string): Promise<void> {
  await chmod(path, 0o700).catch(() => {});
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await openUp(join(path, entry.name));
}

/** Returns what could not be removed: files of a job's user, whose container may even be running still. */
async function sweep(notes: string): Promise<{ note: string; folder: string }[]> {
  const left: { note: string; folder: string }[] = [];
  for (const name of await readdir(notes)) {
    const path = join(notes, name);
    const note = await readNote(path);
    const owner = note === undefined ? undefined : parseOwner(note.owner);
    if (note === undefined || owner === undefined || !isGone(owner)) continue;
    await endOrphans(note.children);
    // Never anything but what this module made.
    if (basename(dirname(note.temporary)) === RUNS) {
      try {
        await removeTree(note.temporary);
      } catch (error) {
        if (!(error instanceof PratiqueError)) throw error;
        left.push({ note: path, folder: note.temporary });
        continue;
      }
      await removeIfEmpty(dirname(note.temporary));
    }
    await rm(path, { force: true });
  }
  return left;
}

async function readNote(path: string): Promise<Note | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof value !== "object" || value === null) return undefined;
    if (!("owner" in value && "children" in value && "temporary" in value)) return undefined;
    if (typeof value.owner !== "string" || typeof value.temporary !== "string") return undefined;
    if (!Array.isArray(value.children)) return undefined;
    return {
      owner: value.owner,
      temporary: value.temporary,
      children: value.children.filter(
        (child: unknown): child is Child =>
          typeof child === "object" &&
          child !== null &&
          "pid" in child &&
          Number.isInteger(child.pid) &&
          "start" in child &&
          typeof child.start === "string" &&
          "builder" in child &&
          typeof child.builder === "boolean",
      ),
    };
  } catch {
    // Half-written when its run was killed: the next sweep of that run's output finds nothing to go by either.
    return undefined;
  }
}

/** Ends engine programs that outlived the run that started them: the steps of builds first, then what is left. */
async function endOrphans(children: Note["children"]): Promise<void> {
  const alive = (): Note["children"] =>
    children.filter((child) => child.pid > 1 && child.start !== "" && isAlive(child));
  const builders = (): Note["children"] => alive().filter((child) => child.builder);
  for (let waited = 0; builders().length > 0 && waited < BUILDER_PATIENCE; waited += 100) {
    for (const { pid } of builders()) endSteps(pid);
    await sleep(100);
  }
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    for (const child of alive()) {
      try {
        process.kill(-child.pid, signal);
      } catch (error) {
        if (systemErrorCode(error) !== "ESRCH" && systemErrorCode(error) !== "EPERM") throw error;
      }
    }
    for (let waited = 0; alive().length > 0 && waited < 3000; waited += 100) await sleep(100);
  }
}
