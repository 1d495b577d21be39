import type { Dockerfile, Instruction } from "../../dockerfile/model.ts";
import type { TextEdit } from "../../findings/finding.ts";
import { replacing } from "../edits.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { hideSecrets } from "../secrets.ts";

export default defineRule<"dockerfile">({
  id: "legacy-key-value",
  title: "ENV or LABEL is written without an equals sign",
  category: "syntax",
  needs: "dockerfile",
  severity: "info",
  requirements: [],
  why: "The old way takes the whole rest of the line as one value, so a second pair on the line is silently part of the first. Builders warn about it.",
  fix: "Write NAME=value, with quotes where the value has blanks.",
  aliases: ["buildkit:LegacyKeyValueFormat"],
  keywords: ["ENV", "LABEL"],
  examples: {
    bad: [
      { title: "ENV", dockerfile: "FROM python:3.12\nENV DIR /opt/app\n", lines: [2] },
      {
        title: "LABEL, quotes and blanks, in a builder stage",
        dockerfile:
          'FROM python:3.12 AS a\nLABEL mood "very good"\nENV OPTIONS a b=c\nFROM python:3.12\nENV A 1\n',
        lines: [2, 3, 5],
      },
    ],
    good: [
      { title: "an equals sign", dockerfile: 'FROM python:3.12\nENV A=1 B="x y"\nLABEL a=b\n' },
      { title: "ARG has no old way", dockerfile: "FROM python:3.12\nARG A\n" },
    ],
  },
  *check({ dockerfile }) {
    for (const outer of dockerfile.instructions) {
      const instruction = outer.trigger ?? outer;
      if (instruction.keyword !== "ENV" && instruction.keyword !== "LABEL") continue;
      const [name, value] = instruction.words;
      if (name === undefined || value === undefined || name.raw.includes("=")) continue;
      const edits = withEquals(dockerfile, instruction);
      yield {
        message: `${instruction.keyword} ${name.value.slice(0, 80)} is set without an equals sign, so all that follows is its value.`,
        fix: fixOf("Write an equals sign.", asPair(instruction)),
        ...at(dockerfile, instruction.range),
        ...(edits.length === 0 ? {} : { edits }),
      };
    }
  },
});

function asPair({ keyword, words, text }: Instruction): string {
  const name = words[0]?.raw ?? "";
  const value = text.slice(name.length).trim();
  const plain = words.length === 2 ? value : `"${value.replaceAll('"', '\\"')}"`;
  const line = text.length > 300 || text.includes("\n") ? `${name}="<value>"` : `${name}=${plain}`;
  return hideSecrets(`${keyword} ${line.slice(0, 400)}`);
}

/** The sign, and quotes around a value with blanks; nothing where lines, quotes or escapes could change their meaning. */
function withEquals(dockerfile: Dockerfile, { words, range }: Instruction): TextEdit[] {
  const [name, first] = words;
  const last = words.at(-1);
  if (name === undefined || first === undefined || last === undefined) return [];
  if (range.start.line !== range.end.line || !/^[\w.-]+$/.test(name.raw)) return [];
  const gap = { start: name.range.end, end: first.range.start };
  if (words.length === 2) return [replacing(dockerfile, gap, "=")];
  if (words.some(({ raw }) => /["'\\`]/.test(raw))) return [];
  const end = { start: last.range.end, end: last.range.end };
  return [replacing(dockerfile, gap, '="'), replacing(dockerfile, end, '"')];
}
