import { replacing } from "../edits.ts";
import { allSteps, at, copyParts, expandKnown, fixOf, flagValue } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "copy-to-no-folder",
  title: "Several files are copied to what is not written as a folder",
  category: "syntax",
  needs: "dockerfile",
  severity: "error",
  requirements: ["IMG-16"],
  why: "With several sources the target must be a folder, which a builder knows by the slash at its end. Without it the build stops.",
  fix: "End the target with a slash.",
  aliases: ["hadolint:DL3021", "trivy:DS-0011"],
  keywords: ["COPY", "ADD"],
  examples: {
    bad: [
      { title: "no slash", dockerfile: "FROM python:3.12\nCOPY a.py b.py /opt/app\n", lines: [2] },
      {
        title: "in JSON, and in a builder stage",
        dockerfile:
          'FROM python:3.12 AS a\nCOPY --chown=1:1 ["a.py", "b.py", "app"]\nFROM python:3.12\nADD a b /x\n',
        lines: [2, 4],
      },
      {
        title: "a target in a variable",
        dockerfile: "FROM python:3.12\nENV APP=/opt/app\nCOPY a.py b.py $APP\n",
        lines: [3],
      },
    ],
    good: [
      { title: "a slash", dockerfile: "FROM python:3.12\nCOPY a.py b.py /opt/app/\n" },
      { title: "one source", dockerfile: "FROM python:3.12\nCOPY a.py /opt/app\n" },
      { title: "the working folder", dockerfile: "FROM python:3.12\nWORKDIR /opt\nCOPY a.py b.py .\n" },
      { title: "an unknown target", dockerfile: "FROM python:3.12\nARG APP\nCOPY a.py b.py $APP\n" },
    ],
  },
  *check(facts) {
    for (const { instruction, variables } of allSteps(facts)) {
      if (instruction.keyword !== "COPY" && instruction.keyword !== "ADD") continue;
      const { sources, target } = copyParts(instruction);
      if (target === undefined || sources.length < 2) continue;
      const folder = expandKnown(target, variables);
      // `.` and `..` are folders in themselves, and builders take them.
      if (/(?:^|[/\\])(?:\.{1,2})?$/.test(folder) || folder.includes("$")) continue;
      const word = instruction.exec === undefined ? instruction.words.at(-1) : undefined;
      yield {
        ...(instruction.keyword === "COPY" ? {} : { aliases: [] }),
        message: `${instruction.keyword} brings several files to ${folder.slice(0, 120)}, which does not end with a slash: the build stops here.`,
        fix: fixOf(
          "End the target with a slash.",
          `${instruction.keyword} ${from(flagValue(instruction, "from"))}${sources.join(" ").slice(0, 200)} ${target.slice(0, 120)}/`,
        ),
        ...at(facts.dockerfile, word?.range ?? instruction.range),
        ...(word === undefined || word.raw !== word.value
          ? {}
          : { edits: [replacing(facts.dockerfile, { start: word.range.end, end: word.range.end }, "/")] }),
      };
    }
  },
});

const from = (stage: string | undefined): string =>
  stage === undefined ? "" : `--from=${stage.slice(0, 80)} `;
