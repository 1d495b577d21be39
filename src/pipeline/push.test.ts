import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { parseImageReference } from "../dockerfile/image-reference.ts";
import { readImage } from "../image/image.ts";
import { type ImageParts, withPartsOf } from "../image/sources/parts.ts";
import { registrySource } from "../image/sources/registry.ts";
import {
  archive,
  dockerMembers,
  file,
  hexOf,
  ociMembers,
  type Packing,
  tar,
} from "../image/test-archives.ts";
import { RegistryRepository } from "../registry/repository.ts";
import { type TestRegistry, type TestRegistryOptions, testRegistry } from "../registry/test-registry.ts";
import { knownLayers, type RelatedImage } from "./known-layers.ts";
import { pushImage } from "./push.ts";

const folders: string[] = [];
const servers: TestRegistry[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const LAYERS = [
  tar(file("bin/job", "#!/bin/sh\n", 0o755)),
  tar(file("model.bin", Buffer.alloc(2_000_000, "ab"))),
  tar(file("bin/job", "#!/bin/sh\n", 0o755)),
];
const platform = { os: "linux", architecture: "amd64" };

async function place(options: Partial<TestRegistryOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "push-"));
  folders.push(folder);
  const server = await testRegistry({ referrers: true, ...options });
  servers.push(server);
  const registry = new RegistryRepository(parseImageReference(`${server.host}/lab/job`), "write", {
    credentials: async () => undefined,
    pause: 1,
  });
  return { folder, server, registry };
}

type Place = Awaited<ReturnType<typeof place>>;

const push = async ({ folder, registry }: Place, parts: ImageParts) =>
  pushImage(registry, parts, { known: await knownLayers(folder, registry), onBytes: () => {} });

function pushArchive(at: Place, members: ReadonlyMap<string, Buffer>) {
  const path = join(at.folder, "image.tar");
  writeFileSync(path, archive(members));
  return withPartsOf({ path, name: undefined }, platform, undefined, (parts) => push(at, parts));
}

/** What anybody gets who pulls it. */
async function pulled({ server }: Place, digest: string) {
  const source = registrySource(`${server.host}/lab/job@${digest}`, { credentials: async () => undefined });
  return readImage(source, { collectors: [], platform, verify: true });
}

const uploads = ({ server }: Place): number =>
  server.requests.filter((request) => request.startsWith("PATCH")).length;

describe("an archive of docker save", () => {
  it.each<Packing>(["none", "gzip", "zstd"])(
    "comes out of the registry as the same image (%s)",
    async (packing) => {
      const at = await place();
      const { manifest, layers } = await pushArchive(at, dockerMembers(LAYERS, { packing }));
      const image = await pulled(at, manifest.digest);
      expect(image.config.diffIds).toEqual(LAYERS.map((layer) => `sha256:${hexOf(layer)}`));
      expect(image.digests).toEqual({ verified: true });
      expect(image.tree.files).toBe(2);
      // The first and the last are the same.
      expect([layers.sent, layers.there]).toEqual([2, 0]);
      expect(image.layers.map(({ compression }) => compression)).toEqual(
        LAYERS.map(() => (packing === "none" ? "gzip" : packing)),
      );
    },
  );

  it("moves no tag", async () => {
    const at = await place();
    const { manifest } = await pushArchive(at, dockerMembers(LAYERS));
    expect([...at.server.manifests.keys()]).toEqual([`lab/job ${manifest.digest}`]);
  });
});

describe("an OCI layout", () => {
  it("keeps its manifest to the byte", async () => {
    const at = await place();
    const members = ociMembers([{ layers: LAYERS, packing: "gzip" }]);
    const { manifests } = JSON.parse(members.get("index.json")?.toString() ?? "");
    const { manifest } = await pushArchive(at, members);
    expect(manifest.digest).toBe(manifests[0].digest);
    expect((await pulled(at, manifest.digest)).digests).toEqual({ verified: true });
  });

  it("is refused where a layer is not what its manifest says", async () => {
    const at = await place();
    const members = ociMembers([{ layers: LAYERS, packing: "gzip" }]);
    const [name = ""] = [...members].filter(([, bytes]) => bytes[0] === 0x1f).map(([one]) => one);
    const spoiled = Buffer.from(members.get(name) ?? "");
    spoiled[spoiled.length - 9] = (spoiled.at(-9) ?? 0) ^ 1;
    members.set(name, spoiled);
    await expect(pushArchive(at, members)).rejects.toMatchObject({ code: "image.digest-mismatch" });
    expect(at.server.manifests.size).toBe(0);
  });
});

