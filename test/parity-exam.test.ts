import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../src/findings/finding.ts";
import parity from "../src/knowledge/parity.json" with { type: "json" };
import peerRules from "../src/knowledge/peer-rules.json" with { type: "json" };
import type { Profile } from "../src/profiles/profile.ts";
import { applyRules } from "../src/rules/apply.ts";
import { loadRules } from "../src/rules/registry/registry.gen.ts";
import type { Rule } from "../src/rules/rule.ts";
import { settle } from "../src/rules/selection.ts";
import { projectFacts, testProfile } from "../src/rules/test-facts.ts";

/** One question: does the peer's rule of that name report this text? Answered from the peers' documentation. */
interface Question {
  readonly id: string;
  readonly text: string;
  readonly wanted: boolean;
  /** For rules that look at the folder as well. */
  readonly files?: Readonly<Record<string, string>>;
  /** For rules that say nothing without settings. */
  readonly profile?: Partial<Profile>;
}

const questions: readonly Question[] = JSON.parse(
  readFileSync(new URL("fixtures/parity-exam.json", import.meta.url), "utf8"),
);
const byId = new Map<string, Question[]>();
for (const question of questions) byId.set(question.id, [...(byId.get(question.id) ?? []), question]);
/** No Dockerfile can tell them. */
const ELSEWHERE = new Set(["buildkit:InvalidBaseImagePlatform"]);
const rules: Rule[] = [];

beforeAll(async () => {
  for (const kind of ["dockerfile", "project"] as const)
    rules.push(...((await loadRules(kind)) as readonly unknown[] as Rule[]));
});

function findings(text: string, { files, profile }: Partial<Question> = {}): Finding[] {
  const facts = projectFacts(text, files);
  const policy = { ...testProfile(), ...profile };
  const settings = settle({ rules: {}, select: ["all"], ignore: [] }, rules);
  return (["dockerfile", "project"] as const).flatMap((kind) => {
    const own = rules.filter(({ needs }) => needs === kind) as never[];
    return applyRules(kind, own, facts, policy, settings).findings;
  });
}

describe("the exam of peers' names", () => {
  it.each([...byId])("%s", (id, asked) => {
    const wrong = asked.flatMap((question) => {
      const named = findings(question.text, question).filter(({ aliases }) => aliases.includes(id));
      if (named.length > 0 === question.wanted) return [];
      return [`${question.wanted ? "missed" : `false (${named[0]?.message})`}: ${question.text}`];
    });
    expect(wrong, wrong.join("\n")).toEqual([]);
  });

  it("asks about every rule of theirs that reads a Dockerfile", () => {
    const leftOut = new Set(Object.keys(parity.leftOut));
    const missing = peerRules.flatMap(({ tool, id }) => {
      const name = `${tool}:${id}`;
      if (leftOut.has(name) || ELSEWHERE.has(name)) return [];
      const least = tool === "trivy" ? 1 : tool === "buildkit" || /^DL/.test(id) ? 2 : 0;
      const asked = byId.get(name) ?? [];
      const yes = asked.filter(({ wanted }) => wanted).length;
      return yes >= least && asked.length - yes >= least ? [] : [name];
    });
    expect(missing).toEqual([]);
  });

  it("finds no name that the rule itself does not have", () => {
    const texts = [
      ...questions.map(({ text }) => text),
      ...rules.flatMap(({ examples }) => examples.bad.flatMap(({ dockerfile }) => dockerfile ?? [])),
    ];
    const byRule = new Map(rules.map((rule) => [rule.id, new Set(rule.aliases)]));
    const strange = texts.flatMap((text) =>
      findings(text).flatMap(({ rule, aliases }) =>
        aliases.flatMap((alias) => (byRule.get(rule)?.has(alias) === true ? [] : [`${rule}: ${alias}`])),
      ),
    );
    expect([...new Set(strange)]).toEqual([]);
  });

  it("gives one mistake one finding for each name", () => {
    const twice = questions.flatMap(({ text }) => {
      const owners = new Map<string, string>();
      return findings(text).flatMap(({ rule, aliases, location }) =>
        aliases.flatMap((alias) => {
          const key = `${alias} ${JSON.stringify(location)}`;
          const owner = owners.get(key) ?? rule;
          owners.set(key, owner);
          return owner === rule ? [] : [`${key}: ${owner}, ${rule}`];
        }),
      );
    });
    expect([...new Set(twice)]).toEqual([]);
  });
});
