import { Readable } from "node:stream";
import fc from "fast-check";
import { type Header, pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { StreamBytes } from "../bytes.ts";
import { ImageReading } from "../image.ts";
import { mergeLayers } from "../merged.ts";
import { collectInventory, type Inventory, type InventoryPackage } from "./inventory.ts";

interface Item extends Partial<Header> {
  readonly name: string;
  readonly content?: string | Buffer;
}

async function tarOf(items: readonly Item[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of items) tar.entry(header, Buffer.from(content ?? ""));
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

/** The inventory of an image with these layers. */
async function inventoryOf(...layers: readonly (readonly Item[])[]): Promise<Inventory> {
  const collector = collectInventory();
  const reading = new ImageReading({
    collectors: [collector],
    platform: { os: "linux", architecture: "amd64" },
    verify: true,
  });
  const contents = [];
  for (const items of layers)
    contents.push(await reading.readLayer(new StreamBytes(Readable.from([await tarOf(items)]))));
  const { tree } = mergeLayers(reading.paths, contents);
  const stack = contents.map(({ content }, index) => ({ index, content }));
  return collector.inventory({ tree, layers: stack as never });
}

const SITE = "usr/lib/python3/dist-packages";
const metadata = (name: string, version: string, more = ""): Item => ({
  name: `${SITE}/${name}-${version}.dist-info/METADATA`,
  content: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${more}\nA description\nLicense: no field\n`,
});
const gone = (path: string): Item => ({ name: path.replace(/([^/]+)$/, ".wh.$1") });
const status = (...packages: readonly (readonly [string, string, string?])[]): Item => ({
  name: "var/lib/dpkg/status",
  content: packages
    .map(
      ([name, version, state = "install ok installed"]) =>
        `Package: ${name}\nStatus: ${state}\nArchitecture: amd64\nVersion: ${version}\nDescription: one\n two\n`,
    )
    .join("\n"),
});
const DEBIAN: Item = { name: "etc/os-release", content: 'NAME="Debian"\nVERSION_ID="12"\nID=debian\n' };
const short = ({ purl, layer, removedIn }: InventoryPackage): string =>
  `${purl} ${layer}${removedIn === undefined ? "" : `-${removedIn}`}`;

describe("which layer brought a package", () => {
  it("is the first that lists it, though a later one writes the list again", async () => {
    const { packages } = await inventoryOf(
      [DEBIAN, status(["bash", "5.2-1"])],
      [status(["bash", "5.2-1"], ["curl", "7.88"], ["old", "1", "deinstall ok config-files"])],
    );
    expect(packages.map(short)).toEqual([
      "pkg:deb/debian/bash@5.2-1?arch=amd64&distro=debian-12 0",
      "pkg:deb/debian/curl@7.88?arch=amd64&distro=debian-12 1",
    ]);
  });

  it("tells what was replaced by another version, and in which layer", async () => {
    const { packages, removed } = await inventoryOf(
      [DEBIAN, status(["bash", "5.1"])],
      [],
      [status(["bash", "5.2"])],
    );
    expect(packages.map(short)).toEqual(["pkg:deb/debian/bash@5.2?arch=amd64&distro=debian-12 2"]);
    expect(removed.map(short)).toEqual(["pkg:deb/debian/bash@5.1?arch=amd64&distro=debian-12 0-2"]);
  });

  it("tells what was deleted, with its folder too, and what came back", async () => {
    const one = metadata("six", "1.17.0");
    const two = metadata("idna", "3.10");
    const { packages, removed } = await inventoryOf(
      [one, two],
      [gone(`${SITE}/six-1.17.0.dist-info`), gone(`${SITE}/idna-3.10.dist-info`)],
      [two],
    );
    expect(packages.map(short)).toEqual(["pkg:pypi/idna@3.10 2"]);
    expect(removed.map(short)).toEqual(["pkg:pypi/six@1.17.0 0-1"]);
  });

  it("counts a package once that several files declare", async () => {
    const copy = { ...metadata("six", "1.17.0"), name: `opt/venv/lib/six-1.17.0.dist-info/METADATA` };
    const { packages } = await inventoryOf([metadata("six", "1.17.0")], [copy]);
    expect(packages).toHaveLength(1);
    expect(packages[0]).toMatchObject({
      places: 2,
      layer: 0,
      path: "/opt/venv/lib/six-1.17.0.dist-info/METADATA",
    });
  });

  it("sees a hard link as what it is another name of", async () => {
    const { name } = metadata("six", "1.17.0");
    const other = `opt/pkgs/six-1.17.0.dist-info/METADATA`;
    const { packages } = await inventoryOf(
      [metadata("six", "1.17.0"), { name: other, type: "link", linkname: name }],
      [gone(name)],
    );
    expect(packages.map(({ path, layer }) => [path, layer])).toEqual([[`/${other}`, 0]]);
  });

  it("takes the last of two entries of one name", async () => {
    const { packages, removed } = await inventoryOf([status(["bash", "1"]), status(["bash", "2"])]);
    expect(packages.map(({ version }) => version)).toEqual(["2"]);
    expect(removed).toEqual([]);
  });
});

describe("what two tools know of", () => {
  it("belongs to the one that installed it", async () => {
    const { packages } = await inventoryOf([
      DEBIAN,
      status(["python3-six", "1.16-4"]),
      metadata("six", "1.16.0"),
      metadata("mine", "1.0"),
      {
        name: "var/lib/dpkg/info/python3-six.list",
        content: `/.\n/usr\n/${SITE}/six-1.16.0.dist-info/METADATA\n`,
      },
    ]);
    expect(packages.map(({ name, contains }) => [name, contains.map(({ purl }) => purl)])).toEqual([
      ["python3-six", ["pkg:pypi/six@1.16.0"]],
      ["mine", []],
    ]);
  });

  it("is kept on its own where a second copy has no owner", async () => {
    const { packages } = await inventoryOf([
      status(["python3-six", "1.16-4"]),
      metadata("six", "1.16.0"),
      { ...metadata("six", "1.16.0"), name: "opt/six-1.16.0.dist-info/METADATA" },
      {
        name: "var/lib/dpkg/info/python3-six.list",
        content: `/${SITE}/six-1.16.0.dist-info/METADATA\n`,
      },
    ]);
    expect(packages.map(({ name }) => name)).toEqual(["python3-six", "six"]);
  });
});

describe("licences of Debian's packages", () => {
  const copyright = (text: string): Item => ({ name: "usr/share/doc/bash/copyright", content: text });
  const licence = async (text: string) =>
    (await inventoryOf([status(["bash", "1"]), copyright(text)])).packages[0]?.licence;

  it("come from copyright files that programs can read", async () => {
    const text =
      "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+\n some text\n\nFiles: a\nLicense: Expat\n";
    expect(await licence(text)).toEqual({ expression: "GPL-2.0-or-later AND MIT", written: undefined });
  });

  it("are not guessed from prose", async () => {
    expect(await licence("This is under the GPL-2.\nLicense: GPL-2\n")).toEqual({
      expression: undefined,
      written: undefined,
    });
  });
});

describe("any image", () => {
  it("gives the same list, in order, whatever its files hold", async () => {
    const names = [
      "var/lib/dpkg/status",
      "var/lib/dpkg/info/a.list",
      "usr/share/doc/a/copyright",
      "etc/os-release",
      "lib/apk/db/installed",
      "var/lib/rpm/rpmdb.sqlite",
      "opt/conda/conda-meta/a.json",
      "x/a.dist-info/METADATA",
      "x/a.egg-info",
      "x/_vendor/vendor.txt",
      "R/library/a/DESCRIPTION",
      "p/Manifest.toml",
      "d/packages/A/b/Project.toml",
      "node_modules/a/package.json",
      "x/a-1.jar",
      "bin/a",
    ];
    const item = fc.record({
      name: fc.constantFrom(...names),
      content: fc.oneof(
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.constantFrom(
          "Package: a\nStatus: install ok installed\nVersion: 1\n",
          '{"name":"a","version":"1","license":{"type":3},"files":[1,"x/a.egg-info"]}',
          "Name: a\nVersion: 1\n",
          '[[deps.A]]\nuuid = "1"\nversion = "1"\n',
        ),
      ),
      type: fc.constantFrom("file" as const, "symlink" as const, "directory" as const),
      mode: fc.constant(0o755),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(item, { maxLength: 6 }), { maxLength: 4 }), async (layers) => {
        const items = layers.map((layer) =>
          layer.map(({ type, content, ...rest }) =>
            type === "file" ? { ...rest, type, content } : { ...rest, type, linkname: "a" },
          ),
        );
        const inventory = await inventoryOf(...items);
        expect(await inventoryOf(...items)).toEqual(inventory);
        const purls = inventory.packages.flatMap(({ purl, contains }) => [
          purl,
          ...contains.map((one) => one.purl),
        ]);
        expect(new Set(purls).size).toBe(purls.length);
        for (const { removedIn } of inventory.packages) expect(removedIn).toBeUndefined();
        for (const { removedIn, layer } of inventory.removed) expect(removedIn).toBeGreaterThanOrEqual(layer);
      }),
      { numRuns: 40 },
    );
  });

  it("names what is too large to be read", async () => {
    const { packages, notAssessed } = await inventoryOf([
      {
        name: "node_modules/a/package.json",
        content: `{"name":"a","version":"1"}${" ".repeat(1024 * 1024)}`,
      },
      { ...metadata("six", "1.17.0"), content: `Name: six\nVersion: 1.17.0\n\n${"x".repeat(100_000)}` },
    ]);
    expect(packages.map(({ name }) => name)).toEqual(["six"]);
    expect(notAssessed).toEqual(["/node_modules/a/package.json, which is too large"]);
  });

  it("says so where there are rpm packages that are not read", async () => {
    const { notAssessed } = await inventoryOf([{ name: "var/lib/rpm/Packages", content: "xxxx" }]);
    expect(notAssessed).toEqual(["rpm packages, whose database (Berkeley DB) is not read"]);
  });
});