describe("layers that are there already", () => {
  it("are neither packed nor sent again, from the same folder", async () => {
    const at = await place();
    const first = await pushArchive(at, dockerMembers(LAYERS));
    const before = uploads(at);
    const second = await pushArchive(at, dockerMembers(LAYERS));
    expect(second.manifest).toEqual(first.manifest);
    expect(second.layers).toEqual({ sent: 0, bytesSent: 0, there: 2 });
    expect(uploads(at)).toBe(before);
  });

  it("are known from the version before, on another machine", async () => {
    const at = await place();
    const { bytes, manifest } = await pushArchive(at, dockerMembers(LAYERS.slice(0, 2)));
    await at.registry.putManifest(bytes, manifest.mediaType, "latest");
    const elsewhere = { ...at, folder: mkdtempSync(join(tmpdir(), "push-")) };
    folders.push(elsewhere.folder);
    const { layers } = await pushArchive(
      elsewhere,
      dockerMembers([...LAYERS.slice(0, 2), tar(file("new", "1"))]),
    );
    expect([layers.sent, layers.there]).toEqual([1, 2]);
  });

  it("are sent all the same where the registry lost them, or has something else", async () => {
    const at = await place();
    const first = await pushArchive(at, dockerMembers(LAYERS));
    at.server.blobs.clear();
    const second = await pushArchive(at, dockerMembers(LAYERS));
    expect(second.layers.sent).toBe(2);
    expect(second.manifest).toEqual(first.manifest);
    writeFileSync(join(at.folder, ".published-layers.json"), '{"sha256:1":{"digest":7}, "x": null}');
    expect((await pushArchive(at, dockerMembers(LAYERS))).layers.sent).toBe(2);
  });

  it("are known after a push that broke off", async () => {
    const at = await place();
    const path = join(at.folder, "image.tar");
    writeFileSync(path, archive(dockerMembers(LAYERS)));
    const half = withPartsOf({ path, name: undefined }, platform, undefined, (parts) =>
      push(at, {
        ...parts,
        layers: parts.layers.map((layer, index) =>
          index === 1 ? { ...layer, open: () => Promise.reject(new Error("the machine stopped")) } : layer,
        ),
      }),
    );
    await expect(half).rejects.toThrow("the machine stopped");
    expect(at.server.manifests.size).toBe(0);
    expect((await pushArchive(at, dockerMembers(LAYERS))).layers).toMatchObject({ sent: 1, there: 1 });
  });
});

describe("a layer that is not what the configuration says", () => {
  it("is refused before there is a manifest", async () => {
    const at = await place();
    const path = join(at.folder, "image.tar");
    const members = dockerMembers(LAYERS);
    const [name = ""] = members.keys();
    members.set(name, tar(file("bin/job", "something else")));
    writeFileSync(path, archive(members));
    await expect(
      withPartsOf({ path, name: undefined }, platform, undefined, (parts) => push(at, parts)),
    ).rejects.toMatchObject({ code: "image.digest-mismatch" });
    expect(at.server.manifests.size).toBe(0);
  });
});

it("packs what it sends, and gives the digest of that", async () => {
  const at = await place();
  const { bytes, layers } = await pushArchive(at, dockerMembers(LAYERS));
  const [first] = JSON.parse(bytes.toString()).layers;
  const blob = at.server.blobs.get(first.digest) ?? Buffer.alloc(0);
  expect(first.digest).toBe(`sha256:${createHash("sha256").update(blob).digest("hex")}`);
  expect(gunzipSync(blob).equals(LAYERS[0] ?? Buffer.alloc(0))).toBe(true);
  expect(layers.bytesSent).toBeLessThan(100_000);
});

describe("the layers of a base in the same registry", () => {
  const login = "lab:secret";
  const credentials = async () => `Basic ${Buffer.from(login).toString("base64")}`;

  it.each([
    ["are taken from there", { mounts: true }, true],
    ["are taken from there with a token for both", { mounts: true, login, tokens: true }, true],
    ["are sent where the registry does not give them", { mounts: false }, false],
  ])("%s", async (_title, options, taken) => {
    const at = await place(options);
    const { folder, server } = at;
    const repositoryOf = (name: string) =>
      new RegistryRepository(parseImageReference(`${server.host}/lab/${name}`), "write", {
        credentials,
        pause: 1,
      });
    const path = join(folder, "image.tar");
    writeFileSync(path, archive(dockerMembers(LAYERS)));
    const put = (name: string, bases: readonly RelatedImage[]) =>
      withPartsOf({ path, name: undefined }, platform, undefined, async (parts) => {
        // What was sent from here before is not asked for.
        const known = await knownLayers(join(folder, name), repositoryOf(name), bases);
        return pushImage(repositoryOf(name), parts, { known, onBytes: () => {} });
      });
    const base = await put("base", []);
    expect(server.mounted).toEqual([]);
    const before = uploads(at);
    const { layers, manifest } = await put("job", [
      { registry: repositoryOf("base"), name: base.manifest.digest },
    ]);
    expect(manifest.digest).toBe(base.manifest.digest);
    expect(layers.there + layers.sent).toBe(2);
    expect(server.mounted).toHaveLength(taken ? 2 : 0);
    expect(uploads(at) - before).toBe(taken ? 0 : 2);
  });
});
