import type { RuleKind } from "../src/rules/rule.ts";

export const SCAFFOLD_KINDS = [
  "dockerfile",
  "project",
  "build",
  "image",
  "run",
] as const satisfies readonly RuleKind[];

type ScaffoldKind = (typeof SCAFFOLD_KINDS)[number];

/** How each kind of facts is looked at in the example check: an expression, and a bad and a good example for it. */
const KINDS: Readonly<
  Record<
    ScaffoldKind,
    { readonly check: string; readonly bad: string; readonly good: string; readonly imports: string }
  >
> = {
  dockerfile: {
    imports: 'import { at } from "../helpers.ts";\n',
    check: `    for (const { stage, base } of facts.stages) {
      if (base !== "docker.io/library/example:1") continue;
      yield {
        message: \`\${base} is only an example.\`,
        fix: "Replace this check by your own.",
        ...at(facts.dockerfile, stage.from.range),
      };
    }`,
    bad: '{ title: "the example base", dockerfile: "FROM docker.io/library/example:1\\n", lines: [1] }',
    good: '{ title: "any other base", dockerfile: "FROM docker.io/library/python:3.12-slim\\n" }',
  },
  project: {
    imports: "",
    check: `    for (const file of facts.context.files) {
      if (file.path !== "example.txt") continue;
      yield { message: \`\${file.path} is only an example.\`, fix: "Replace this check by your own." };
    }`,
    bad: '{ title: "the example file", dockerfile: "FROM scratch\\n", files: { "example.txt": "x" } }',
    good: '{ title: "no such file", dockerfile: "FROM scratch\\n", files: { "other.txt": "x" } }',
  },
  build: {
    imports: "",
    check: `    if (facts.tail.includes("example"))
      yield { message: "The build printed the example line.", fix: "Replace this check by your own." };`,
    bad: '{ title: "the example line", dockerfile: "FROM scratch\\n", facts: { tail: ["example"] } }',
    good: '{ title: "another line", dockerfile: "FROM scratch\\n", facts: { tail: ["done"] } }',
  },
  image: {
    imports: "",
    check: `    if (facts.user === "example")
      yield {
        message: "The image's user is only an example.",
        location: { imagePath: "config" },
        fix: "Replace this check by your own.",
      };`,
    bad: '{ title: "the example user", facts: { user: "example" } }',
    good: '{ title: "another user", facts: { user: "nonroot" } }',
  },
  run: {
    imports: "",
    check: `    if (facts.recording.exit.code === 99)
      yield { message: "The program ended with the example code.", fix: "Replace this check by your own." };`,
    bad: `{
        title: "the example code",
        facts: { recording: { exit: { code: 99, signal: null, cause: "exited", detail: "" } } },
      }`,
    good: '{ title: "success", facts: {} }',
  },
};

export const RULE_ID = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** The text of a new rule: it type-checks and passes the harness as it is, ready to be changed piece by piece. */
export function ruleScaffold(id: string, kind: ScaffoldKind): string {
  const { imports, check, bad, good } = KINDS[kind];
  const words = id.replaceAll("-", " ");
  return `${imports}import { defineRule } from "../rule.ts";

export default defineRule<"${kind}">({
  id: "${id}",
  title: "Example of a new rule: ${words}",
  category: "syntax",
  needs: "${kind}",
  severity: "info",
  // Ids of the profile's statements that a finding fails, for example "UID-01".
  requirements: [],
  why: "Say here, for a researcher, what would go wrong inside the Safe Haven because of this mistake.",
  fix: "Say here in a sentence what to do about it.",
  // Peers' names for the same mistake, for example "hadolint:DL3006".
  aliases: [],
  examples: {
    bad: [
      ${bad},
    ],
    good: [
      ${good},
    ],
  },
  *check(facts) {
${check}
  },
});
`;
}
