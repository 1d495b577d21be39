import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ImageReading } from "../image.ts";
import { mergeLayers } from "../merged.ts";
import { file, folder, hardlink, type Member, tar } from "../test-archives.ts";
import type { BaseImage } from "./base.ts";
import type { SpaceFacts, SpaceNode } from "./facts.ts";
import { spaceFacts } from "./space.ts";

const bytes = (count: number): string => "x".repeat(count);
const layerOf = (instruction: string) => ({ created: undefined, instruction, empty: false });
const nothingOf = (instruction: string) => ({ created: undefined, instruction, empty: true });

async function spaceOf(
  layers: readonly (readonly Member[])[],
  {
    history,
    base,
    backwards = false,
  }: { history?: Parameters<typeof spaceFacts>[0]["history"]; base?: BaseImage; backwards?: boolean } = {},
): Promise<SpaceFacts> {
  const reading = new ImageReading({
    collectors: [],
    platform: { os: "linux", architecture: "amd64" },
    verify: true,
  });
  const contents = [];
  // Sources read layers in any order.
  for (const members of backwards ? layers.toReversed() : layers) {
    const chunks = [tar(...members)];
    contents.push(await reading.readLayer({ next: () => chunks.shift() }));
  }
  if (backwards) contents.reverse();
  const { tree, statistics } = mergeLayers(reading.paths, contents);
  const stack = contents.map((content, index) => ({
    index,
    content: content.content,
    diffId: `sha256:${index}`,
    digest: undefined,
    compression: content.compression,
    storedSize: content.storedSize,
    size: content.size,
    instruction: undefined,
    statistics: statistics[index] as never,
  }));
  return spaceFacts(
    { layers: stack, tree, history: history ?? layers.map((_, index) => layerOf(`RUN ${index}`)) },
    base,
  );
}

describe("what a layer did", () => {
  it("is told apart: added, replaced, rewritten, removed, and from which layer", async () => {
    const { layers, wasted } = await spaceOf([
      [file("a", bytes(100)), file("b", bytes(20)), file("c", bytes(3))],
      [file("a", bytes(100), 0o755), file("b", bytes(21)), file("new", bytes(7)), file(".wh.c")],
    ]);
    expect(layers[0]).toMatchObject({ added: { files: 3, bytes: 123 }, lost: 123, taken: [] });
    expect(layers[1]).toMatchObject({
      added: { files: 1, bytes: 7 },
      replaced: { files: 2, bytes: 120 },
      rewritten: { files: 1, bytes: 100 },
      removed: { files: 1, bytes: 3 },
      taken: [{ layer: 0, bytes: 123 }],
      lost: 0,
    });
    expect(wasted).toBe(123);
  });
});

describe("the base", () => {
  const three = [[file("a")], [file("b")], [file("c")]];

  it("is compared by its layers", async () => {
    const base = { reference: "debian:12", diffIds: ["sha256:0", "sha256:1"] };
    const facts = await spaceOf(three, { base });
    expect(facts.base).toEqual({ known: "compared", layers: 2, reference: "debian:12" });
    expect(facts.layers.map(({ fromBase }) => fromBase)).toEqual([true, true, false]);
  });

  it("is not guessed where the comparison fails", async () => {
    const { base, layers } = await spaceOf(three, {
      base: { reference: "debian:12", diffIds: ["sha256:9"] },
    });
    expect(base.known).toBe("no");
    expect(layers.map(({ fromBase }) => fromBase)).toEqual([undefined, undefined, undefined]);
  });

  it.each(['CMD ["bash"]', '/bin/sh -c #(nop)  CMD ["bash"]'])("ends with its %s", async (command) => {
    const { base } = await spaceOf(three, {
      history: [
        layerOf("ADD rootfs"),
        nothingOf(command),
        layerOf("RUN apt-get"),
        nothingOf("ENV A=1"),
        layerOf("COPY . ."),
        nothingOf('CMD ["job"]'),
      ],
    });
    expect(base).toEqual({ known: "history", layers: 1, reference: undefined });
  });

  it("ends where Podman says that the build started", async () => {
    const from = (entry: ReturnType<typeof layerOf>, comment: string) => ({ ...entry, comment });
    const { base } = await spaceOf(three, {
      history: [
        from(layerOf("COPY a"), "FROM docker.io/library/debian:12"),
        nothingOf("CMD x"),
        from(layerOf("COPY b"), "FROM localhost/lab/base:1"),
        from(nothingOf("CMD y"), "FROM 6d669a0d1935"),
        from(layerOf("COPY c"), "FROM 25562b659529"),
      ],
    });
    expect(base).toEqual({ known: "history", layers: 1, reference: "localhost/lab/base:1" });
  });

  it("is not known without a start command, or where the history has gaps", async () => {
    expect((await spaceOf(three)).base.known).toBe("no");
    expect((await spaceOf(three, { history: [layerOf("ADD x"), nothingOf("CMD x")] })).base.known).toBe("no");
  });
});

