import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { file, folder, type Member, symlink } from "../test-archives.ts";
import { readLayers } from "../test-images.ts";
import { collectCaches, type ModelCaches } from "./caches.ts";

async function cachesOf(...layers: readonly (readonly Member[])[]): Promise<ModelCaches> {
  const collector = collectCaches();
  return collector.caches(await readLayers([collector], ...layers));
}

const short = ({ found }: ModelCaches): string[] =>
  found.map(({ kind, path, items }) => `${kind} ${path}: ${items.map(({ name }) => name).join(" ")}`);

const REVISION = "0123456789abcdef0123456789abcdef01234567";
const REPOSITORY = "opt/hf/hub/models--ab--bert";
const hub = (at = REPOSITORY): Member[] => [
  file(`${at}/blobs/b1`, "weights"),
  file(`${at}/refs/main`, REVISION),
  symlink(`${at}/snapshots/${REVISION}/model.safetensors`, "../../blobs/b1"),
];

describe("model caches", () => {
  it("of the Hugging Face Hub tell repositories and commits", async () => {
    const { found } = await cachesOf([...hub(), ...hub("opt/hf/hub/datasets--squad")]);
    expect(found).toEqual([
      {
        kind: "Hugging Face",
        path: "/opt/hf/hub",
        items: [
          { name: "ab/bert", revisions: [REVISION], problems: [] },
          { name: "datasets/squad", revisions: [REVISION], problems: [] },
        ],
        bytes: 94,
        closed: undefined,
      },
    ]);
  });

  it("of the Hugging Face Hub do not count the locks beside them", async () => {
    const caches = await cachesOf([...hub(), file("opt/hf/hub/.locks/models--ab--bert/b1.lock", "")]);
    expect(short(caches)).toEqual(["Hugging Face /opt/hf/hub: ab/bert"]);
    expect(caches.found[0]?.items[0]?.problems).toEqual([]);
  });

  it.each([
    [
      "a blob that is not there",
      [symlink(`${REPOSITORY}/snapshots/${REVISION}/a.json`, "../../blobs/b2")],
      "a file is not there (a.json)",
    ],
    [
      "a blob that a later layer deletes",
      [file(`${REPOSITORY}/blobs/.wh.b1`)],
      "a file is not there (model.safetensors)",
    ],
    [
      "a download that did not end",
      [file(`${REPOSITORY}/blobs/b2.incomplete`, "x")],
      "a download did not end",
    ],
    [
      "a name for what is not there",
      [file(`${REPOSITORY}/refs/main`, "other")],
      "refs/main names a commit that is not there",
    ],
    [
      "no name",
      [file(`${REPOSITORY}/refs/.wh.main`)],
      "there is no refs/main, so it is found by its commit only",
    ],
    ["no snapshot", [file(`${REPOSITORY}/.wh.snapshots`)], "no snapshot is there"],
  ])("of the Hub tell %s", async (_what, later, problem) => {
    const { found } = await cachesOf(hub(), later);
    expect(found[0]?.items[0]?.problems).toContain(problem);
  });

  it.each([
    [
      "PyTorch",
      [file("opt/torch/hub/checkpoints/resnet50-11ad3fa6.pth", "x")],
      "/opt/torch: resnet50-11ad3fa6.pth",
    ],
    [
      "NLTK",
      [folder("usr/share/nltk_data/tokenizers/punkt"), file("usr/share/nltk_data/corpora/stopwords.zip")],
      "/usr/share/nltk_data: stopwords punkt",
    ],
    ["NLTK", [file("opt/words/tokenizers/punkt_tab/english.txt", "x")], "/opt/words: punkt_tab"],
    ["Keras", [file("root/.keras/models/vgg16.h5", "x")], "/root/.keras: vgg16.h5"],
    ["Whisper", [file("root/.cache/whisper/base.en.pt", "x")], "/root/.cache/whisper: base.en"],
    ["EasyOCR", [file("opt/easyocr/model/craft_mlt_25k.pth", "x")], "/opt/easyocr: craft_mlt_25k"],
    [
      "tiktoken",
      [file(`tmp/data-gym-cache/${"9b".repeat(20)}`, "x")],
      `/tmp/data-gym-cache: ${"9b".repeat(20)}`,
    ],
    [
      "gensim",
      [file("root/gensim-data/glove-wiki-gigaword-50/x.gz", "x")],
      "/root/gensim-data: glove-wiki-gigaword-50",
    ],
    ["Stanza", [file("root/stanza_resources/en/x.pt", "x")], "/root/stanza_resources: en"],
    [
      "Playwright",
      [file("opt/ms-playwright/chromium-1134/chrome", "x")],
      "/opt/ms-playwright: chromium-1134",
    ],
    [
      "Ollama",
      [file("root/.ollama/models/manifests/registry.ollama.ai/library/llama3/8b", "x")],
      "/root/.ollama/models: llama3",
    ],
    [
      "Hugging Face data sets",
      [file("opt/hf/datasets/squad/plain_text/0.0.0/abc/x.arrow", "x")],
      "/opt/hf/datasets: squad",
    ],
  ])("of %s are told by their folders", async (kind, members, told) => {
    expect(short(await cachesOf(members))).toEqual([`${kind} ${told}`]);
  });

  it.each([
    [
      "code",
      [file("opt/app/whisper/__init__.py", "x"), file("opt/app/model/net.py", "x"), file("opt/app/hub/a.py")],
    ],
    ["what a later layer removed", [file("root/.cache/whisper/tiny.pt", "x"), file("root/.wh..cache")]],
  ])("are not %s", async (_what, members) => {
    const [first = [], second = []] = [members.slice(0, -1), members.slice(-1)];
    expect(short(await cachesOf(first, second))).toEqual([]);
  });

  it.each([
    [
      "a folder above",
      [folder("root", 0o700), folder("root/.cache"), ...hub("root/.cache/huggingface/hub/models--a--b")],
      "/root",
    ],
    [
      "a file in it",
      [...hub(), { ...file(`${REPOSITORY}/blobs/b1`, "x"), mode: 0o600 }],
      `/${REPOSITORY}/blobs/b1`,
    ],
    ["a folder in it", [...hub(), folder(`${REPOSITORY}/blobs`, 0o750)], `/${REPOSITORY}/blobs`],
  ])("say that %s is closed to other users", async (_what, members, closed) => {
    expect((await cachesOf(members)).found[0]?.closed).toBe(closed);
  });

  it("are read whatever the layers hold", async () => {
    const part = fc.constantFrom(
      "models--a--b",
      "snapshots",
      "refs",
      "main",
      "blobs",
      "hub",
      "checkpoints",
      "nltk_data",
      "corpora",
      "..",
      "x.pth",
      "model",
    );
    const path = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("/"));
    const member = fc.oneof(
      path.map((name) => file(name, "x")),
      path.map((name) => folder(name, 0o700)),
      fc.tuple(path, path).map(([name, target]) => symlink(name, target)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(member, { maxLength: 12 }), async (members) => {
        for (const { items } of (await cachesOf(members)).found) expect(items.length).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });
});
