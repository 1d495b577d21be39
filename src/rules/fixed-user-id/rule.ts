import { at, expandKnown, finalPlacedCommands, fixOf, lastInstruction, optionValues } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { largeUserId } from "../user-ids.ts";

export default defineRule<"dockerfile">({
  id: "fixed-user-id",
  title: "The image expects a certain user number",
  category: "users",
  needs: "dockerfile",
  severity: "info",
  mentions: ["user"],
  requirements: ["BG-04"],
  why: "The Safe Haven starts the job under the researcher's own number there, which no image knows. Files that belong to a number chosen in the Dockerfile are then somebody else's.",
  fix: "Make a system user without a number, and let everyone read what the job needs: chmod -R a+rX.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a number for useradd",
        dockerfile: "FROM python:3.12\nRUN useradd -m -u 1000 me\nUSER me\n",
        lines: [2],
      },
      { title: "a numeric USER", dockerfile: "FROM python:3.12\nUSER 1000:1000\n", lines: [2] },
    ],
    good: [
      { title: "no number", dockerfile: "FROM python:3.12\nRUN useradd --system nonroot\nUSER nonroot\n" },
      {
        title: "a large number is another rule's business",
        dockerfile: "FROM x\nRUN useradd -u 1234567 me\nUSER me\n",
      },
      { title: "root is another rule's business", dockerfile: "FROM python:3.12\nUSER 0\n" },
    ],
  },
  *check(facts) {
    const fix = fixOf(
      "Let the system choose the number.",
      "RUN groupadd --system nonroot \\",
      "    && useradd --no-log-init --system --gid nonroot nonroot",
    );
    let told = false;
    for (const { command, step } of finalPlacedCommands(facts)) {
      if (command.name !== "useradd" && command.name !== "adduser") continue;
      const [id] = optionValues(command, "-u", "--uid");
      // A large number costs more than this: another rule speaks about it.
      if (
        id === undefined ||
        told ||
        largeUserId(command, (text) => expandKnown(text, step.variables)) !== undefined
      )
        continue;
      told = true;
      yield {
        message: `“${command.name}” gives the user the number ${id}; the Safe Haven runs the job under another one.`,
        fix,
        ...at(facts.dockerfile, command.range),
      };
    }
    const user = lastInstruction(facts, "USER");
    const number = /^["']?(\d+)(?::|["']?$)/.exec(user?.text.slice(0, 100) ?? "")?.[1];
    if (!told && user !== undefined && number !== undefined && Number(number) !== 0) {
      yield {
        message: `USER is the number ${number}; the Safe Haven runs the job under another one.`,
        fix,
        ...at(facts.dockerfile, user.range),
      };
    }
  },
});
