import { existsSync, readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Draft, isFileLocation } from "../findings/finding.ts";
import { Gate } from "./gate.ts";
import { CATEGORIES, type NotAssessed, type Rule, type RuleKind } from "./rule.ts";
import { dockerfileFacts, exampleFacts, projectFacts, testProfile } from "./test-facts.ts";

const profile = testProfile();
const folder = new URL("./", import.meta.url);
/** `PRATIQUE_RULES=one,other npx vitest run src/rules/rules.test.ts` looks at these rules alone. */
const only = process.env.PRATIQUE_RULES?.split(",");
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/rule.ts`, folder)))
  .map((entry) => entry.name)
  .filter((name) => only?.includes(name) ?? true)
  .sort();
const rules: Rule[] = [];
for (const name of names) {
  const module: { default: Rule } = await import(`./${name}/rule.ts`);
  rules.push(module.default);
}

const isDraft = (result: Draft | NotAssessed): result is Draft => !("notAssessed" in result);
const results = (rule: Rule, example: Rule["examples"]["bad"][number]): (Draft | NotAssessed)[] => [
  ...rule.check(exampleFacts(rule.needs, example) as never, { ...profile, ...example.profile }),
];
const line = (draft: Draft): number | undefined =>
  isFileLocation(draft.location) ? draft.location.startLine : undefined;
const isGated = ({ keywords, programs, mentions }: Rule): boolean =>
  keywords !== undefined || programs !== undefined || mentions !== undefined;
const isForced = (id: string): boolean => {
  const statement = profile.statements.find((one) => one.id === id);
  return statement !== undefined && statement.force === "enforced" && /^must/.test(statement.level);
};

describe.each(rules.map((rule, index) => ({ id: names[index] ?? "", rule })))("$id", ({ id, rule }) => {
  it("says who it is", () => {
    expect(rule.id).toBe(id);
    expect(id).toMatch(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/);
    expect(CATEGORIES).toContain(rule.category);
    expect(existsSync(new URL(`${id}/rule.ts`, folder))).toBe(true);
  });

  it("explains itself", () => {
    expect(rule.title).toMatch(/^(?:[A-Z]|conda|pip|apt-get|sudo|uv).{10,79}[^.]$/);
    expect(rule.why.length).toBeGreaterThanOrEqual(40);
    expect(rule.why).toMatch(/[.]$/);
    expect(rule.fix).toMatch(/^.{15,}[.]$/s);
    expect(rule.examples.bad.length).toBeGreaterThanOrEqual(1);
    expect(rule.examples.good.length).toBeGreaterThanOrEqual(1);
    for (const alias of rule.aliases)
      expect(alias).toMatch(
        /^(?:hadolint:(?:DL|SC)\d{4}|trivy:DS-\d{4}|checkov:CKV2?_DOCKER_\d+|dockle:(?:CIS-DI|DKL-DI|DKL-LI)-\d{4}|buildkit:[A-Z]\w+|scout:[a-z-]+)$/,
      );
    expect(new Set(rule.aliases).size).toBe(rule.aliases.length);
  });

  it("names statements of the profile, and is as severe as they are", () => {
    for (const requirement of rule.requirements) {
      const statement = profile.statements.find((one) => one.id === requirement);
      expect(statement, requirement).toBeDefined();
      expect(statement?.level, requirement).not.toBe("fact");
      if (isForced(requirement)) expect(rule.severity, requirement).toBe("error");
    }
  });

  it.each(rule.examples.bad.map((example) => [example.title, example] as const))(
    "finds: %s",
    (_title, example) => {
      const drafts = results(rule, example).filter(isDraft);
      expect(drafts.length).toBeGreaterThanOrEqual(1);
      if (example.lines !== undefined) expect(drafts.map(line)).toEqual(example.lines);
      if (rule.needs === "dockerfile")
        expect(example.lines, "bad examples of a Dockerfile say where").toBeDefined();
      for (const draft of drafts) {
        // What an engine printed is quoted as it is.
        expect(draft.message).toMatch(rule.needs === "build" ? /^\S.*\S$/ : /^\S.*[.]$/);
        expect(draft.message.length).toBeLessThan(400);
        if (rule.needs !== "build") expect(draft.fix, "every finding says what to do").toBeDefined();
        expect(draft.fix ?? rule.fix).toMatch(/^\S.*/s);
        for (const [index, part] of (draft.fix ?? "").split("\n").entries()) {
          if (index > 0) expect(part).toMatch(/^ {4}\S|^ {4,}/);
        }
        if (draft.location !== undefined && isFileLocation(draft.location)) {
          expect(draft.location.endLine).toBeGreaterThanOrEqual(draft.location.startLine);
          expect(draft.location.startColumn).toBeGreaterThanOrEqual(1);
        }
        if (draft.severity !== "info") {
          for (const requirement of rule.requirements)
            if (isForced(requirement)) expect(draft.severity ?? rule.severity).toBe("error");
        }
      }
      expect(new Set(drafts.map((draft) => JSON.stringify([draft.message, draft.location]))).size).toBe(
        drafts.length,
      );
    },
  );

  it.each(rule.examples.good.map((example) => [example.title, example] as const))(
    "allows: %s",
    (title, example) => {
      const all = results(rule, example);
      expect(all.filter(isDraft)).toEqual([]);
      // A good example passes; one that cannot be judged says so in its title.
      if (!/not assessed/.test(title)) expect(all).toEqual([]);
      else expect(all.length).toBeGreaterThanOrEqual(1);
    },
  );

  it.skipIf(!isGated(rule))("says what a file must have, and finds nothing without it", () => {
    const gate = new Gate([rule]);
    for (const example of rule.examples.bad)
      expect(gate.open(dockerfileFacts(example.dockerfile ?? "")), example.title).toEqual([rule]);
  });

  it("always says the same", () => {
    for (const example of [...rule.examples.bad, ...rule.examples.good]) {
      expect(results(rule, example)).toEqual(results(rule, example));
    }
  });
});

describe.skipIf(only !== undefined)("the rules together", () => {
  it("cover every statement about the image with every kind of facts that shows it", () => {
    const uncovered: string[] = [];
    for (const statement of profile.statements) {
      if (statement.scope !== "image" || statement.level === "fact") continue;
      for (const kind of statement.shownBy ?? []) {
        const covered = rules.some((rule) => rule.needs === kind && rule.requirements.includes(statement.id));
        if (!covered) uncovered.push(`${statement.id} by ${kind}`);
      }
    }
    expect(uncovered).toEqual([]);
  });

  it("have titles of their own", () => {
    expect(new Set(rules.map((rule) => rule.title)).size).toBe(rules.length);
  });

  it("never throw on any Dockerfile", () => {
    fc.assert(
      fc.property(dockerfileText, (text) => {
        const facts = projectFacts(text, { "src/a.py": "import transformers\n", "data/x.csv": "a,b\n" });
        const open = new Set(new Gate(rules).open(facts));
        for (const rule of rules) {
          if (rule.needs !== "dockerfile" && rule.needs !== "project") continue;
          for (const result of rule.check(facts as never, profile)) {
            if (!isDraft(result)) continue;
            expect(open.has(rule), `${rule.id} is let in`).toBe(true);
            expect(result.message, rule.id).not.toMatch(/\n|undefined|NaN|\[object/);
          }
        }
      }),
      { numRuns: 300, seed: 20_260_722 },
    );
  });

  it("never show a secret", () => {
    const secret = "ghp_Zq81kLmT";
    const text = [
      "FROM python:latest",
      `ENV GITHUB_TOKEN=${secret} LM_LICENSE_FILE=27000@lic`,
      `ARG DB_PASSWORD="${secret}"`,
      `ENV API_KEY ${secret}`,
      `RUN export HF_TOKEN='${secret}' && pip install git+https://me:${secret}@github.com/lab/tool > /safe_data/log`,
      `RUN TOKEN=${secret} sudo apt-get update`,
      `RUN echo "me:${secret}" | chpasswd`,
      `CMD pip install git+https://me:${secret}@github.com/lab/tool`,
    ].join("\n");
    const facts = dockerfileFacts(text);
    for (const rule of rules) {
      if (rule.needs !== "dockerfile") continue;
      expect(JSON.stringify([...rule.check(facts as never, profile)]), rule.id).not.toContain(secret);
    }
  });
});

