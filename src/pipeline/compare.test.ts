import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { PratiqueError } from "../errors.ts";
import { diffSchema } from "../evidence/diff-schema.ts";
import type { TreeRow } from "../evidence/tree.ts";
import {
  archive,
  dockerMembers,
  file,
  folder,
  hardlink,
  type Member,
  ociMembers,
  symlink,
  tar,
} from "../image/test-archives.ts";
import { renderDiff } from "../reporters/diff.ts";
import { treeLine } from "../reporters/tree.ts";
import { diffImages } from "./diff.ts";
import { extractFromImage, listImage } from "./tree.ts";

const place = mkdtempSync(join(tmpdir(), "pratique-compare-"));
afterAll(() => rmSync(place, { recursive: true }));
const signal = new AbortController().signal;
const progress = { start() {}, detail() {}, done() {} };

let count = 0;
function image(layers: readonly (readonly Member[])[], config: object = {}): string {
  const path = join(place, `${count++}.tar`);
  writeFileSync(
    path,
    archive(
      dockerMembers(
        layers.map((members) => tar(...members)),
        { config },
      ),
    ),
  );
  return path;
}

const diff = (before: string, after: string, verify = true) =>
  diffImages({ before, after, verify, signal, progress });
const list = async (
  target: string,
  options: Partial<Parameters<typeof listImage>[0]> = {},
): Promise<TreeRow[]> => [
  ...(await listImage({ target, globs: [], sort: "path", verify: true, signal, ...options })).rows,
];

const STATUS = (...packages: readonly string[]) =>
  file(
    "var/lib/dpkg/status",
    packages
      .map(
        (one) =>
          `Package: ${one.split("=")[0]}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${one.split("=")[1]}\n`,
      )
      .join("\n"),
  );

