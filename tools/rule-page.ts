import type { Profile } from "../src/profiles/profile.ts";
import type { Example, Rule, RuleKind } from "../src/rules/rule.ts";

const NEEDS: Readonly<Record<RuleKind, string>> = {
  dockerfile: "the Dockerfile",
  project: "the Dockerfile and the project's files",
  repository: "the repository around the project",
  build: "the build",
  image: "the image",
  run: "the test run",
  job: "the job manifest",
  "run-files": "run files and scripts",
  shellcheck: "what ShellCheck says about RUN",
  scan: "what scanners say",
  waivers: "what the project passes over",
};

/** The page of one rule, from the rule itself. */
export function rulePage(rule: Rule, profiles: readonly Profile[]): string {
  const statements = rule.requirements.flatMap((id) =>
    profiles.flatMap((profile) => profile.statements.filter((statement) => statement.id === id)),
  );
  return [
    `# ${rule.id}`,
    `**${rule.title}** · ${rule.severity} · ${rule.category} · reads ${NEEDS[rule.needs]}`,
    "## Why it matters",
    rule.why,
    "## What to do",
    rule.fix,
    ...examples("Not like this", rule.examples.bad),
    ...examples("Like this", rule.examples.good),
    ...(statements.length === 0
      ? []
      : [
          "## Requirements",
          statements.map((s) => `- **${s.id}** (${s.level}, ${s.force}): ${s.text} — ${s.source}`).join("\n"),
        ]),
    ...(rule.aliases.length === 0
      ? []
      : ["## Known elsewhere as", rule.aliases.map((alias) => `- \`${alias}\``).join("\n")]),
    "",
  ].join("\n\n");
}

function examples(heading: string, list: readonly Example<RuleKind>[]): string[] {
  const shown = list.filter(
    (example) =>
      example.dockerfile !== undefined || example.facts !== undefined || example.files !== undefined,
  );
  if (shown.length === 0) return [];
  return [
    `## ${heading}`,
    ...shown.map((example) => {
      const parts = [`${example.title}:`];
      if (example.dockerfile !== undefined) parts.push(fence("dockerfile", example.dockerfile));
      for (const [name, content] of Object.entries(example.files ?? {})) {
        parts.push(`\`${name}\``, fence("", content));
      }
      if (example.profile !== undefined)
        parts.push("with this policy:", fence("json", JSON.stringify(example.profile, undefined, 2)));
      if (example.facts !== undefined) parts.push(fence("json", JSON.stringify(example.facts, plainMaps, 2)));
      return parts.join("\n\n");
    }),
  ];
}

function fence(language: string, content: string): string {
  const text = content.length > 2000 ? `${content.slice(0, 2000)}\n...` : content;
  const ticks = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map((run) => run[0].length + 1)));
  return `${ticks}${language}\n${text.trimEnd()}\n${ticks}`;
}

const plainMaps = (_key: string, value: unknown): unknown =>
  value instanceof Map ? Object.fromEntries(value) : value;

/** The table of all rules. */
export function ruleIndex(rules: readonly Rule[]): string {
  const rows = rules.map(
    (rule) =>
      `| [${rule.id}](${rule.id}.md) | ${rule.title} | ${rule.severity} | ${NEEDS[rule.needs]} | ${rule.requirements.join(", ")} |`,
  );
  return [
    "# Rules",
    "",
    `${rules.length} rules. “pratique explain <rule>” shows a page in the terminal.`,
    "",
    "| rule | what is wrong | severity | reads | requirements |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
