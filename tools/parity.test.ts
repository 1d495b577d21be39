import { existsSync, readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type CoveringRule, parityPage, parityProblems } from "./parity.ts";

const source = new URL("../src/", import.meta.url);
const folder = new URL("rules/", source);
const rules: CoveringRule[] = [];

beforeAll(async () => {
  for (const { name } of readdirSync(folder, { withFileTypes: true })) {
    const file = new URL(`${name}/rule.ts`, folder);
    if (!existsSync(file)) continue;
    const module: { default: CoveringRule } = await import(file.href);
    rules.push(module.default);
  }
});

describe("parity with other linters", () => {
  it("has a rule or a reason for each of theirs, and no name that none of them has", () => {
    const problems = parityProblems(rules);
    expect(problems, problems.join("\n")).toEqual([]);
  });

  it("notices what is forgotten and what is misnamed", () => {
    const [first, ...others] = rules.filter(({ aliases }) => aliases.includes("hadolint:DL3024"));
    expect(first, "one rule is about stages of the same name").toBeDefined();
    expect(others).toEqual([]);
    const changed = rules.map((rule) => (rule === first ? { ...rule, aliases: ["hadolint:DL9999"] } : rule));
    const problems = parityProblems(changed).join("\n");
    expect(problems).toContain("hadolint:DL3024 has no rule and no reason");
    expect(problems).toContain("hadolint:DL9999, an alias of duplicate-stage-name, is no peer's rule");
  });

  it("shows every rule of theirs on the page", () => {
    const page = parityPage(rules);
    expect(page).toMatch(
      /^\| \[DL3024\]\(\S+\) \| [^|]+ \| \[duplicate-stage-name\]\(rules\/duplicate-stage-name\.md\) \|$/m,
    );
    expect(page).toMatch(/^\| \[CIS-DI-0005\]\(\S+\) \| [^|]+ \| Left out\. \S.*[.] \|$/m);
  });

  it("keeps the peers' rules out of the program", () => {
    const users = readdirSync(source, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name))
      .filter((name) => /peer-rules\.json|parity\.json/.test(readFileSync(new URL(name, source), "utf8")));
    expect(users).toEqual([]);
  });
});
