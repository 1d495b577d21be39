import { at, expandKnown, finalSteps, fixOf, lastInstruction } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "root-user",
  title: "The image is set to run as root",
  category: "users",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-09"],
  why: "The Safe Haven starts jobs as a user of its own and refuses root. An image that is already built for an ordinary user shows the problems with permissions on the laptop, not inside.",
  fix: "Make a system user without a fixed id and select it before the start command.",
  aliases: [
    "hadolint:DL3002",
    "trivy:DS-0002",
    "checkov:CKV_DOCKER_3",
    "checkov:CKV_DOCKER_8",
    "dockle:CIS-DI-0001",
  ],
  examples: {
    bad: [
      { title: "no USER", dockerfile: "FROM python:3.12\nRUN true\n", lines: [1] },
      {
        title: "root at the end",
        dockerfile: "FROM python:3.12\nUSER nobody\nRUN true\nUSER root\nRUN true\n",
        lines: [4],
      },
      { title: "root by number", dockerfile: "FROM python:3.12\nUSER 0:0\n", lines: [2] },
      {
        title: "root through an ARG",
        dockerfile: `FROM python:3.12\nARG WHO=root\nUSER \${WHO}\n`,
        lines: [3],
      },
    ],
    good: [
      {
        title: "a system user",
        dockerfile:
          "FROM python:3.12\nRUN groupadd --system nonroot && useradd --system --gid nonroot nonroot\nUSER nonroot\n",
      },
      { title: "in a parent stage", dockerfile: "FROM python:3.12 AS a\nUSER nobody\nFROM a\nRUN true\n" },
      {
        title: "root only in between",
        dockerfile: "FROM python:3.12\nUSER root\nRUN true\nUSER nobody:nogroup\n",
      },
    ],
  },
  *check(facts) {
    const last = facts.stages.at(-1);
    if (last === undefined) return;
    const instruction = lastInstruction(facts, "USER");
    const fix = fixOf(
      "Make a user and select it.",
      "RUN groupadd --system nonroot \\",
      "    && useradd --no-log-init --system --gid nonroot nonroot",
      "USER nonroot",
    );
    if (instruction === undefined) {
      yield {
        message:
          "No USER is set, so the image runs as root unless its base says otherwise; the Safe Haven never runs jobs as root.",
        fix,
        ...at(facts.dockerfile, last.stage.from.range),
      };
      return;
    }
    const variables =
      finalSteps(facts).find((step) => step.instruction === instruction)?.variables ??
      new Map<string, string>();
    const user = expandKnown(instruction.text, variables).trim().split(":")[0] ?? "";
    if (!/^(?:root|0+)$/i.test(user)) return;
    yield {
      message: "The last USER is root; the Safe Haven never runs jobs as root.",
      fix,
      ...at(facts.dockerfile, instruction.range),
    };
  },
});