describe("two images", () => {
  it("are compared by files, packages, settings, layers and findings", async () => {
    const base = [
      folder("safe_data"),
      folder("safe_outputs"),
      folder("scratch"),
      STATUS("bash=5.1", "old=1"),
    ];
    const before = image([base, [file("app/a", "one"), file("app/b", "same"), file("app/gone", "12345")]], {
      Env: ["A=1", "GONE=x", "API_TOKEN=first"],
      User: "job",
    });
    const after = image(
      [
        base,
        [
          STATUS("bash=5.2", "new=1"),
          file("app/a", "two"),
          file("app/b", "same", 0o755),
          symlink("app/link", "a"),
          folder("safe_data"),
          file("safe_data/x"),
        ],
      ],
      { Env: ["A=2", "API_TOKEN=second"], User: "job" },
    );
    const found = await diff(before, after);
    expect(diffSchema.parse(found)).toEqual(found);
    expect(found.differs).toBe(true);
    expect(found.environment).toEqual([
      { name: "A", before: "1", after: "2" },
      { name: "API_TOKEN", before: "(hidden)", after: "(hidden)" },
      { name: "GONE", before: "x", after: null },
    ]);
    expect(found.settings).toEqual([]);
    expect(found.packages).toMatchObject({
      added: [{ type: "deb", name: "new", version: "1" }],
      removed: [{ type: "deb", name: "old", version: "1" }],
      changed: [{ name: "bash", before: ["5.1"], after: ["5.2"] }],
    });
    expect(
      Object.fromEntries(found.files.list.map(({ path, change, what }) => [path, [change, ...what]])),
    ).toEqual({
      "/app/a": ["changed", "content"],
      "/app/b": ["changed", "mode"],
      "/app/gone": ["removed"],
      "/app/link": ["added"],
      "/safe_data/x": ["added"],
      "/var/lib/dpkg/status": ["changed", "content"],
    });
    expect(found.layers).toMatchObject({ shared: 1, before: [{ index: 1 }], after: [{ index: 1 }] });
    expect(found.findings.came.map(({ rule }) => rule)).toContain("image-safe-directories-not-empty");
    expect(found.findings.went).toEqual([]);
    const text = renderDiff(found, { width: 80, color: false, unicode: true });
    expect(text).toContain("~ bash 5.1 → 5.2  deb");
    expect(text).toContain("~ /app/b  4 bytes  mode 644 → 755");
    expect(text).not.toContain("first");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("do not differ where only their layers do, wherever they are", async () => {
    const one = image([[file("a", "x"), file("b", "y")]]);
    const two = join(place, "oci.tar");
    writeFileSync(two, archive(ociMembers([{ layers: [tar(file("a", "x")), tar(file("b", "y"))] }])));
    const found = await diff(one, two);
    expect(found.differs).toBe(false);
    expect(found.layers).toMatchObject({ shared: 0 });
    expect(renderDiff(found, { width: 80, color: false, unicode: true })).toContain("No difference in files");
    expect(renderDiff(await diff(one, one), { width: 80, color: false, unicode: false })).toContain(
      "the same image",
    );
  });

  it("are compared by sizes alone where that was asked for, and say so", async () => {
    const [one, two] = [image([[file("a", "x")]]), image([[file("a", "y")]])];
    expect((await diff(one, two)).files.changed.files).toBe(1);
    const found = await diff(one, two, false);
    expect(found).toMatchObject({ differs: false, filesComparedBy: "sizes" });
    expect(found.notes).toHaveLength(2);
  });

  it("show no escapes of their names", async () => {
    const found = await diff(image([[]]), image([[file("\u001b[2Jx\ny", "1")]]));
    expect(renderDiff(found, { width: 80, color: false, unicode: true })).not.toMatch(/\u001b|x\ny/);
  });

  it("cannot both be on standard input", async () => {
    await expect(diff("-", "-")).rejects.toMatchObject({ code: "usage.bad-argument" });
  });

  it("differ where a map of paths does, whatever they hold", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(someFiles(), { minLength: 2, maxLength: 2 }),
        async ([one = {}, two = {}]) => {
          const members = (files: Record<string, string>) =>
            Object.entries(files).map(([name, text]) => file(name, text));
          const found = await diff(image([members(one)]), image([members(two)]));
          const wanted = [...new Set([...Object.keys(one), ...Object.keys(two)])]
            .filter((name) => one[name] !== two[name])
            .map((name) => `/${name}`)
            .toSorted();
          expect(found.files.list.map(({ path }) => path).toSorted()).toEqual(wanted);
          expect(found.differs).toBe(wanted.length > 0);
        },
      ),
      { numRuns: 60 },
    ));
});

const someFiles = () =>
  fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom("", "1", "2", "33"), { maxKeys: 4 });

describe("the list of files", () => {
  const target = image([
    [
      folder("opt"),
      folder("opt/app"),
      file("opt/app/x.so", "12345678"),
      file("opt/app/y.py", "1"),
      file("etc/z.so", "12"),
    ],
    [symlink("opt/link", "/etc/z.so"), hardlink("opt/app/copy.so", "opt/app/x.so")],
  ]);
  const paths = async (options: Parameters<typeof list>[1]) =>
    (await list(target, options)).map(({ path }) => path);

  it("goes two folders deep, and says what folders hold", async () => {
    expect((await list(target)).map(({ path, size, kind }) => [path, size, kind])).toEqual([
      ["/etc", 2, "folder"],
      ["/etc/z.so", 2, "file"],
      ["/opt", 9, "folder"],
      ["/opt/app", 9, "folder"],
      ["/opt/link", 0, "symlink"],
    ]);
    expect(await paths({ depth: 1 })).toEqual(["/etc", "/opt"]);
  });

  it("is chosen by name, path, size and layer, and sorted", async () => {
    expect(await paths({ globs: ["*.so"] })).toEqual(["/etc/z.so", "/opt/app/copy.so", "/opt/app/x.so"]);
    expect(await paths({ globs: ["/opt/**"], depth: 2 })).toEqual(["/opt/app", "/opt/link"]);
    expect(await paths({ largerThan: 2 })).toEqual(["/opt", "/opt/app", "/opt/app/copy.so", "/opt/app/x.so"]);
    expect(await paths({ layer: 2 })).toEqual(["/opt/app/copy.so", "/opt/link"]);
    expect(await paths({ sort: "size", globs: ["*.so", "*.py"] })).toEqual([
      "/opt/app/copy.so",
      "/opt/app/x.so",
      "/etc/z.so",
      "/opt/app/y.py",
    ]);
    await expect(paths({ layer: 3 })).rejects.toMatchObject({ code: "usage.bad-argument" });
  });

  it("shows rights as ls does, and harmless names", () => {
    const row = { path: "/a\u001b[31m\nb", kind: "file", size: 1500, mode: "4755", owner: "0:0", layer: 0 };
    expect(treeLine(row)).toMatch(/^-rwsr-xr-x +0:0 +1\.5 kB +1 {2}\/a b\n$/);
    expect(treeLine({ ...row, path: "/t", kind: "folder", mode: "1777" })).toMatch(/^drwxrwxrwt/);
    expect(treeLine({ ...row, path: "/l", kind: "symlink", target: "\u0007x", mode: "777" })).toContain(
      "/l -> \\x07x",
    );
  });
});

