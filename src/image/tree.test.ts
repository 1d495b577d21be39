import { Readable } from "node:stream";
import fc from "fast-check";
import { type Header, pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { StreamBytes } from "./bytes.ts";
import { ImageReading } from "./image.ts";
import { type MergedTree, mergeLayers } from "./merged.ts";
import { collectScripts, directoryFacts, findProgram, type ImageTree, resolvePath, treeOf } from "./tree.ts";

interface Item extends Partial<Header> {
  readonly name: string;
  readonly content?: string;
}

const folder = (name: string, mode = 0o755): Item => ({ name, mode, type: "directory" });
const file = (name: string, content = "", mode = 0o755): Item => ({ name, mode, content });
const link = (name: string, linkname: string): Item => ({ name, linkname, type: "symlink" });
const hardLink = (name: string, linkname: string): Item => ({ name, linkname, type: "link" });

async function tarOf(items: readonly Item[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of items) tar.entry(header, content ?? "");
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

/** The tree of an image with one layer. */
async function readTree(tar: Readable): Promise<{ merged: MergedTree; tree: ImageTree }> {
  const scripts = collectScripts();
  const reading = new ImageReading({
    collectors: [scripts],
    platform: { os: "linux", architecture: "amd64" },
    verify: true,
  });
  const content = await reading.readLayer(new StreamBytes(tar));
  const { tree: merged } = mergeLayers(reading.paths, [content]);
  return { merged, tree: treeOf({ tree: merged, layers: [] }, scripts) };
}

/** With the folders that the items' names imply, as most archives list them. */
async function made(items: readonly Item[]): Promise<{ merged: MergedTree; tree: ImageTree }> {
  const implied = new Set<string>();
  for (const { name } of items) {
    for (let slash = name.indexOf("/"); slash > 0; slash = name.indexOf("/", slash + 1))
      implied.add(name.slice(0, slash));
  }
  for (const { name } of items) implied.delete(name);
  return readTree(Readable.from([await tarOf([...[...implied].map((name) => folder(name)), ...items])]));
}

const imageOf = async (items: readonly Item[]): Promise<ImageTree> => (await made(items)).tree;

const PATH = new Map([["PATH", "/usr/local/bin:/usr/bin"]]);
const find = (tree: ImageTree, argv: readonly string[], workingDirectory = "/") =>
  findProgram(tree, argv, PATH, workingDirectory);

describe("readTree", () => {
  it("counts files and bytes, not folders and links", async () => {
    const { merged } = await made([folder("usr/"), file("usr/a", "12345"), file("b", "1"), link("c", "b")]);
    expect(merged).toMatchObject({ files: 2, bytes: 6, entries: 4 });
  });

  it("lists what lies in the watched folders, in whatever form the names come", async () => {
    const tree = await imageOf([
      folder("./safe_data/"),
      file("/safe_data/a"),
      file("./safe_data/../safe_data/b"),
      file("safe_data2/c"),
    ]);
    expect(directoryFacts(tree, "/safe_data")).toEqual({
      exists: true,
      isDirectory: true,
      entries: 2,
      sample: ["/safe_data/a", "/safe_data/b"],
    });
    expect(directoryFacts(tree, "/scratch")).toMatchObject({ exists: false, isDirectory: false, entries: 0 });
  });

  it("knows a file and a link in a folder's place", async () => {
    const tree = await imageOf([
      file("safe_data"),
      folder("mnt"),
      link("scratch", "mnt"),
      link("safe_outputs", "nowhere"),
    ]);
    expect(directoryFacts(tree, "/safe_data")).toMatchObject({ exists: true, isDirectory: false });
    expect(directoryFacts(tree, "/scratch")).toMatchObject({ exists: true, isDirectory: true });
    expect(directoryFacts(tree, "/safe_outputs")).toMatchObject({ exists: true, isDirectory: false });
  });

  it("fails on a tar that is cut short", async () => {
    const whole = await tarOf([file("a", "x".repeat(4096)), file("b", "y".repeat(4096))]);
    for (const length of [700, 3000, 5500]) {
      await expect(readTree(Readable.from([whole.subarray(0, length)]))).rejects.toThrow();
    }
  });

  it("fails on what is no tar, and with its stream", async () => {
    await expect(readTree(Readable.from([Buffer.alloc(2048, "x")]))).rejects.toThrow();
    const broken = new Readable({ read: () => broken.destroy(new Error("gone")) });
    await expect(readTree(broken)).rejects.toThrow("gone");
  });

  it("takes any names: nothing throws, and every path is inside the root", async () => {
    const part = fc.constantFrom(
      "..",
      ".",
      "",
      "a",
      "usr",
      "bin",
      "\u{1F600}",
      "x\ny",
      "__proto__",
      "constructor",
    );
    const name = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("/") || "a");
    const item: fc.Arbitrary<Item> = fc.oneof(
      name.map((path) => file(path, "#!/bin/sh\n")),
      name.map((path) => folder(path)),
      fc.tuple(name, name).map(([path, target]) => link(path, target)),
      fc.tuple(name, name).map(([path, target]) => hardLink(path, target)),
      fc.tuple(name, name).map(([path, target]) => link(path, `/${target}`)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 12 }), name, async (items, wanted) => {
        const tree = await imageOf(items);
        for (const path of tree.below("/usr")) expect(path).toMatch(/^\/usr\/[^/]/);
        const found = resolvePath(tree, wanted);
        if (found !== undefined) {
          expect(found.path).toMatch(/^\//);
          expect(found.path.split("/")).not.toContain("..");
          expect(found.entry.type).not.toBe("link");
        }
        for (const argv of [[wanted], [`/${wanted}`], []]) {
          const { status, path } = find(tree, argv, `/${wanted}`);
          expect(path === undefined).toBe(status === "missing" || status === "none");
        }
        directoryFacts(tree, "/usr");
      }),
      { numRuns: 200 },
    );
  });
});

