import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { variableUses } from "../variable-uses.ts";

export default defineRule<"dockerfile">({
  id: "environment-refers-to-itself",
  title: "ENV uses a variable that the same line sets",
  category: "syntax",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "All values of one ENV are worked out before any of them is set. The variable is still empty then, and the path or setting made from it is wrong without a word.",
  fix: "Set the variable in an ENV of its own, above the one that uses it.",
  aliases: ["hadolint:DL3044"],
  keywords: ["ENV"],
  mentions: ["$"],
  examples: {
    bad: [
      { title: "in one line", dockerfile: "FROM python:3.12\nENV A=/opt/a B=$A/bin\n", lines: [2] },
      {
        title: "over several lines, with braces and quotes, in a builder stage",
        dockerfile: `FROM python:3.12 AS b\nENV A=/opt/a \\\n    B="\${A}/bin" \\\n    C=\${B}\nFROM python:3.12\nRUN true\n`,
        lines: [3, 4],
      },
    ],
    good: [
      { title: "one after the other", dockerfile: "FROM python:3.12\nENV A=/opt/a\nENV B=$A/bin\n" },
      {
        title: "what stood there before",
        dockerfile:
          "FROM python:3.12\nENV PATH=/opt/bin:$PATH LIBRARY=/x:$LIBRARY\nARG V\nARG W=1\nENV V=$V W=$V\nENV OLD=$PATH PATH=/a:$PATH\n",
      },
      { title: "no reference", dockerfile: `FROM python:3.12\nENV A=1 B='$A' C=\\$A D=\${A:-2}\n` },
    ],
  },
  *check(facts) {
    for (const { name, within = "", defined, setBeside, range } of variableUses(facts)) {
      // An older value is there to be used; PATH has one in every image.
      if (!setBeside || defined || name === "PATH") continue;
      yield {
        message: `${within.slice(0, 60)} uses ${name.slice(0, 60)}, which the same ENV sets: it is still empty here.`,
        fix: fixOf(
          "Set it in an ENV of its own, above this one.",
          `ENV ${name.slice(0, 60)}=<value>`,
          `ENV ${within.slice(0, 60)}=...$${name.slice(0, 60)}...`,
        ),
        ...at(facts.dockerfile, range),
      };
    }
  },
});