describe("what is biggest", () => {
  it("leaves out folders that hold one folder and little besides", async () => {
    const { folders, files } = await spaceOf([
      [
        file("usr/lib/a/one", bytes(500)),
        file("usr/lib/b/two", bytes(400)),
        file("usr/share/doc", bytes(50)),
        folder("empty"),
      ],
      [file("usr/lib/b/three", bytes(300))],
    ]);
    expect(folders.map(({ path, bytes, files, layer }) => [path, bytes, files, layer])).toEqual([
      ["/usr/lib", 1200, 3, 0],
      ["/usr/lib/b", 700, 2, 0],
      ["/usr/lib/a", 500, 1, 0],
      ["/usr/share", 50, 1, 0],
    ]);
    expect(files.map(({ path, layer }) => [path, layer])).toEqual([
      ["/usr/lib/a/one", 0],
      ["/usr/lib/b/two", 0],
      ["/usr/lib/b/three", 1],
      ["/usr/share/doc", 0],
    ]);
  });

  it("is the same in whatever order layers were read", async () => {
    const many = (from: string) =>
      Array.from({ length: 30 }, (_, index) => file(`${from}/${index}/x`, bytes(9)));
    const layers = [many("a"), many("b"), [file("root/.cache/pip/1", "1"), file("home/.cache/pip/1", "1")]];
    expect(await spaceOf(layers, { backwards: true })).toEqual(await spaceOf(layers));
  });

  it("adds up, whatever the layers are", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.array(
            fc.record({
              name: fc
                .array(fc.constantFrom("a", "b", "c", "tmp", ".cache", "pip"), { minLength: 1, maxLength: 4 })
                .map((parts) => parts.join("/")),
              size: fc.nat(50),
              gone: fc.boolean(),
            }),
            { maxLength: 8 },
          ),
          { minLength: 1, maxLength: 4 },
        ),
        async (layers) => {
          const facts = await spaceOf(
            layers.map((items) =>
              items.map(({ name, size, gone }) =>
                gone ? file(name.replace(/([^/]+)$/, ".wh.$1")) : file(name, bytes(size)),
              ),
            ),
          );
          const sum = (nodes: readonly { readonly bytes: number }[]): number =>
            nodes.reduce((total, one) => total + one.bytes, 0);
          const check = (node: SpaceNode): void => {
            expect(sum(node.parts)).toBeLessThanOrEqual(node.bytes);
            node.parts.forEach(check);
          };
          check(facts.map);
          expect(sum(facts.caches)).toBeLessThanOrEqual(facts.map.bytes);
          expect(sum(facts.files)).toBe(facts.map.bytes);
          // Every byte of every layer is in the finished image or lost.
          expect(facts.map.bytes + facts.wasted).toBe(sum(facts.layers));
        },
      ),
      { numRuns: 200 },
    ));
});

describe("caches", () => {
  it("are found by where they lie, with their layer", async () => {
    const { caches } = await spaceOf([
      [
        file("var/lib/apt/lists/x", bytes(10)),
        folder("opt/conda/conda-meta"),
        file("opt/conda/pkgs/numpy.conda", bytes(400)),
        file("srv/pkgs/mine", bytes(1000)),
        file("home/me/.cache/pip/http/1", bytes(30)),
      ],
      [
        file("root/.cache/pip/2", bytes(300)),
        file("tmp/RtmpX/downloaded_packages/x", bytes(5)),
        file("tmp/more", bytes(2)),
        file("opt/models/huggingface/hub/a", bytes(1)),
      ],
    ]);
    expect(caches.map(({ cache, bytes, paths }) => [cache, bytes, paths])).toEqual([
      ["conda", 400, ["/opt/conda/pkgs"]],
      ["pip", 330, ["/home/me/.cache/pip", "/root/.cache/pip"]],
      ["apt-lists", 10, ["/var/lib/apt/lists"]],
      ["r", 5, ["/tmp/RtmpX"]],
      ["temporary", 2, ["/tmp"]],
      ["hugging-face", 1, ["/opt/models/huggingface/hub"]],
    ]);
    expect(caches[1]?.layers).toEqual([
      { layer: 1, bytes: 300 },
      { layer: 0, bytes: 30 },
    ]);
  });

  it("do not count what has a name outside too", async () => {
    const { caches } = await spaceOf([
      [
        file("root/.cache/uv/archive/a.py", bytes(100)),
        file("root/.cache/uv/archive/b.py", bytes(10)),
        hardlink("venv/lib/a.py", "root/.cache/uv/archive/a.py"),
        hardlink("root/.cache/uv/links/b.py", "root/.cache/uv/archive/b.py"),
      ],
    ]);
    expect(caches).toMatchObject([{ cache: "uv", bytes: 10, files: 1 }]);
  });

  it("that were emptied are none", async () => {
    const { caches } = await spaceOf([
      [file("root/.cache/pip/x", bytes(9))],
      [file("root/.cache/.wh.pip")],
      [folder("root/.cache/pip")],
    ]);
    expect(caches).toEqual([]);
  });
});
