import { replacing } from "../edits.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { runSteps } from "../run-steps.ts";
import { largeUserId } from "../user-ids.ts";

export default defineRule<"dockerfile">({
  id: "large-user-id",
  title: "A large user number makes the image very large",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  programs: /^useradd$/,
  requirements: [],
  why: "useradd keeps a log of log-ins with room for every number up to the one that it is given. A large number makes that a file of many megabytes or gigabytes, which the layer then holds.",
  fix: "Leave the number out, or add --no-log-init.",
  aliases: ["hadolint:DL3046"],
  examples: {
    bad: [
      { title: "a large number", dockerfile: "FROM python:3.12\nRUN useradd -u 123456 me\n", lines: [2] },
      {
        title: "written in other ways",
        dockerfile: "FROM x\nRUN useradd --uid=1234567 a && \\\n    useradd -m -u1234567 b\n",
        lines: [2, 3],
      },
      {
        title: "in a variable",
        dockerfile: "FROM x\nARG ID=1000720000\nRUN useradd --uid $ID me\n",
        lines: [3],
      },
      { title: "for a later build", dockerfile: "FROM x\nONBUILD RUN useradd -u 123456 me\n", lines: [2] },
    ],
    good: [
      {
        title: "without the log",
        dockerfile:
          "FROM x\nRUN useradd -l -u 123456 a && useradd -ml --uid 123456 b && useradd --no-log-init -u 123456 c\n",
      },
      { title: "a usual number", dockerfile: "FROM x\nRUN useradd -u 12345 me\n" },
      { title: "no number", dockerfile: "FROM x\nRUN useradd -m me\n" },
      { title: "adduser keeps no log", dockerfile: "FROM alpine:3\nRUN adduser -D -u 123456 me\n" },
    ],
  },
  *check(facts) {
    for (const step of runSteps(facts)) {
      for (const command of step.commands) {
        const id = largeUserId(command, step.expand);
        if (id === undefined) continue;
        const end = command.program?.range.end;
        yield {
          message: `“useradd” with the number ${id.slice(0, 20)} writes a very large log of log-ins into the image.`,
          fix: fixOf("Leave the number out, or keep the log out.", "useradd --no-log-init ..."),
          ...at(facts.dockerfile, command.range),
          ...(command.exact && end !== undefined
            ? { edits: [replacing(facts.dockerfile, { start: end, end }, " --no-log-init")] }
            : {}),
        };
      }
    }
  },
});
