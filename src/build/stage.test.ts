import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readContext } from "../context/walk.ts";
import { type StagedContext, stageContext } from "./stage.ts";

let folder: string;
let copies = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pratique-stage-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function project(name: string, files: Readonly<Record<string, string>>): string {
  const root = join(folder, name);
  mkdirSync(root, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
const stage = async (root: string): Promise<StagedContext> =>
  stageContext(await readContext(root), join(folder, `copy${copies++}`));

function relink(root: string, name: string, target: string): void {
  rmSync(join(root, name));
  symlinkSync(target, join(root, name));
}

describe("stageContext", () => {
  it("copies what belongs to the context and nothing else", async () => {
    const root = project("a", {
      ".dockerignore": "data\n!data/kept.csv\n",
      Dockerfile: "FROM x\n",
      "src/a.py": "print()",
      "data/secret.csv": "1",
      "data/kept.csv": "2",
      ".git/HEAD": "x",
    });
    mkdirSync(join(root, "empty"));
    symlinkSync("a.py", join(root, "src/link.py"));
    symlinkSync("/etc/passwd", join(root, "outside"));
    chmodSync(join(root, "src/a.py"), 0o755);
    const staged = await stage(root);
    expect(readFileSync(join(staged.folder, "src/a.py"), "utf8")).toBe("print()");
    expect(lstatSync(join(staged.folder, "src/a.py")).mode & 0o777).toBe(0o755);
    expect(readlinkSync(join(staged.folder, "src/link.py"))).toBe("a.py");
    expect(readlinkSync(join(staged.folder, "outside"))).toBe("/etc/passwd");
    expect(lstatSync(join(staged.folder, "empty")).isDirectory()).toBe(true);
    expect(readFileSync(join(staged.folder, "data/kept.csv"), "utf8")).toBe("2");
    for (const path of ["data/secret.csv", ".git"])
      expect(() => lstatSync(join(staged.folder, path))).toThrow("ENOENT");
    expect(staged).toMatchObject({ files: 6, bytes: "data\n!data/kept.csv\n".length + 7 + 7 + 1 });
  });

  it("gives the same hash for the same content, wherever and whenever it was written", async () => {
    const files = { Dockerfile: "FROM x\n", "src/b.py": "b", "src/a.py": "a" };
    const one = project("one", files);
    const two = project("two", Object.fromEntries(Object.entries(files).reverse()));
    utimesSync(join(two, "src/a.py"), 1, 1);
    expect((await stage(one)).sha256).toBe((await stage(two)).sha256);
    expect((await stage(one)).sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ["a changed file", (root: string) => writeFileSync(join(root, "a"), "other")],
    ["a further file", (root: string) => writeFileSync(join(root, "c"), "")],
    [
      "another name",
      (root: string) => {
        rmSync(join(root, "a"));
        writeFileSync(join(root, "z"), "a");
      },
    ],
    ["the executable bit", (root: string) => chmodSync(join(root, "a"), 0o755)],
    ["a link in place of a file", (root: string) => relink(root, "a", "a-target")],
    ["where a link leads", (root: string) => relink(root, "l", "b")],
  ])("gives another hash for %s", async (_title, change) => {
    const root = project("p", { a: "a", b: "b" });
    symlinkSync("a", join(root, "l"));
    const before = (await stage(root)).sha256;
    change(root);
    expect((await stage(root)).sha256).not.toBe(before);
  });

  it("says which file is gone or cannot be read", async () => {
    const root = project("p", { a: "a", b: "b" });
    const context = await readContext(root);
    rmSync(join(root, "b"));
    await expect(stageContext(context, join(folder, "copy"))).rejects.toMatchObject({
      code: "project.unreadable",
      message: expect.stringMatching(/^b cannot be copied .*ENOENT\.$/),
    });
  });

  it("stops when asked to", async () => {
    const context = await readContext(project("p", { a: "a" }));
    await expect(stageContext(context, join(folder, "copy"), AbortSignal.abort())).rejects.toThrow();
  });

  it("copies nothing where a folder cannot be read: the image would lack it", async () => {
    const context = { ...(await readContext(project("closed", { "a.py": "" }))), unreadable: ["src"] };
    await expect(stageContext(context, join(folder, "none"))).rejects.toMatchObject({
      code: "project.unreadable",
      message: "The folder src cannot be read, so the image would lack it.",
    });
  });
});
