import { afterEach, describe, expect, it } from "vitest";
import { parseImageReference } from "../dockerfile/image-reference.ts";
import {
  type Artifact,
  attach,
  attachedTo,
  attachForCosign,
  created,
  envelopesAs,
  filesOf,
  manifestsOf,
  manifestWith,
  titled,
} from "./attached.ts";
import { type Descriptor, RegistryRepository } from "./repository.ts";
import { type TestRegistry, type TestRegistryOptions, testRegistry } from "./test-registry.ts";

const started: TestRegistry[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop();
});

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const repository = ({ host }: TestRegistry, access: "read" | "write", login?: string) =>
  new RegistryRepository(parseImageReference(`${host}/lab/tool:1`), access, {
    credentials: async () =>
      login === undefined ? undefined : `Basic ${Buffer.from(login).toString("base64")}`,
    timeout: 10_000,
  });

/** A registry with an image in it. */
async function withImage(options: TestRegistryOptions) {
  const server = await testRegistry(options);
  started.push(server);
  const registry = repository(server, "write", options.login);
  const config = await registry.putBlob(json({ os: "linux" }), "application/vnd.oci.image.config.v1+json");
  const { descriptor: image } = await registry.putManifest(
    json({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [] }),
    MANIFEST,
    "1",
  );
  return { server, registry, image, config };
}

const artifact = (text: string): Artifact => ({
  artifactType: "application/vnd.test",
  annotations: created("2026-11-26T10:00:00.000Z"),
  parts: [{ mediaType: "text/plain", bytes: Buffer.from(text), annotations: titled(`${text}.txt`) }],
});

describe.each<[string, TestRegistryOptions]>([
  ["a registry with the referrers interface", { referrers: true }],
  ["a registry without it", { referrers: false }],
  ["a registry that wants a login", { referrers: false, login: "lab:secret" }],
  ["a registry that wants a token for it", { referrers: true, login: "lab:secret", tokens: true }],
])("%s", (_, options) => {
  it("has what was attached, once however often it was", async () => {
    const { server, registry, image } = await withImage(options);
    await attach(registry, image, artifact("one"));
    await attach(registry, image, artifact("two"));
    await attach(registry, image, artifact("one"));
    const reader = repository(server, "read", options.login);
    const found = await attachedTo(reader, image.digest);
    expect(found.map(({ artifactType }) => artifactType)).toEqual([
      "application/vnd.test",
      "application/vnd.test",
    ]);
    const files = await Promise.all(found.map((one) => filesOf(reader, one, 1000)));
    expect(files.flatMap((one) => [...one]).map(([name, bytes]) => [name, bytes.toString()])).toEqual([
      ["one.txt", "one"],
      ["two.txt", "two"],
    ]);
    expect(await attachedTo(reader, `sha256:${"0".repeat(64)}`)).toEqual([]);
  });

  it("keeps the statements that others put there for cosign", async () => {
    const { server, registry, image } = await withImage(options);
    const parts = (text: string) =>
      envelopesAs([{ bytes: Buffer.from(text), predicateType: "https://example.org/any" }]);
    const tag = await attachForCosign(registry, image.digest, parts("theirs"));
    await attachForCosign(registry, image.digest, parts("ours"));
    const before = server.requests.length;
    await attachForCosign(registry, image.digest, parts("ours"));
    expect(server.requests.slice(before).filter((one) => one.startsWith("PUT"))).toEqual([]);
    expect(tag).toBe(`${image.digest.replace(":", "-")}.att`);
    const { layers } = JSON.parse(server.manifests.get(`lab/tool ${tag}`)?.bytes.toString() ?? "{}") as {
      layers: Descriptor[];
    };
    expect(layers.map(({ digest }) => server.blobs.get(digest)?.toString())).toEqual(["theirs", "ours"]);
    expect(layers[0]?.annotations?.predicateType).toBe("https://example.org/any");
  });
});

describe("an image for several platforms", () => {
  it("is known by the configuration of one of them", async () => {
    const { registry, image, config } = await withImage({ referrers: true });
    const other = await registry.putBlob(json({ os: "other" }), "application/vnd.oci.image.config.v1+json");
    const { descriptor } = await registry.putManifest(
      json({ schemaVersion: 2, mediaType: MANIFEST, config: other, layers: [] }),
      MANIFEST,
    );
    await registry.putManifest(
      json({ schemaVersion: 2, mediaType: INDEX, manifests: [descriptor, image] }),
      INDEX,
      "all",
    );
    const top = await registry.manifest("all");
    if (top === undefined) throw new Error("it was put there");
    expect(manifestsOf(top)).toEqual([top.descriptor.digest, descriptor.digest, image.digest]);
    expect(await manifestWith(registry, top, config.digest)).toMatchObject({ digest: image.digest });
    expect(await manifestWith(registry, top, `sha256:${"0".repeat(64)}`)).toBeUndefined();
  });
});

describe("a registry that", () => {
  it("wants a login and is given none says so", async () => {
    const { server } = await withImage({ referrers: false, login: "lab:secret" });
    await expect(repository(server, "read").manifest("1")).rejects.toThrow("after a login only");
    await expect(repository(server, "write", "lab:wrong").putBlob(json({}), "a/b")).rejects.toThrow(
      "does not let this login write to lab/tool",
    );
  });

  it("sends other bytes than the digest says is not believed", async () => {
    const { server, registry, image } = await withImage({ referrers: true });
    const attached = await attach(registry, image, artifact("one"));
    const [digest = ""] = [...server.blobs].find(([, bytes]) => bytes.toString() === "one") ?? [];
    server.blobs.set(digest, Buffer.from("two"));
    await expect(filesOf(registry, attached, 1000)).rejects.toThrow("sends something else");
    server.manifests.set(`lab/tool ${image.digest}`, { type: MANIFEST, bytes: json({}) });
    await expect(registry.manifest(image.digest)).rejects.toThrow("another manifest than was asked for");
  });

  it("has more than evidence can be, or no list of it, is not read on", async () => {
    const { server, registry, image } = await withImage({ referrers: false });
    const attached = await attach(registry, image, artifact("much more than that"));
    await expect(filesOf(registry, attached, 10)).rejects.toThrow("more there than evidence can be");
    for (const bytes of ["[", "1", "[]", '{"manifests":[{"digest":"x"},null,7]}']) {
      server.manifests.set(`lab/tool ${image.digest.replace(":", "-")}`, {
        type: INDEX,
        bytes: Buffer.from(bytes),
      });
      const read = attachedTo(registry, image.digest);
      if (bytes.startsWith("{") || bytes === "[]") expect(await read).toEqual([]);
      else await expect(read).rejects.toThrow("cannot be read");
    }
  });
});
