import { at } from "../helpers.ts";
import { defineRule } from "../rule.ts";

/** How each linter's comments begin. */
const PRAGMA =
  /^(?:hadolint\s+(?:global\s+)?ignore\s*=|pratique\s+allow|trivy:ignore:|checkov:skip=|shellcheck\s+disable=)/i;

export default defineRule<"dockerfile">({
  id: "inline-ignore-used",
  title: "A comment turns a check off",
  category: "style",
  needs: "dockerfile",
  severity: "info",
  optIn: true,
  requirements: [],
  why: "Some sites want every exception in one file, where a reviewer sees them all. Comments hide them among the lines. This rule runs only when it is asked for.",
  fix: "Correct what the check found, or write a waiver with its reason in pratique.yaml.",
  aliases: ["hadolint:DL1001"],
  mentions: ["hadolint", "pratique", "trivy", "checkov", "shellcheck"],
  examples: {
    bad: [
      {
        title: "of hadolint",
        dockerfile:
          "# hadolint global ignore=DL3003\nFROM python:3.12\n# hadolint ignore=DL3008,DL3009\nRUN apt-get install x\n",
        lines: [1, 3],
      },
      {
        title: "of others",
        dockerfile:
          'FROM python:3.12\n#trivy:ignore:AVD-DS-0002\nRUN true \\\n  # pratique allow=root-user reason="for a test"\n  && true\n',
        lines: [2, 4],
      },
    ],
    good: [
      {
        title: "comments that only speak of it",
        dockerfile: "FROM python:3.12\n# no hadolint ignore= wanted here\nRUN true\n",
      },
    ],
  },
  *check({ dockerfile }) {
    for (const { line, text } of dockerfile.comments) {
      if (!PRAGMA.test(text)) continue;
      const written = dockerfile.lines[line - 1] ?? "";
      const column = written.indexOf("#") + 1;
      yield {
        message: "A comment turns a check off for what stands below it.",
        fix: "Correct what the check found, or write a waiver with its reason in pratique.yaml.",
        ...at(dockerfile, {
          start: { line, column },
          end: { line, column: written.length + 1 },
        }),
      };
    }
  },
});
