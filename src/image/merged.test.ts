import { posix } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ImageReading } from "./image.ts";
import { mergeLayers } from "./merged.ts";
import { file, folder, hardlink, type Member, symlink, tar } from "./test-archives.ts";

const merged = (...layers: (readonly Member[])[]) => mergedAs(layers, layers.keys());

/** Laid on one another in their order, but read in another one. */
async function mergedAs(layers: readonly (readonly Member[])[], arrival: Iterable<number>) {
  const reading = new ImageReading({
    collectors: [],
    platform: { os: "linux", architecture: "amd64" },
    verify: true,
  });
  const contents: Parameters<typeof mergeLayers>[1][number][] = [];
  for (const index of arrival) {
    const members = layers[index] ?? [];
    let given = false;
    const next = () => {
      if (given) return undefined;
      given = true;
      return tar(...members);
    };
    contents[index] = await reading.readLayer({ next });
  }
  return mergeLayers(reading.paths, contents);
}

const all = (tree: Awaited<ReturnType<typeof merged>>["tree"]): string[] =>
  [...tree.below("/")].map(
    ({ path, kind, layer, target }) => `${layer} ${kind} ${path}${target && ` -> ${target}`}`,
  );

describe("layers on one another", () => {
  it("replace and remove what lies below them", async () => {
    const { tree, statistics } = await merged(
      [
        folder("a"),
        file("a/one", "1"),
        file("a/two", "22"),
        folder("b"),
        file("b/x", "333"),
        folder("b/deep"),
        file("b/deep/y", "4444"),
      ],
      [file("a/.wh.one"), file("a/two", "two"), file("b/.wh..wh..opq"), folder("b"), file("b/new", "55555")],
      [file(".wh.b"), symlink("b", "a")],
    );
    expect(all(tree)).toEqual(["0 folder /a", "1 file /a/two", "2 symlink /b -> a"]);
    expect(tree).toMatchObject({ files: 1, bytes: 3, entries: 3 });
    expect(statistics).toMatchObject([
      { files: 4, folders: 3, bytes: 10, replaced: { files: 0 }, removed: { files: 0 }, lost: 10 },
      { files: 2, bytes: 8, replaced: { files: 1, bytes: 2 }, removed: { files: 3, bytes: 8 }, lost: 5 },
      { files: 0, replaced: { files: 0 }, removed: { files: 1, bytes: 5 }, lost: 0 },
    ]);
    expect(tree.goneIn(0, "/a/one")).toBe(1);
    expect(tree.goneIn(0, "/a/two")).toBe(1);
    expect(tree.goneIn(1, "/a/two")).toBeUndefined();
    expect(tree.goneIn(1, "/b/new")).toBe(2);
    expect(tree.children("/a")).toEqual(["two"]);
    expect(tree.children("/b")).toEqual([]);
  });

  it("take away nothing of their own, in whatever order they say so", async () => {
    const { tree } = await merged(
      [folder("a"), file("a/old")],
      [folder("a"), file("a/new"), file("a/.wh..wh..opq"), file("a/.wh.new")],
    );
    expect(all(tree)).toEqual(["1 folder /a", "1 file /a/new"]);
  });

  it("put a folder in a file's place, and a file in a folder's", async () => {
    const { tree } = await merged(
      [file("a", "x"), folder("b"), file("b/in", "y")],
      [folder("a"), file("a/in"), file("b", "z")],
    );
    expect(all(tree)).toEqual(["1 folder /a", "1 file /a/in", "1 file /b"]);
    expect(tree.goneIn(0, "/b/in")).toBe(1);
  });

  it("keep a file that has another name, and count its bytes once", async () => {
    const { tree } = await merged(
      [
        file("a", "12345"),
        hardlink("b", "a"),
        hardlink("c", "/b"),
        hardlink("lost", "nowhere"),
        hardlink("a", "a"),
      ],
      [file(".wh.a")],
    );
    expect(all(tree)).toEqual(["0 file /b", "0 file /c", "0 hardlink /lost"]);
    expect(tree.entry("/c")).toMatchObject({ size: 5, layer: 0, source: "/a" });
    expect(tree.oddities.danglingLinks).toEqual({ count: 1, paths: ["/lost"] });
    const { tree: both } = await merged([file("a", "12345"), hardlink("b", "a")]);
    expect(both).toMatchObject({ files: 2, bytes: 5 });
  });

  it("stay inside the image, and tell what is odd", async () => {
    const { tree } = await merged([
      file("../../etc/passwd"),
      file("/absolute"),
      file("a/../b"),
      symlink("l", "/etc"),
      file("l/through"),
      file("twice", "1"),
      file("twice", "22"),
      file("new\nline\u001b[31m"),
    ]);
    expect(tree.entry("/etc/passwd")?.kind).toBe("file");
    expect(tree.entry("/b")?.kind).toBe("file");
    expect(tree.entry("/l")?.kind).toBe("folder");
    expect(tree.entry("/twice")?.size).toBe(2);
    expect(tree.entry("/new\nline\u001b[31m")?.kind).toBe("file");
    expect(tree.oddities).toEqual({
      climbing: { count: 2, paths: ["../../etc/passwd", "a/../b"] },
      underNoFolder: { count: 1, paths: ["/l/through"] },
      duplicates: { count: 1, paths: ["/twice"] },
      danglingLinks: { count: 0, paths: [] },
    });
  });

  it("leave aside what AUFS kept, and markers that name no file", async () => {
    const { tree } = await merged(
      [folder("a"), file("a/x")],
      [file("a/.wh..wh.aufs"), file(".wh..wh.plnk"), file("a/.wh."), file("a/.wh.."), file("a/.wh...")],
    );
    expect(all(tree)).toEqual(["0 folder /a", "0 file /a/x"]);
  });

  it("hold names that are no text apart", async () => {
    const { tree } = await merged([
      file("x"),
      { name: Buffer.from([0xff]), content: "1" },
      { name: Buffer.from([0xfe]), content: "2" },
    ]);
    expect(tree).toMatchObject({ files: 3 });
    expect(tree.entry("/toString")).toBeUndefined();
    expect(tree.entry("/__proto__")).toBeUndefined();
    expect(tree.entry("/")).toMatchObject({ kind: "folder", path: "/" });
  });

  it("are listed in one order, whichever of them was read first", async () => {
    const layers = [
      [folder("b"), file("b/2", "2"), file("b/1", "1"), symlink("c", "b")],
      [file("a/deep/down", "3"), hardlink("b/0", "b/1"), file(".wh.c")],
      [file("c/new", "5"), file("a/up", "4"), folder("d")],
    ];
    const expected = [
      "/b",
      "/b/2",
      "/b/1",
      "/b/0",
      "/c",
      "/c/new",
      "/a",
      "/a/deep",
      "/a/deep/down",
      "/a/up",
      "/d",
    ];
    for (const arrival of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const { tree } = await mergedAs(layers, arrival);
      expect([...tree.below("/")].map(({ path }) => path)).toEqual(expected);
      expect([...tree.table.all()].map((id) => tree.table.path(id))).toEqual(expected);
      expect([...tree.matching(({ kind }) => kind === "file")].map(({ path }) => path)).toEqual(
        expected.filter((path) => /\d|down|up|new/.test(path)),
      );
      expect(tree.children("/")).toEqual(["b", "c", "a", "d"]);
    }
  });

  it("come out as laid one by one into a map of paths", async () => {
    const name = fc
      .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join("/"));
    const item: fc.Arbitrary<Member> = fc.oneof(
      name.map((path) => file(path, path)),
      name.map((path) => folder(path)),
      name.map((path) => symlink(path, "t")),
      name.map((path) => file(posix.join(posix.dirname(path), `.wh.${posix.basename(path)}`))),
      name.map((path) => file(`${path}/.wh..wh..opq`)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(item, { maxLength: 8 }), { minLength: 1, maxLength: 4 }),
        async (layers) => {
          const { tree, statistics } = await merged(...layers);
          expect(new Map([...tree.below("/")].map(({ path, kind }) => [path.slice(1), kind]))).toEqual(
            simple(layers),
          );
          for (const { path } of tree.below("/")) expect(tree.entry(path)?.path).toBe(path);
          const lost = statistics.reduce((sum, layer) => sum + layer.lost, 0);
          const written = statistics.reduce((sum, layer) => sum + layer.bytes, 0);
          expect(tree.bytes).toBe(written - lost);
        },
      ),
      { numRuns: 400 },
    );
  });
});

/** The same by the plainest means. */
function simple(layers: readonly (readonly Member[])[]): Map<string, string> {
  let files = new Map<string, string>();
  const drop = (path: string): void => {
    files = new Map([...files].filter(([name]) => name !== path && !name.startsWith(`${path}/`)));
  };
  for (const members of layers) {
    for (const { name } of members) {
      const base = posix.basename(String(name));
      const parent = posix.dirname(String(name));
      if (base === ".wh..wh..opq")
        files = new Map([...files].filter(([path]) => !path.startsWith(`${parent}/`)));
      else if (base.startsWith(".wh.")) drop(posix.join(parent, base.slice(4)));
    }
    for (const { name, type } of members) {
      const path = String(name);
      if (posix.basename(path).startsWith(".wh.")) continue;
      const parts = path.split("/");
      for (let depth = 1; depth < parts.length; depth++) {
        const parent = parts.slice(0, depth).join("/");
        if (files.get(parent) !== "folder") drop(parent);
        files.set(parent, "folder");
      }
      if (type !== "5" || files.get(path) !== "folder") drop(path);
      files.set(path, type === "5" ? "folder" : type === "2" ? "symlink" : "file");
    }
  }
  return files;
}
