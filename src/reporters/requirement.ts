import type { Statement } from "../profiles/profile.ts";
import { profiles } from "../profiles/profiles.gen.ts";
import { type Look, paint } from "./look.ts";
import { type RuleRow, renderRuleTable } from "./rule-table.ts";
import { wrap } from "./wrap.ts";

export interface FoundStatement {
  readonly profile: string;
  readonly statement: Statement;
}

/** The statements with this id, whatever its case, in all profiles. */
export function findStatements(id: string): FoundStatement[] {
  const wanted = id.trim().toUpperCase();
  return Object.values(profiles).flatMap((profile) =>
    profile.statements
      .filter((statement) => statement.id.toUpperCase() === wanted)
      .map((statement) => ({ profile: profile.id, statement })),
  );
}

export const statementIds = (): string[] => [
  ...new Set(Object.values(profiles).flatMap(({ statements }) => statements.map(({ id }) => id))),
];

/** A requirement's page for the terminal, with the rules that look at it. */
export function renderRequirement(
  { profile, statement }: FoundStatement,
  rules: readonly RuleRow[],
  look: Look,
): string {
  const { id, text, level, force, source, date, note } = statement;
  return [
    paint(look, "bold", id),
    wrap(text, look.width),
    ...(note === undefined ? [] : ["", wrap(note, look.width)]),
    "",
    wrap(`${level.replace("-", " ")}, ${force}; profile ${profile}; ${source} (${date})`, look.width),
    ...(statement.runtimes === undefined
      ? []
      : ["", wrap(`A test shows it in: ${statement.runtimes.join(", ")}`, look.width)]),
    "",
    rules.length === 0 ? "No rule of this version looks at it.\n" : renderRuleTable(rules, look),
  ].join("\n");
}
