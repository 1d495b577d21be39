import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { StreamBytes } from "../bytes.ts";
import { collectFiles } from "../collector.ts";
import { type ImageRead, type ImageSource, readImage } from "../image.ts";
import {
  archive,
  dockerMembers,
  END,
  file,
  folder,
  hexOf,
  member,
  ociMembers,
  symlink,
  tar,
} from "../test-archives.ts";
import { readArchiveFile, readArchiveStream } from "./archive.ts";
import { pathSource } from "./files.ts";
import { readStorage } from "./storage.ts";
import { StorageProblem } from "./tar-split.ts";
import { imageTarget } from "./target.ts";

const root = mkdtempSync(join(tmpdir(), "pratique-sources-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const BASE = tar(folder("bin"), file("bin/job", "#!/bin/sh\n", 0o755), file("big", "y".repeat(200_000)));
const TOP = tar(file("data.csv", "a,b\n"), file(".wh.big"));
const LAYERS = [BASE, TOP];

let count = 0;
function stored(bytes: Buffer): string {
  const path = join(root, `image-${count++}.tar`);
  writeFileSync(path, bytes);
  return path;
}

/** A pipe with a name, as a shell's `<(…)` makes it: it can be read once, and has no size. */
function pipe(bytes: Buffer): string {
  const path = join(root, `pipe-${count++}`);
  execFileSync("mkfifo", [path]);
  spawn("sh", ["-c", 'cat "$1" > "$2"', "sh", stored(bytes), path], { stdio: "ignore" });
  return path;
}

function layout(members: ReadonlyMap<string, Buffer>): string {
  const path = join(root, `layout-${count++}`);
  for (const [name, content] of members) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

const stream = (bytes: Buffer, piece = 70_000): ImageSource => ({
  description: "a stream",
  read: (reading) => {
    const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, index) =>
      bytes.subarray(index * piece, (index + 1) * piece),
    );
    return readArchiveStream(new StreamBytes(Readable.from(pieces)), undefined, reading);
  },
});

const read = (source: ImageSource | string, verify = true, name?: string): Promise<ImageRead> =>
  readImage(typeof source === "string" ? pathSource(source, name) : source, {
    collectors: [],
    platform: { os: "linux", architecture: "amd64" },
    verify,
  });

const docker = (): Map<string, Buffer> => dockerMembers(LAYERS);
const oci = (packing: "none" | "gzip" | "zstd" = "none"): Map<string, Buffer> =>
  ociMembers([{ layers: LAYERS, packing }]);
const both = (): Map<string, Buffer> => {
  // As Docker writes since version 25: an OCI layout with its own list beside it.
  const members = oci();
  const config = [...members.keys()].find((key) => members.get(key)?.includes("diff_ids")) ?? "";
  const layers = LAYERS.map((layer) => `blobs/sha256/${hexOf(layer)}`);
  members.set(
    "manifest.json",
    Buffer.from(JSON.stringify([{ Config: config, RepoTags: ["lab/job:1"], Layers: layers }])),
  );
  return members;
};

describe("an image", () => {
  it.each<[string, () => ImageSource | string]>([
    ["an old archive of Docker's", () => stored(archive(docker()))],
    ["a new archive of Docker's", () => stored(archive(both()))],
    ["an OCI archive", () => stored(archive(oci()))],
    ["an OCI archive with gzip", () => stored(archive(oci("gzip")))],
    ["an OCI archive with zstd", () => stored(archive(oci("zstd")))],
    ["an OCI layout", () => layout(oci("gzip"))],
    ["a stream of an old archive", () => stream(archive(docker()))],
    ["a stream of a new archive", () => stream(archive(both()), 1000)],
    ["a stream with gzip", () => stream(archive(oci("gzip")), 333)],
    ["an archive packed as a whole", () => stored(gzipSync(archive(docker())))],
    ["a pipe with a name", () => pipe(archive(docker()))],
  ])("is the same from %s", async (_title, make) => {
    const image = await read(make());
    expect([...image.tree.below("/")].map(({ path, layer }) => `${layer} ${path}`).sort()).toEqual([
      "0 /bin",
      "0 /bin/job",
      "1 /data.csv",
    ]);
    expect(image).toMatchObject({
      config: {
        os: "linux",
        architecture: "amd64",
        command: ["/bin/job"],
        layers: 2,
        created: "2026-01-02T03:04:05Z",
      },
      digests: { verified: true },
      otherPlatforms: [],
      layers: [
        {
          index: 0,
          diffId: `sha256:${hexOf(BASE)}`,
          size: BASE.length,
          instruction: "RUN step 0",
          statistics: { lost: 200_000 },
        },
        {
          index: 1,
          diffId: `sha256:${hexOf(TOP)}`,
          size: TOP.length,
          instruction: "RUN step 1",
          statistics: { removed: { files: 1, bytes: 200_000 } },
        },
      ],
    });
  });

  it("is the same without comparing digests, which it then says", async () => {
    const path = stored(archive(docker()));
    const [checked, fast] = [await read(path), await read(path, false)];
    // Layers are read side by side, so which paths are met first differs.
    const sorted = ({ tree }: typeof fast) =>
      [...tree.below("/")].toSorted((a, b) => (a.path < b.path ? -1 : 1));
    expect(sorted(fast)).toEqual(sorted(checked));
    expect(fast.digests).toMatchObject({ verified: false });
  });

  it("hands files to collectors, whole or the first bytes of them, and knows which are left", async () => {
    for (const source of [stored(archive(docker())), stored(archive(oci("gzip")))]) {
      for (const verify of [true, false]) {
        const files = collectFiles(({ name }) => (name === "big" ? 5 : 1000));
        const sizes: number[] = [];
        const image = await readImage(pathSource(source, undefined), {
          collectors: [
            files,
            {
              layer: () => ({
                entry: ({ name }) =>
                  name === "big"
                    ? { write: (chunk) => sizes.push(chunk.length) > 0, end: () => sizes.push(-1) }
                    : 0,
              }),
            },
          ],
          platform: { os: "linux", architecture: "amd64" },
          verify,
        });
        expect(files.final(image, "/bin/job")?.bytes.toString()).toBe("#!/bin/sh\n");
        expect(files.final(image, "/big")).toBeUndefined();
        expect(files.finals(image).map(({ path }) => path)).toEqual(["/bin/job", "/data.csv"]);
        expect(files.all(image).map(({ path, layer, bytes }) => [path, layer, bytes.length])).toEqual([
          ["/bin/job", 0, 10],
          ["/big", 0, 5],
          ["/data.csv", 1, 4],
        ]);
        expect(sizes.at(-1)).toBe(-1);
        expect(sizes.slice(0, -1).reduce((sum, size) => sum + size, 0)).toBe(200_000);
      }
    }
  });

  it("has a layer once that it names twice, and follows links between layers", async () => {
    const members = dockerMembers([BASE, BASE]);
    const [first = "", second = ""] = [...members.keys()];
    members.delete(second);
    const bytes = Buffer.concat([
      ...[...members].map(([name, content]) => member({ name, content })),
      member(symlink(second, `../${first}`)),
      END,
    ]);
    for (const source of [stored(bytes), stream(bytes)]) {
      const image = await read(source);
      expect(image.layers.map(({ content }) => content)).toEqual([0, 0]);
    }
  });

  it("is chosen by platform, and what else there is is told", async () => {
    const images = [
      { layers: [TOP], platform: { os: "linux", architecture: "arm64" } },
      { layers: LAYERS, platform: { os: "linux", architecture: "amd64" } },
      { layers: [], platform: { os: "unknown", architecture: "unknown" } },
    ];
    const image = await read(stored(archive(ociMembers(images))));
    expect(image.layers).toHaveLength(2);
    expect(image.otherPlatforms).toEqual(["linux/arm64", "unknown/unknown"]);
    const single = await read(stored(archive(ociMembers(images.slice(0, 1)))));
    expect(single.config.architecture).toBe("arm64");
    const neither = [images[0], { layers: [BASE], platform: { os: "linux", architecture: "s390x" } }].flatMap(
      (one) => one ?? [],
    );
    await expect(read(stored(archive(ociMembers(neither))))).rejects.toMatchObject({
      code: "image.not-found",
    });
  });

  it("is chosen by name where there are several", async () => {
    const path = stored(
      archive(
        ociMembers([
          { layers: [TOP], names: ["one"] },
          { layers: LAYERS, names: ["two"] },
        ]),
      ),
    );
    await expect(read(path)).rejects.toMatchObject({
      code: "image.ambiguous",
      hint: expect.stringContaining("one, two"),
    });
    expect((await read(path, true, "two")).layers).toHaveLength(2);
    await expect(read(path, true, "three")).rejects.toMatchObject({ code: "image.not-found" });
    const target = await imageTarget(`oci-archive:${path}:one`);
    expect((await read(target as ImageSource)).layers).toHaveLength(1);
  });
});

describe("a damaged image", () => {
  const change = (
    members: Map<string, Buffer>,
    pattern: RegExp,
    how: (bytes: Buffer) => Buffer | undefined,
  ) => {
    for (const [name, bytes] of members) {
      if (!pattern.test(name)) continue;
      const changed = how(bytes);
      if (changed === undefined) members.delete(name);
      else members.set(name, changed);
    }
    return members;
  };
  const edit = (text: (json: string) => string) => (bytes: Buffer) => Buffer.from(text(bytes.toString()));
  const flip = (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes);
    // In the middle of a file's content.
    copy[100_000] = (copy[100_000] ?? 0) ^ 1;
    return copy;
  };
  const layerBlob = new RegExp(hexOf(BASE));

  it.each<[string, string, () => Map<string, Buffer>]>([
    ["a changed layer", "image.digest-mismatch", () => change(docker(), /^0.*layer\.tar/, flip)],
    ["a changed blob", "image.digest-mismatch", () => change(oci(), layerBlob, flip)],
    [
      "a changed configuration",
      "image.digest-mismatch",
      () =>
        change(
          docker(),
          /^[0-9a-f]{64}\.json/,
          edit((json) => json.replace("amd64", "amd65")),
        ),
    ],
    [
      "a layer of another length",
      "image.invalid",
      () => change(oci(), layerBlob, (bytes) => Buffer.concat([bytes, Buffer.alloc(512)])),
    ],
    ["a layer that is missing", "image.invalid", () => change(docker(), /^0.*layer\.tar/, () => undefined)],
    ["a blob that is missing", "image.invalid", () => change(oci(), layerBlob, () => undefined)],
    [
      "a configuration that is missing",
      "image.invalid",
      () => change(docker(), /^[0-9a-f]{64}\.json/, () => undefined),
    ],
    ["no manifest", "image.invalid", () => change(docker(), /manifest/, () => undefined)],
    [
      "a manifest that is no JSON",
      "image.invalid",
      () => change(docker(), /manifest/, () => Buffer.from("{nonsense")),
    ],
    [
      "a manifest of another kind",
      "image.invalid",
      () => change(docker(), /manifest/, () => Buffer.from("[null]")),
    ],
    ["no images in it", "image.invalid", () => change(docker(), /manifest/, () => Buffer.from("[]"))],
    [
      "a manifest with fewer layers than the configuration",
      "image.invalid",
      () =>
        change(
          docker(),
          /manifest/,
          edit((json) => json.replace(/,"1[^"]*"/, "")),
        ),
    ],
    [
      "paths that lead out of it",
      "image.invalid",
      () =>
        change(
          docker(),
          /manifest/,
          edit((json) => json.replace(/"0[^"]*tar"/, '"../../../etc/passwd"')),
        ),
    ],
    [
      "a digest that is a path",
      "image.invalid",
      () =>
        change(
          oci(),
          /index\.json/,
          edit((json) => json.replace(/sha256:[0-9a-f]+/, "sha256:../../../../etc/passwd")),
        ),
    ],
    [
      "a manifest that is deep JSON",
      "image.invalid",
      () => change(docker(), /manifest/, () => Buffer.from("[".repeat(1_000_000))),
    ],
    [
      "a huge manifest",
      "image.invalid",
      () => change(docker(), /manifest/, () => Buffer.from(`["${"x".repeat(9 * 1024 * 1024)}"]`)),
    ],
    [
      "a gzip layer that stops",
      "image.invalid",
      () =>
        change(oci("gzip"), /sha256/, (bytes) =>
          bytes[0] === 0x1f ? Buffer.concat([bytes.subarray(0, -40), Buffer.alloc(40)]) : bytes,
        ),
    ],
  ])("%s is an error, from a file and from a stream", async (_title, code, make) => {
    const bytes = archive(make());
    await expect(read(stored(bytes))).rejects.toMatchObject({ code });
    await expect(read(stream(bytes))).rejects.toMatchObject({ code });
  });

  it("is an error wherever it stops", async () => {
    const bytes = archive(docker());
    for (const length of [0, 100, 5000, 150_000, bytes.length - 3000]) {
      await expect(read(stored(bytes.subarray(0, length)))).rejects.toMatchObject({ code: "image.invalid" });
      await expect(read(stream(bytes.subarray(0, length)))).rejects.toMatchObject({ code: "image.invalid" });
    }
  });

  it("may point in a circle", async () => {
    const members = docker();
    const [name = ""] = [...members.keys()];
    members.delete(name);
    const bytes = Buffer.concat([
      member(symlink(name, "../x")),
      member(symlink("x", name)),
      archive(members),
    ]);
    await expect(read(stored(bytes))).rejects.toMatchObject({ code: "image.invalid" });
  });

  it("may unpack to thousands of times its size", { timeout: 60_000 }, async () => {
    // A gigabyte of zeros in a megabyte, and more to come.
    const piece = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const start = gzipSync(member({ name: "lastlog", sizeField: "77777777777\0" }));
    const bomb = Buffer.concat([start, ...Array.from({ length: 40 }, () => piece)]);
    const members = new Map([...oci(), [`blobs/sha256/${hexOf(BASE)}`, bomb]]);
    await expect(read(stream(archive(members)))).rejects.toMatchObject({ code: "image.too-large" });
  });

  it("takes no links and pipes for a layout's parts", async () => {
    const members = oci();
    const path = layout(members);
    const blob = join(path, "blobs/sha256", hexOf(BASE));
    rmSync(blob);
    symlinkSync("/etc/passwd", blob);
    await expect(read(path)).rejects.toMatchObject({ code: "image.invalid" });
  });

  it("is told from what is no image at all", async () => {
    await expect(read(join(root, "nothing.tar"))).rejects.toMatchObject({ code: "image.not-found" });
    await expect(read(stored(Buffer.from("FROM scratch\n")))).rejects.toMatchObject({
      code: "image.invalid",
    });
    await expect(read(stored(tar(file("a", "b"))))).rejects.toMatchObject({ code: "image.invalid" });
    expect(await imageTarget(stored(Buffer.from("FROM scratch\n")))).toBeUndefined();
    expect(await imageTarget(root)).toBeUndefined();
    expect(await imageTarget("python:3.12")).toBeUndefined();
  });
});

describe("an Apptainer image", () => {
  it("is listed, and said not to be read", async () => {
    const sif = Buffer.alloc(4096);
    sif.write("#!/usr/bin/env run-singularity\n", 0);
    sif.write("SIF_MAGIC\0" + "01\0", 32, "latin1");
    sif.writeBigInt64LE(2n, 88);
    sif.writeBigInt64LE(128n, 96);
    for (const [index, type] of [0x4001, 0x4004].entries()) {
      const at = 128 + index * 585;
      sif.writeInt32LE(type, at);
      sif[at + 4] = 1;
      sif.writeBigInt64LE(2048n, at + 17);
      sif.writeBigInt64LE(100n, at + 25);
    }
    sif.writeInt32LE(1, 128 + 585 + 201);
    await expect(read(stored(sif))).rejects.toMatchObject({
      code: "image.unreadable",
      message: expect.stringContaining("definition file, 100 bytes; file system (squashfs), 100 bytes"),
    });
    await expect(read(stored(sif.subarray(0, 700)))).rejects.toMatchObject({ code: "image.invalid" });
    sif.writeBigInt64LE(1n << 60n, 88);
    await expect(read(stored(sif))).rejects.toMatchObject({ code: "image.invalid" });
  });
});

describe("an engine's storage", () => {
  /** As Podman keeps an image of one layer; `lines` is the layer's description. */
  function podmanStorage(layer: Buffer, lines: readonly object[], files: Readonly<Record<string, string>>) {
    const storage = join(root, `storage-${count++}`);
    const members = dockerMembers([layer]);
    const [name = "", config = Buffer.alloc(0)] =
      [...members].find(([key]) => /^[0-9a-f]{64}\.json$/.test(key)) ?? [];
    const id = name.slice(0, 64);
    const top = "a".repeat(64);
    for (const folderName of [`overlay-images/${id}`, "overlay-layers", `overlay/${top}/diff`])
      mkdirSync(join(storage, folderName), { recursive: true });
    const put = (path: string, content: string | Buffer) => writeFileSync(join(storage, path), content);
    put(`overlay-images/${id}/=${Buffer.from(`sha256:${id}`).toString("base64")}`, config);
    put(
      "overlay-images/images.json",
      JSON.stringify([{ id, layer: top, digest: `sha256:${"b".repeat(64)}` }]),
    );
    put("overlay-layers/layers.json", JSON.stringify([{ id: top }]));
    put(
      `overlay-layers/${top}.tar-split.gz`,
      gzipSync(`${lines.map((line) => JSON.stringify(line)).join("\n")}\n`),
    );
    for (const [path, content] of Object.entries(files)) put(`overlay/${top}/diff/${path}`, content);
    return { storage, diff: join(storage, "overlay", top, "diff"), id: `sha256:${id}` };
  }

  const LAYER = tar(file("a.txt", "hello"), symlink("l", "/etc"));
  const split = (name = "a.txt", size = 5): object[] => [
    { type: 2, payload: LAYER.subarray(0, 512).toString("base64"), position: 0 },
    { type: 1, name, size, payload: "x", position: 1 },
    { type: 2, payload: LAYER.subarray(517).toString("base64"), position: 2 },
  ];
  const readFrom = (made: ReturnType<typeof podmanStorage>, verify = true, driver = "overlay") =>
    read(
      { description: "", read: (reading) => readStorage({ driver, root: made.storage }, made.id, reading) },
      verify,
    );

  it("gives an image with its digests", async () => {
    const made = podmanStorage(LAYER, split(), { "a.txt": "hello" });
    for (const verify of [true, false]) {
      const image = await readFrom(made, verify);
      expect(image.tree.entry("/a.txt")).toMatchObject({ kind: "file", size: 5 });
      expect(image.digests.verified).toBe(verify);
    }
  });

  it("is seen to have been changed", async () => {
    const made = podmanStorage(LAYER, split(), { "a.txt": "hullo" });
    await expect(readFrom(made)).rejects.toMatchObject({ code: "image.digest-mismatch" });
  });

  it.each<[string, () => ReturnType<typeof podmanStorage>]>([
    ["a file is missing", () => podmanStorage(LAYER, split(), {})],
    ["a file is too short", () => podmanStorage(LAYER, split(), { "a.txt": "hell" })],
    ["a description is none", () => podmanStorage(LAYER, [{ type: 7 }], { "a.txt": "hello" })],
    [
      "a link leads out of it",
      () => {
        const made = podmanStorage(LAYER, split("out/passwd"), {});
        symlinkSync("/etc", join(made.diff, "out"));
        return made;
      },
    ],
    [
      "a file is a link",
      () => {
        const made = podmanStorage(LAYER, split("passwd"), {});
        symlinkSync("/etc/passwd", join(made.diff, "passwd"));
        return made;
      },
    ],
    ["a name climbs", () => podmanStorage(LAYER, split("../../../../../../../../etc/passwd"), {})],
  ])("is left to the engine where %s", async (_title, make) => {
    await expect(readFrom(make())).rejects.toBeInstanceOf(StorageProblem);
  });

  it("is left to the engine where it is kept in another way, or elsewhere", async () => {
    const made = podmanStorage(LAYER, split(), { "a.txt": "hello" });
    await expect(readFrom(made, true, "btrfs")).rejects.toBeInstanceOf(StorageProblem);
    await expect(readFrom({ ...made, storage: join(root, "nowhere") })).rejects.toBeInstanceOf(
      StorageProblem,
    );
    await expect(
      readFrom({ ...made, storage: join(root, "nowhere") }, true, "overlay2"),
    ).rejects.toBeInstanceOf(StorageProblem);
  });
});

describe("a file's reader", () => {
  it("fails where the file was cut after its length was asked", async () => {
    const bytes = archive(docker());
    const path = stored(bytes.subarray(0, bytes.length - 2000));
    const fd = openSync(path, "r");
    try {
      const source = {
        description: "",
        read: (reading: Parameters<ImageSource["read"]>[0]) =>
          readArchiveFile(fd, bytes.length, undefined, reading),
      };
      await expect(read(source)).rejects.toMatchObject({ code: "image.invalid" });
    } finally {
      closeSync(fd);
    }
  });
});
