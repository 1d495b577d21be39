import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { currentOwner, formatOwner, type Owner } from "./owner.ts";
import { run } from "./process.ts";
import { openWorkspace, removeTree } from "./workspace.ts";

let base: string;
let folder: string;
/** Where the notes of runs lie. */
let notes: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "pratique-workspace-"));
  folder = join(base, "output");
  vi.stubEnv("XDG_RUNTIME_DIR", join(base, "runtime"));
  notes = join(base, "runtime", `pratique-${process.getuid?.() ?? 0}`);
  mkdirSync(notes, { recursive: true, mode: 0o700 });
});
afterEach(() => {
  vi.unstubAllEnvs();
  spawnSync("rm", ["-rf", "--", base]);
});

const dead = (): Owner => ({ ...currentOwner(), pid: spawnSync("true").pid, start: "1" });
function leftBehind(name: string, owner: Owner, children: readonly unknown[] = []): string {
  const temporary = join(folder, ".run", name);
  mkdirSync(join(temporary, "scratch"), { recursive: true });
  writeFileSync(
    join(notes, `${name}.json`),
    JSON.stringify({ owner: formatOwner(owner), temporary, children }),
  );
  return temporary;
}

describe("openWorkspace", () => {
  it("finds its folders although runs that end remove them where they are empty", async () => {
    const again = async (): Promise<void> => {
      for (let time = 0; time < 40; time++) await (await openWorkspace(folder)).dispose();
    };
    await Promise.all(Array.from({ length: 4 }, again));
    expect([existsSync(notes), existsSync(join(folder, ".run"))]).toEqual([false, false]);
  });

  it("makes a place of its own and takes it away again", async () => {
    const output = join(folder, ".pratique");
    const [one, two] = [await openWorkspace(output), await openWorkspace(output)];
    expect(one.id).not.toBe(two.id);
    expect(one.id).toMatch(/^[0-9a-f]{10}$/);
    expect(existsSync(one.temporary)).toBe(true);
    await one.dispose();
    expect(existsSync(two.temporary)).toBe(true);
    await two.dispose();
    expect(readdirSync(output)).toEqual([".gitignore"]);
    await two.dispose();
  });

  it("keeps its own folder out of commits, and leaves a folder that was named as it is", async () => {
    await (await openWorkspace(folder)).dispose();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("clears what a dead run left, and nothing of a living one or of another machine", async () => {
    const gone = leftBehind("gone", dead());
    const alive = leftBehind("alive", currentOwner());
    const elsewhere = leftBehind("elsewhere", { ...dead(), host: "elsewhere" });
    const workspace = await openWorkspace(folder);
    expect(existsSync(gone)).toBe(false);
    expect(existsSync(alive)).toBe(true);
    expect(existsSync(elsewhere)).toBe(true);
    await workspace.dispose();
    expect(existsSync(alive)).toBe(true);
  });

  it("clears it whatever output folder the next run has, and its note with it", async () => {
    const gone = leftBehind("gone", dead());
    await (await openWorkspace(join(base, "other"))).dispose();
    expect(existsSync(gone)).toBe(false);
    expect(existsSync(join(folder, ".run"))).toBe(false);
    expect(existsSync(notes)).toBe(false);
  });

  it("removes nothing that it did not make, whatever a note says", async () => {
    const precious = join(base, "precious");
    mkdirSync(precious);
    const note = { owner: formatOwner(dead()), temporary: precious, children: [] };
    writeFileSync(join(notes, "planted.json"), JSON.stringify(note));
    await (await openWorkspace(folder)).dispose();
    expect(existsSync(precious)).toBe(true);
  });

  it.each(["", "null", "[]", "{", '{"owner":1,"temporary":"x","children":[]}', '{"owner":"x"}'])(
    "survives the note %j",
    async (note) => {
      writeFileSync(join(notes, "strange.json"), note);
      await (await openWorkspace(folder)).dispose();
      expect(readdirSync(notes)).toEqual(["strange.json"]);
    },
  );

  it.skipIf(process.platform === "win32")("does not trust notes that others may write", async () => {
    chmodSync(notes, 0o777);
    await expect(openWorkspace(folder)).rejects.toMatchObject({ code: "output.not-writable" });
  });

  it("ends the programs that outlived a dead run, and no other", async () => {
    const orphan = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
    const bystander = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
    const ended = new Promise((resolve) => orphan.once("exit", (_code, signal) => resolve(signal)));
    try {
      const pid = orphan.pid ?? 0;
      leftBehind("gone", dead(), [
        { pid, start: currentOwner(pid).start, builder: false },
        { pid: bystander.pid, start: "1", builder: false },
        { pid: -1, start: "", builder: false },
        { pid: 1.5 },
        "x",
      ]);
      await (await openWorkspace(folder)).dispose();
      expect(await ended).toBe("SIGTERM");
      expect(bystander.exitCode).toBeNull();
      expect(bystander.signalCode).toBeNull();
    } finally {
      orphan.kill("SIGKILL");
      bystander.kill("SIGKILL");
    }
  });

  it("notes the programs at work", async () => {
    const workspace = await openWorkspace(folder);
    let note = "";
    await run("sh", ["-c", "echo; sleep 0.2"], {
      onLine: () => {
        note = readFileSync(join(notes, `${workspace.id}.json`), "utf8");
      },
    });
    await workspace.dispose();
    expect(JSON.parse(note)).toMatchObject({
      owner: workspace.owner,
      temporary: workspace.temporary,
      children: [{ pid: expect.any(Number), start: expect.stringMatching(/^\d+$/) }],
    });
  });

  it("fails in words where it cannot write", async () => {
    const file = join(base, "file");
    writeFileSync(file, "");
    await expect(openWorkspace(file)).rejects.toMatchObject({ code: "output.not-writable" });
  });
});

/** Deeper than a path can say. */
function deepTree(parent: string): void {
  const script =
    'n=$(printf "%0200d" 0); cd "$1"; for i in $(seq 30); do mkdir $n && cd -P $n || exit 1; done';
  expect(spawnSync("sh", ["-c", script, "sh", parent]).status).toBe(0);
}

describe("clearLeft", () => {
  it("tries another way with what could not be removed, now and next time", async () => {
    const temporary = leftBehind("0123456789", dead());
    deepTree(temporary);
    // Without a program that goes down step by step it stays.
    vi.stubEnv("PATH", "");
    const one = await openWorkspace(folder);
    expect(await one.clearLeft(async () => false)).toEqual([temporary]);
    await one.dispose();
    expect(existsSync(join(notes, "0123456789.json"))).toBe(true);
    const two = await openWorkspace(folder);
    vi.unstubAllEnvs();
    const remove = async (path: string): Promise<boolean> => spawnSync("rm", ["-rf", path]).status === 0;
    expect(await two.clearLeft(remove)).toEqual([]);
    expect(existsSync(join(notes, "0123456789.json"))).toBe(false);
    expect(existsSync(temporary)).toBe(false);
    await two.dispose();
  });
});

describe("removeTree", () => {
  it("removes what is deeper than a path can say, and says where it could not", async () => {
    const tree = join(base, "tree");
    mkdirSync(tree);
    deepTree(tree);
    vi.stubEnv("PATH", "");
    await expect(removeTree(tree)).rejects.toMatchObject({ code: "output.not-removable" });
    vi.unstubAllEnvs();
    await removeTree(tree);
    expect(existsSync(tree)).toBe(false);
  });

  it("removes folders without write permission, and follows no link out", async () => {
    const outside = join(base, "outside");
    const tree = join(base, "tree");
    mkdirSync(join(tree, "a/b"), { recursive: true });
    mkdirSync(outside);
    writeFileSync(join(outside, "kept"), "");
    symlinkSync(outside, join(tree, "a/link"));
    chmodSync(join(tree, "a/b"), 0o000);
    chmodSync(join(tree, "a"), 0o500);
    await removeTree(tree);
    expect(existsSync(tree)).toBe(false);
    expect(readdirSync(outside)).toEqual(["kept"]);
    await removeTree(tree);
  });
});
