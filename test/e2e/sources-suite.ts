import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { CommandLineEngine } from "../../src/engine/command-line.ts";
import { openEngine } from "../../src/engine/detect.ts";
import type { EngineName } from "../../src/engine/engine.ts";
import { collectDigests } from "../../src/image/compare/digests.ts";
import { compareTrees } from "../../src/image/compare/trees.ts";
import { type ImageSource, pathTable, readImage } from "../../src/image/image.ts";
import { engineSource } from "../../src/image/sources/engine.ts";
import { pathSource } from "../../src/image/sources/files.ts";
import { readStorage } from "../../src/image/sources/storage.ts";
import { base } from "./support.ts";

/** One image read from the engine's storage, from the stream that it saves, and from an archive is the same one. */
export function defineSourcesSuite(name: EngineName): void {
  describe(`the sources of an image, with ${name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "pratique-sources-"));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it("agree on layers, sizes, and every file's content", { timeout: 300_000 }, async () => {
      const engine = await openEngine(name);
      expect(engine).toBeInstanceOf(CommandLineEngine);
      const { storage } = engine.info;
      if (storage === undefined) throw new Error(`${name} does not say where it keeps images`);
      const image = base("PYTHON_BASE");
      const { id } = await engine.inspectImage(image);
      const archive = join(folder, "image.tar");
      execFileSync(name, ["save", "-o", archive, name === "podman" ? id.slice(7) : image], { stdio: "pipe" });
      const paths = pathTable();
      const read = async (source: ImageSource) => {
        const digests = collectDigests();
        const platform = { os: "linux", architecture: "amd64" };
        const found = await readImage(source, { collectors: [digests], platform, verify: true, paths });
        return { ...found, compared: digests };
      };
      // Asked for by itself: an engine's source would turn to the stream without a word.
      const stored = await read({ description: id, read: (reading) => readStorage(storage, id, reading) });
      const streamed = await read(engineSource(engine, id, false));
      const saved = await read(pathSource(archive, undefined));
      expect(stored.tree.files).toBeGreaterThan(5000);
      for (const other of [streamed, saved]) {
        expect(other.config.id).toBe(id);
        expect(other.digests).toEqual({ verified: true });
        expect(other.layers.map(({ diffId, size, statistics }) => ({ diffId, size, statistics }))).toEqual(
          stored.layers.map(({ diffId, size, statistics }) => ({ diffId, size, statistics })),
        );
        const { list } = compareTrees(
          { tree: stored.tree, digests: stored.compared },
          { tree: other.tree, digests: other.compared },
          10,
        );
        expect(list).toEqual([]);
        expect([other.tree.files, other.tree.bytes]).toEqual([stored.tree.files, stored.tree.bytes]);
      }
    });
  });
}
