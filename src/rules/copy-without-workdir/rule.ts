import { allSteps, at, copyParts, expandKnown, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "copy-without-workdir",
  title: "Files are copied to a folder that the base image chooses",
  category: "directories",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "A target without a slash at its start lies below the working folder. Where no WORKDIR is set the base image decides which that is, and a new version may decide otherwise.",
  fix: "Set WORKDIR before it, or write the whole path.",
  aliases: ["hadolint:DL3045"],
  keywords: ["COPY", "ADD"],
  examples: {
    bad: [
      { title: "no WORKDIR", dockerfile: "FROM python:3.12\nCOPY main.py app/\n", lines: [2] },
      {
        title: "in JSON, in a builder stage, and before WORKDIR",
        dockerfile:
          'FROM python:3.12 AS a\nCOPY ["x y", "."]\nWORKDIR /opt\nCOPY z .\nFROM python:3.12\nADD x ./\n',
        lines: [2, 6],
      },
      { title: "a relative variable", dockerfile: "FROM python:3.12\nENV D=app\nCOPY x $D\n", lines: [3] },
    ],
    good: [
      { title: "a whole path", dockerfile: "FROM python:3.12\nCOPY main.py /opt/app/\n" },
      {
        title: "WORKDIR, its own and inherited",
        dockerfile: "FROM python:3.12 AS a\nWORKDIR /opt\nCOPY x .\nFROM a\nCOPY y .\n",
      },
      { title: "a variable", dockerfile: `FROM python:3.12\nARG D\nCOPY x $D\nCOPY y \${D}/\n` },
      { title: "a drive", dockerfile: "FROM windows:1\nCOPY x C:/app/\n" },
    ],
  },
  *check(facts) {
    for (const { instruction, folderKnown, variables } of allSteps(facts)) {
      if (folderKnown || (instruction.keyword !== "COPY" && instruction.keyword !== "ADD")) continue;
      const { target } = copyParts(instruction);
      if (target === undefined) continue;
      const folder = expandKnown(target, variables);
      if (/^[/\\$]|^[A-Za-z]:/.test(folder)) continue;
      yield {
        ...(instruction.keyword === "COPY" ? {} : { aliases: [] }),
        message: `${instruction.keyword} to ${folder.slice(0, 80)} goes below the working folder of the base image, whatever that is.`,
        fix: fixOf("Set the working folder first.", "WORKDIR /opt/app"),
        ...at(facts.dockerfile, instruction.range),
      };
    }
  },
});