describe("resolvePath", () => {
  it.each([
    ["/usr/bin/python", "/usr/bin/python3.12"],
    ["/bin/python", "/usr/bin/python3.12"],
    ["/bin/../bin/python3.12", "/usr/bin/python3.12"],
    ["/alt/tool", "/opt/real/tool"],
    ["/up", "/usr/bin/python3.12"],
    ["/", "/"],
    ["/root-link", "/"],
    ["/root-link/usr/bin", "/usr/bin"],
    ["/loop", undefined],
    ["/self", undefined],
    ["/dangling", undefined],
    ["/usr/bin/python3.12/x", undefined],
  ])("%s leads to %s", async (path, wanted) => {
    const tree = await imageOf([
      folder("usr"),
      folder("usr/bin"),
      file("usr/bin/python3.12"),
      link("usr/bin/python", "python3.12"),
      link("bin", "usr/bin"),
      folder("opt"),
      folder("opt/real"),
      folder("opt/real/deep"),
      file("opt/real/tool"),
      // The parent of where “way” leads, not of where it stands.
      link("way", "opt/real/deep"),
      link("alt", "way/.."),
      link("up", "../../../bin/python"),
      link("root-link", "/"),
      link("loop", "pool"),
      link("pool", "loop"),
      link("self", "self"),
      link("dangling", "/nowhere"),
    ]);
    expect(resolvePath(tree, path)?.path).toBe(wanted);
  });
});

describe("findProgram", () => {
  it("says that there is none", async () => {
    const tree = await imageOf([]);
    expect(find(tree, [])).toMatchObject({ status: "none", name: "" });
    expect(find(tree, [""])).toMatchObject({ status: "none" });
    expect(find(tree, ["python"])).toMatchObject({ status: "missing", name: "python", path: undefined });
  });

  it("looks along PATH, past what cannot be run", async () => {
    const tree = await imageOf([
      folder("usr/local/bin/tool"),
      file("usr/bin/tool", "", 0o755),
      file("usr/local/bin/other", "", 0o644),
      file("usr/bin/other", "", 0o755),
    ]);
    expect(find(tree, ["tool"])).toMatchObject({ status: "found", path: "/usr/bin/tool" });
    expect(find(tree, ["other"])).toMatchObject({ status: "found", path: "/usr/bin/other" });
  });

  it("takes the engines' PATH where the image sets none", async () => {
    const tree = await imageOf([file("bin/true")]);
    expect(findProgram(tree, ["true"], new Map(), "")).toMatchObject({ status: "found", path: "/bin/true" });
  });

  it("starts relative names at the working directory", async () => {
    const tree = await imageOf([file("opt/app/run.sh", "#! /bin/sh -e\n"), file("bin/sh")]);
    expect(find(tree, ["./run.sh"], "/opt/app")).toMatchObject({
      status: "found",
      path: "/opt/app/run.sh",
      interpreter: { path: "/bin/sh", found: true },
    });
    expect(find(tree, ["./run.sh"], "")).toMatchObject({ status: "missing" });
  });

  it("sees that the interpreter is missing", async () => {
    const tree = await imageOf([file("usr/bin/job", "#!/usr/bin/python3\n"), file("usr/bin/bare", "#!")]);
    expect(find(tree, ["job"]).interpreter).toEqual({ path: "/usr/bin/python3", found: false });
    expect(find(tree, ["bare"]).interpreter).toBeUndefined();
  });

  it.each([
    ["for its owner alone", 0o700, "not-executable"],
    ["for its group alone", 0o770, "not-executable"],
    ["for everyone", 0o755, "found"],
    ["for others alone", 0o601, "found"],
  ])("judges the mode as a user who owns nothing: %s", async (_title, mode, status) => {
    const tree = await imageOf([file("usr/bin/job", "", mode)]);
    expect(find(tree, ["job"])).toMatchObject({ status, mode, owner: 0 });
  });

  it("sees folders that let nobody pass, through links too", async () => {
    const items = [folder("root", 0o700), file("root/job"), link("usr/bin/job", "/root/job")];
    const tree = await imageOf(items);
    expect(find(tree, ["job"])).toMatchObject({ status: "unreachable", path: "/root/job" });
  });

  it("takes a hard link for the file that it is, wherever the other name lies", async () => {
    const items = [folder("root", 0o700), file("root/job", "#!/x"), hardLink("usr/bin/job", "root/job")];
    const tree = await imageOf(items);
    expect(find(tree, ["job"])).toMatchObject({
      status: "found",
      path: "/usr/bin/job",
      interpreter: { path: "/x", found: false },
    });
  });
});
