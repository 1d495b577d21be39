import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Rule } from "../src/rules/rule.ts";
import { exampleFacts, testProfile } from "../src/rules/test-facts.ts";
import { RULE_ID, ruleScaffold, SCAFFOLD_KINDS } from "./rule-scaffold.ts";

/** Beside the real rules, so that its imports resolve; not in their folder, so that nobody takes it for one. */
const folder = fileURLToPath(new URL(`../node_modules/.scaffold-${process.pid}/`, import.meta.url));
const rules = new URL("../src/rules/", import.meta.url).href;

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(SCAFFOLD_KINDS)("the scaffold of a rule about %s", (kind) => {
  it("is a rule that finds its bad example and allows its good one", async () => {
    const file = `${folder}${kind}.ts`;
    writeFileSync(file, ruleScaffold(`example-${kind}`, kind).replaceAll('from "../', `from "${rules}`));
    const module: { default: Rule } = await import(file);
    const rule = module.default;
    expect(rule).toMatchObject({ id: `example-${kind}`, needs: kind });
    expect(rule.title).toMatch(/^[A-Z].{10,79}[^.]$/);
    const said = (example: Rule["examples"]["bad"][number]) => [
      ...rule.check(exampleFacts(kind, example) as never, testProfile()),
    ];
    expect(rule.examples.bad.flatMap(said)).toHaveLength(1);
    expect(rule.examples.good.flatMap(said)).toEqual([]);
  });
});

it.each([
  ["no-runtime-download", true],
  ["a", true],
  ["NoDownload", false],
  ["a--b", false],
  ["../escape", false],
  ["", false],
])("%j is an id: %s", (id, wanted) => expect(RULE_ID.test(id)).toBe(wanted));
