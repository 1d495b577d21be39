import { allSteps, at, expandKnown, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "named-user",
  title: "USER is a name and not a number",
  category: "users",
  needs: "dockerfile",
  severity: "info",
  optIn: true,
  requirements: [],
  why: "A cluster that refuses root can see from a number, but not from a name, that a user is not root. The Safe Haven starts jobs as a user of its own and asks for no number, so this rule runs only when it is asked for.",
  fix: "Write the user's number: USER 10001.",
  aliases: ["hadolint:DL3066"],
  keywords: ["USER"],
  examples: {
    bad: [
      { title: "a name", dockerfile: "FROM python:3.12\nUSER nobody\n", lines: [2] },
      {
        title: "a name in a variable, with a group",
        dockerfile: `FROM python:3.12\nARG WHO=app\nUSER \${WHO}:1000\n`,
        lines: [3],
      },
    ],
    good: [
      { title: "numbers", dockerfile: "FROM python:3.12\nUSER root\nRUN true\nUSER 10001:10001\n" },
      { title: "an unknown variable", dockerfile: "FROM python:3.12\nARG WHO\nUSER $WHO\n" },
    ],
  },
  *check(facts) {
    for (const { instruction, variables } of allSteps(facts)) {
      if (instruction.keyword !== "USER") continue;
      const [word] = instruction.words;
      const user = expandKnown(word?.value ?? "", variables).split(":")[0] ?? "";
      // root is another rule's.
      if (user === "" || user.includes("$") || user === "root" || /^\d+$/.test(user)) continue;
      yield {
        message: `USER ${user.slice(0, 60)} is a name, from which a cluster cannot tell that it is not root.`,
        fix: fixOf("Write the user's number.", "USER 10001"),
        ...at(facts.dockerfile, word?.range ?? instruction.range),
      };
    }
  },
});
