import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { archive, file, folder, ociMembers, symlink, tar } from "../image/test-archives.ts";
import { type TestRegistry, testRegistry } from "../registry/test-registry.ts";
import { diffImages } from "./diff.ts";
import { extractFromImage, listImage } from "./tree.ts";

const servers: TestRegistry[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const one of folders.splice(0)) rmSync(one, { recursive: true, force: true });
});

const BASE = tar(folder("bin"), file("bin/job", "#!/bin/sh\n", 0o755), symlink("run", "bin/job"));
const OLD = [BASE, tar(folder("opt"), file("opt/model", "old!"), file("opt/gone", "1"))];
const NEW = [BASE, tar(folder("opt"), file("opt/model", "new!"), file("opt/more", "22"))];
const signal = new AbortController().signal;
const progress = { start() {}, detail() {}, done() {} };

/** A registry with `lab/job:old` and `:new`, and both as archives. */
async function place() {
  const server = await testRegistry({ referrers: false });
  servers.push(server);
  const directory = mkdtempSync(join(tmpdir(), "registry-images-"));
  folders.push(directory);
  for (const [tag, layers] of [
    ["old", OLD],
    ["new", NEW],
  ] as const) {
    const members = ociMembers([{ layers, packing: "gzip" }]);
    writeFileSync(join(directory, `${tag}.tar`), archive(members));
    const { manifests } = JSON.parse(members.get("index.json")?.toString() ?? "");
    for (const [name, bytes] of members) {
      const digest = name.replace("blobs/sha256/", "sha256:");
      if (digest === manifests[0].digest)
        for (const key of [tag, digest])
          server.manifests.set(`lab/job ${key}`, { type: manifests[0].mediaType, bytes });
      else if (digest.startsWith("sha256:")) server.blobs.set(digest, bytes);
    }
  }
  const named = (tag: string): string => `docker://${server.host}/lab/job:${tag}`;
  const saved = (tag: string): string => join(directory, `${tag}.tar`);
  return { server, directory, named, saved };
}

const diff = (before: string, after: string) => diffImages({ before, after, verify: true, signal, progress });

const rows = async (target: string) => {
  const { image, rows: found } = await listImage({
    target,
    globs: ["**"],
    sort: "path",
    verify: true,
    signal,
  });
  return { image: { ...image, name: "" }, rows: [...found] };
};

describe("images in a registry", () => {
  it("are listed as they are in an archive", async () => {
    const { named, saved } = await place();
    const listed = await rows(named("new"));
    expect(listed).toEqual(await rows(saved("new")));
    expect(listed.rows.map(({ path }) => path)).toEqual([
      "/bin",
      "/bin/job",
      "/opt",
      "/opt/model",
      "/opt/more",
      "/run",
    ]);
    expect(listed.image.notes).toEqual([]);
  });

  it("give a file of theirs", async () => {
    const { directory, named } = await place();
    const to = join(directory, "model");
    await extractFromImage({ target: named("old"), verify: true, signal }, "/opt/model", to);
    expect(readFileSync(to, "utf8")).toBe("old!");
  });

  it("are compared with each other, and with those that are elsewhere", async () => {
    const { named, saved } = await place();
    const found = await diff(named("old"), named("new"));
    expect(found.differs).toBe(true);
    expect(JSON.parse(JSON.stringify(found.files))).toEqual(
      JSON.parse(JSON.stringify((await diff(saved("old"), saved("new"))).files)),
    );
    expect(JSON.stringify(found.files)).toMatch(/\/opt\/gone.*|\/opt\/more/);
    expect((await diff(named("new"), saved("new"))).differs).toBe(false);
  });

  it("may be many, without a word from Node", async () => {
    const { named } = await place();
    const warnings: string[] = [];
    const hear = ({ name }: Error): void => void warnings.push(name);
    process.on("warning", hear);
    for (let turn = 0; turn < 8; turn++) await rows(named("new"));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", hear);
    expect(warnings).toEqual([]);
  });

  it("are an error of the registry where it lacks them, or a part of them", async () => {
    const { named, server } = await place();
    await expect(diff(named("old"), named("none"))).rejects.toMatchObject({ code: "registry.failed" });
    server.blobs.clear();
    await expect(rows(named("new"))).rejects.toMatchObject({ code: "registry.failed" });
  });
});