describe("a file taken out", () => {
  const out = join(place, "out");
  const target = image([
    [
      file("a/real", "old content"),
      symlink("a/link", "../../../../a/real"),
      symlink("host", "/etc/passwd"),
      symlink("round", "round"),
      { name: "a/device", type: "3" },
      file("gone", "x"),
    ],
    [file("a/real", "the content", 0o4755), hardlink("name", "a/real"), file(".wh.gone")],
  ]);
  const take = (path: string, to: string = out) =>
    extractFromImage({ target, verify: true, signal }, path, to);

  it.each(["/a/real", "a//real", "/a/../a/real", "/a/link", "/name"])("by %s", async (path) => {
    rmSync(out, { force: true });
    expect(await take(path)).toMatchObject({ size: 11 });
    expect(readFileSync(out, "utf8")).toBe("the content");
    expect(lstatSync(out).mode & 0o7111).toBe(0);
  });

  it.each([
    ["/host", "leads nowhere"],
    ["/round", "leads nowhere"],
    ["/a/device", "no plain file"],
    ["/a", "is a folder"],
    ["/gone", "has no /gone"],
    ["/nothing", "has no /nothing"],
  ])("is refused: %s", async (path, words) => {
    rmSync(out, { force: true });
    const error = await take(path).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(PratiqueError);
    expect(error).toMatchObject({ code: "image.no-file" });
    expect((error as PratiqueError).message).toContain(words);
    expect(readdirSync(place).filter((name) => name.startsWith("out"))).toEqual([]);
  });

  it("replaces a file, and nothing else", async () => {
    writeFileSync(out, "before");
    await take("/a/real");
    expect(readFileSync(out, "utf8")).toBe("the content");
    const link = join(place, "link");
    symlinkSync(out, link);
    writeFileSync(out, "before");
    for (const to of [link, place, "/dev/null"])
      await expect(take("/a/real", to)).rejects.toMatchObject({ code: "output.not-writable" });
    await expect(take("/a/real", join(place, "no", "where"))).rejects.toMatchObject({
      code: "output.not-writable",
    });
    expect(readFileSync(out, "utf8")).toBe("before");
  });

  it("comes as a stream", async () => {
    const got: string[] = [];
    await extractFromImage({ target, verify: true, signal }, "/name", async (bytes) => {
      got.push((await buffer(bytes)).toString());
    });
    expect(got).toEqual(["the content"]);
  });

  it("is not there where the image is damaged", async () => {
    const bytes = readFileSync(target);
    bytes.write("T", bytes.indexOf("the content"));
    const damaged = join(place, "damaged.tar");
    writeFileSync(damaged, bytes);
    rmSync(out, { force: true });
    await expect(
      extractFromImage({ target: damaged, verify: true, signal }, "/a/real", out),
    ).rejects.toMatchObject({
      code: "image.digest-mismatch",
    });
    expect(readdirSync(place).filter((name) => name.startsWith("out"))).toEqual([]);
  });
});
