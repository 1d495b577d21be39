import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseImageReference } from "../../src/dockerfile/image-reference.ts";
import { withPartsOf } from "../../src/image/sources/parts.ts";
import { archive, dockerMembers, file, tar } from "../../src/image/test-archives.ts";
import { knownLayers, type RelatedImage } from "../../src/pipeline/known-layers.ts";
import { pushImage } from "../../src/pipeline/push.ts";
import { RegistryRepository } from "../../src/registry/repository.ts";
import { type Registry, startRegistry } from "../../tools/setup/registry.mjs";

/** Docker's registry, with no engine: a base's layers are taken from the repository where they lie. */

const platform = { os: "linux", architecture: "amd64" };
let folder: string;
let registry: Registry;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "pratique-mount-"));
  registry = await startRegistry({ storage: join(folder, "registry") });
});
afterAll(async () => {
  await registry?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const repository = (name: string) =>
  new RegistryRepository(parseImageReference(`${registry.host}/lab/${name}`), "write", {
    credentials: async () => undefined,
  });

/** Bytes of layers that went out. */
async function push(name: string, layers: readonly Buffer[], bases: readonly RelatedImage[] = []) {
  const path = join(folder, `${name}.tar`);
  writeFileSync(path, archive(dockerMembers(layers)));
  return withPartsOf({ path, name: undefined }, platform, undefined, async (parts) => {
    const known = await knownLayers(join(folder, name), repository(name), bases);
    return pushImage(repository(name), parts, { known, onBytes: () => {} });
  });
}

it("sends of an image what its base has not", async () => {
  const base = [tar(file("usr/lib/big", Buffer.alloc(1_000_000, "ab"))), tar(file("etc/name", "base\n"))];
  const own = tar(file("opt/fit.py", "print(1)\n"));
  const { manifest } = await push("base", base);
  const related = [{ registry: repository("base"), name: manifest.digest }];
  const { layers, manifest: job } = await push("job", [...base, own], related);
  expect(layers).toMatchObject({ sent: 1, there: 2 });
  expect((await repository("job").manifest(job.digest))?.descriptor.digest).toBe(job.digest);
  // Without the base, all is sent.
  expect((await push("other", [...base, own])).layers).toMatchObject({ sent: 3, there: 0 });
});