const kinds: RuleKind[] = ["dockerfile", "project", "image", "run"];
it.skipIf(only !== undefined).each(kinds)("there are rules that read %s", (kind) => {
  expect(rules.some((rule) => rule.needs === kind)).toBe(true);
});

const word = fc.oneof(
  fc.constantFrom(
    "/safe_data",
    "/scratch/x",
    "$A",
    `\${B:-c}`,
    "$$",
    "--from=a",
    "--mount=type=cache,target=/root/.cache/pip",
    "python:3",
    "ubuntu",
    "a",
    "AS",
    "b",
    "pip",
    "install",
    "apt-get",
    "update",
    "&&",
    "||",
    ";",
    "|",
    ">",
    ">>",
    "mkdir",
    "-p",
    "/safe_{data,outputs}",
    "{a,{b,c}",
    '"q',
    "'s'",
    "`x`",
    "$(curl x)",
    "<<EOF",
    "EOF",
    '["a",',
    "[]",
    '["sh","-c","x"]',
    "TOKEN=abc",
    "=",
    "@sha256:",
    "27000@lic",
    "chpasswd",
    "sudo",
    "useradd",
    "-u",
    "conda",
    "R",
    "-e",
    "install.packages('x')",
    "julia",
    "Pkg.add",
    "uv",
    "run",
    "COPY",
    ".",
    "./",
    "..",
    "**/*.csv",
    "data",
    "*",
    "[a-",
    "0",
    "\\",
  ),
  fc.string({ maxLength: 8 }),
);
const instruction = fc
  .tuple(
    fc.constantFrom(
      "FROM",
      "RUN",
      "COPY",
      "ADD",
      "ENV",
      "ARG",
      "CMD",
      "ENTRYPOINT",
      "USER",
      "WORKDIR",
      "EXPOSE",
      "ONBUILD RUN",
      "LABEL",
      "SHELL",
      "MAINTAINER",
      "VOLUME",
      "HEALTHCHECK",
      "X",
    ),
    fc.array(word, { maxLength: 8 }),
  )
  .map(([keyword, words]) => `${keyword} ${words.join(" ")}`);
const dockerfileText = fc.oneof(
  { weight: 4, arbitrary: fc.array(instruction, { maxLength: 14 }).map((list) => list.join("\n")) },
  {
    weight: 2,
    arbitrary: fc.array(instruction, { maxLength: 10 }).map((list) => ["FROM python:3", ...list].join("\n")),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 400 }) },
);
