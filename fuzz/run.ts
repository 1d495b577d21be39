/** Lints crafted texts by the hundred thousand: `npm run fuzz -- [cases] [first seed]`. Ends with 1 at the first mistakes. */
import { join } from "node:path";
import { loadRules } from "../src/rules/registry/registry.gen.ts";
import type { Rule } from "../src/rules/rule.ts";
import { fuzzCase } from "./lint.ts";
import { mutate } from "./mutate.ts";

declare const PROJECT_ROOT: string;
const cases = Number(process.argv[2] ?? 200_000);
const first = Number(process.argv[3] ?? 1);
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

const start = performance.now();
let mistakes = 0;
for (let seed = first; seed < first + cases && mistakes < 10; seed++) {
  const wrong = fuzzCase(seed, corpus, rules);
  if (wrong !== undefined) {
    mistakes++;
    console.error(`seed ${seed}: ${wrong}\n${JSON.stringify(mutate(seed, corpus)).slice(0, 2000)}\n`);
  }
  if ((seed - first + 1) % 20_000 === 0)
    console.log(`${seed - first + 1} of ${cases} cases, ${Math.round((performance.now() - start) / 1000)} s`);
}
console.log(
  `${cases} cases from ${corpus.length} texts, ${mistakes} mistakes, ${Math.round((performance.now() - start) / 1000)} s`,
);
if (mistakes > 0) process.exitCode = 1;
