import type { Instruction } from "../../dockerfile/model.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

/** Comments that speak to a linter and describe nothing. */
const PRAGMA = /^(?:hadolint|pratique|trivy:|checkov:|shellcheck|check=|syntax=|escape=|!)/i;

export default defineRule<"dockerfile">({
  id: "misplaced-description",
  title: "A comment above a stage or ARG does not begin with its name",
  category: "style",
  needs: "dockerfile",
  severity: "info",
  optIn: true,
  requirements: [],
  why: "Newer builders show the comment above a stage or an ARG as its description, when it begins with the name. This rule runs only when it is asked for.",
  fix: "Begin the comment with the name, or put an empty line below it.",
  aliases: ["buildkit:InvalidDefinitionDescription"],
  mentions: ["#"],
  examples: {
    bad: [
      {
        title: "a stage and an argument",
        dockerfile:
          "# The version to use.\nARG VERSION=3.12\n# here we go\n# and on\nFROM python:3.12 AS base\nRUN true\n",
        lines: [1, 4],
      },
    ],
    good: [
      {
        title: "with the name",
        dockerfile:
          "# VERSION is the version to use\nARG VERSION=3.12\n# Base has all that is needed:\n# more of it\nFROM python:3.12 AS base\nRUN true\n",
      },
      {
        title: "an empty line, no name, or a word to a linter",
        dockerfile:
          "# something else\n\nARG VERSION=3.12\n# hadolint ignore=DL3006\nFROM python:3.12 AS a\nRUN true\n# the last\nFROM a\nRUN true\n",
      },
    ],
  },
  *check({ dockerfile }) {
    const comments = new Map(dockerfile.comments.map(({ line, text }) => [line, text]));
    for (const instruction of dockerfile.instructions) {
      const name = nameOf(instruction);
      if (name === undefined) continue;
      const first = instruction.range.start.line - 1;
      const texts: string[] = [];
      for (let line = first; comments.has(line); line--) texts.push(comments.get(line) ?? "");
      const words = texts.filter((text) => text !== "" && !PRAGMA.test(text));
      if (words.length === 0 || words.some((text) => beginsWith(text, name))) continue;
      const written = dockerfile.lines[first - 1] ?? "";
      yield {
        message: `The comment above ${name.slice(0, 80)} does not begin with its name, so it describes nothing.`,
        fix: fixOf(
          "Begin with the name, or put an empty line below.",
          `# ${name.slice(0, 80)} <description>`,
        ),
        ...at(dockerfile, {
          start: { line: first, column: written.indexOf("#") + 1 },
          end: { line: first, column: written.length + 1 },
        }),
      };
    }
  },
});

function nameOf({ keyword, words }: Instruction): string | undefined {
  if (keyword === "FROM") return words[1]?.raw.toUpperCase() === "AS" ? words[2]?.value : undefined;
  return keyword === "ARG" && words.length === 1 ? words[0]?.value.split("=")[0] : undefined;
}

const beginsWith = (text: string, name: string): boolean =>
  text.split(/\s/, 1)[0]?.toLowerCase() === name.toLowerCase();
