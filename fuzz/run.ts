/**
 * Lints crafted texts, reads crafted images and programs, and asks crafted registries by the hundred thousand:
 * `npm run fuzz -- [cases] [first seed] [lint|image|elf|registry]`.
 * Ends with 1 at the first mistakes.
 */
import { join } from "node:path";
import { loadRules } from "../src/rules/registry/registry.gen.ts";
import type { Rule } from "../src/rules/rule.ts";
import { elfCorpus, fuzzElf } from "./elf.ts";
import { fuzzImage, imageCorpus } from "./image.ts";
import { fuzzCase } from "./lint.ts";
import { mutate } from "./mutate.ts";
import { fuzzRegistry } from "./registry.ts";

declare const PROJECT_ROOT: string;
const cases = Number(process.argv[2] ?? 200_000);
const first = Number(process.argv[3] ?? 1);
const only = process.argv[4];
const rules = [...(await loadRules("dockerfile")), ...(await loadRules("project"))] as unknown as Rule[];
const { dockerfile }: { dockerfile: (seed: number) => string } = await import(
  join(PROJECT_ROOT, "bench", "corpus.mjs")
);
const corpus = [
  ...rules
    .flatMap(({ examples }) => [...examples.bad, ...examples.good])
    .flatMap((example) => example.dockerfile ?? []),
  ...Array.from({ length: 60 }, (_, seed) => dockerfile(seed)),
];

const images = imageCorpus();

/** Goes through the cases of one kind, and shows what was wrong. */
async function go(
  what: string,
  one: (seed: number) => string | undefined | Promise<string | undefined>,
  show: (seed: number) => string,
): Promise<void> {
  const start = performance.now();
  const seconds = (): number => Math.round((performance.now() - start) / 1000);
  let mistakes = 0;
  for (let seed = first; seed < first + cases && mistakes < 10; seed++) {
    const wrong = await one(seed);
    if (wrong !== undefined) {
      mistakes++;
      console.error(`seed ${seed}: ${wrong}\n${show(seed)}\n`);
    }
    if ((seed - first + 1) % 20_000 === 0)
      console.log(`${seed - first + 1} of ${cases} ${what}, ${seconds()} s`);
  }
  console.log(`${cases} ${what}, ${mistakes} mistakes, ${seconds()} s`);
  if (mistakes > 0) process.exitCode = 1;
}

if (only === undefined || only === "lint")
  await go(
    `Dockerfiles from ${corpus.length} texts`,
    (seed) => fuzzCase(seed, corpus, rules),
    (seed) => JSON.stringify(mutate(seed, corpus)).slice(0, 2000),
  );
if (only === undefined || only === "image")
  await go(
    `images from ${images.length} archives`,
    (seed) => fuzzImage(seed, images),
    () => "",
  );
if (only === undefined || only === "elf") {
  const files = elfCorpus();
  await go(
    `programs from ${files.length} files`,
    (seed) => fuzzElf(seed, files),
    () => "",
  );
}
if (only === undefined || only === "registry") {
  const registry = await fuzzRegistry();
  await go("registries", registry.one, () => "");
  registry.stop();
}
