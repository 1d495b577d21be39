import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readContext } from "./walk.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pratique-walk-"));
});
afterEach(() => {
  // Deeper trees than Node's own removal can name.
  spawnSync("chmod", ["-R", "u+rwx", root]);
  spawnSync("rm", ["-rf", root]);
});
const put = (path: string, text = ""): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const paths = async (leaveOut?: readonly string[]): Promise<readonly string[]> =>
  (await readContext(root, leaveOut)).files.map((file) => file.path);

describe("readContext", () => {
  it("lists files with sizes, and folders, in one order", async () => {
    for (const path of ["b/z", "b/a", "a", "B", ".hidden"]) put(path, "12");
    mkdirSync(join(root, "empty"));
    const context = await readContext(root);
    expect(context.files).toEqual(
      [".hidden", "B", "a", "b/a", "b/z"].map((path) => ({ path, size: 2, kind: "file" })),
    );
    expect(context.folders).toEqual(["b", "empty"]);
    expect(context).toMatchObject({ ignoreFile: undefined, truncated: false, unreadable: [] });
  });

  it("leaves out .git at the top and what it is told to", async () => {
    for (const path of [".git/HEAD", "sub/.git/HEAD", ".pratique/report.json", "out/x", "a"]) put(path);
    expect(await paths([".pratique", "out"])).toEqual(["a", "sub/.git/HEAD"]);
  });

  it("follows no link, and so no loop of links", async () => {
    put("a/file");
    symlinkSync("..", join(root, "a/up"));
    symlinkSync("loop", join(root, "loop"));
    symlinkSync("/", join(root, "everything"));
    symlinkSync("nowhere", join(root, "dangling"));
    const context = await readContext(root);
    expect(context.files.map(({ path, kind }) => `${path} ${kind}`)).toEqual([
      "a/file file",
      "a/up link",
      "dangling link",
      "everything link",
      "loop link",
    ]);
  });

  it("skips what is neither file, folder nor link", async () => {
    spawnSync("mkfifo", [join(root, "pipe")]);
    put("a");
    expect(await paths()).toEqual(["a"]);
  });

  it.each([".dockerignore", ".containerignore"])("heeds %s", async (name) => {
    put(name, "data\n!data/kept.csv\n*.log\n");
    for (const path of ["data/a.csv", "data/kept.csv", "x.log", "sub/y.log"]) put(path);
    const context = await readContext(root);
    expect(context.ignoreFile).toBe(name);
    expect(context.files.map((file) => file.path)).toEqual([name, "data/kept.csv", "sub/y.log"]);
    expect(context.folders).toEqual(["sub"]);
  });

  it("fails in words on a folder that is not there, and on an ignore file that is none", async () => {
    await expect(readContext(join(root, "none"))).rejects.toMatchObject({ code: "project.unreadable" });
    mkdirSync(join(root, ".dockerignore"));
    await expect(readContext(root)).rejects.toMatchObject({ code: "project.unreadable" });
  });

  it.skipIf(process.getuid?.() === 0)("names folders that it may not read", async () => {
    put("closed/a");
    put("b");
    chmodSync(join(root, "closed"), 0o000);
    expect(await readContext(root)).toMatchObject({ unreadable: ["closed"] });
    expect(await paths()).toEqual(["b"]);
  });

  it("names a folder that is too deep to be read, and goes on", async () => {
    const name = "d".repeat(200);
    const script = `for (let n = 0; n < 25; n++) { fs.mkdirSync("${name}"); process.chdir("${name}"); }`;
    const deep = spawnSync(process.execPath, ["-e", script], { cwd: root });
    expect(deep.status).toBe(0);
    put("z");
    const context = await readContext(root);
    expect(context.unreadable).toHaveLength(1);
    expect(context.files.map((file) => file.path)).toEqual(["z"]);
  });
});
