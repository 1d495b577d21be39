import { expect, it } from "vitest";
import { dockerfile } from "../bench/corpus.mjs";
import { elfCorpus, fuzzElf } from "../fuzz/elf.ts";
import { fuzzImage, imageCorpus } from "../fuzz/image.ts";
import { fuzzCase } from "../fuzz/lint.ts";
import { fuzzRegistry } from "../fuzz/registry.ts";
import { loadRules } from "../src/rules/registry/registry.gen.ts";
import type { Rule } from "../src/rules/rule.ts";

/** A share of what “npm run fuzz” does: other texts each day, and the same ones all day long. */
it("takes crafted Dockerfiles", { timeout: 60_000 }, async () => {
  const rules = [...(await loadRules("dockerfile")), ...(await loadRules("project"))] as unknown as Rule[];
  const corpus = [
    ...rules
      .flatMap(({ examples }) => [...examples.bad, ...examples.good])
      .flatMap((one) => one.dockerfile ?? []),
    ...Array.from({ length: 40 }, (_, seed) => dockerfile(seed)),
  ];
  const first = Math.floor(Date.now() / 86_400_000) * 100_000;
  for (let seed = first; seed < first + 600; seed++) {
    expect(fuzzCase(seed, corpus, rules), `seed ${seed}`).toBeUndefined();
  }
});

it("takes crafted images", { timeout: 120_000 }, async () => {
  const corpus = imageCorpus();
  const first = Math.floor(Date.now() / 86_400_000) * 100_000;
  for (let seed = first; seed < first + 400; seed++) {
    expect(await fuzzImage(seed, corpus), `seed ${seed}`).toBeUndefined();
  }
});

it("takes crafted programs", { timeout: 60_000 }, () => {
  const corpus = elfCorpus();
  const first = Math.floor(Date.now() / 86_400_000) * 100_000;
  for (let seed = first; seed < first + 120; seed++) {
    expect(fuzzElf(seed, corpus), `seed ${seed}`).toBeUndefined();
  }
});

it("takes crafted registries", { timeout: 60_000 }, async () => {
  const registry = await fuzzRegistry();
  const first = Math.floor(Date.now() / 86_400_000) * 100_000;
  try {
    for (let seed = first; seed < first + 100; seed++) {
      expect(await registry.one(seed), `seed ${seed}`).toBeUndefined();
    }
  } finally {
    registry.stop();
  }
});
