import { at, expandKnown, finalSteps } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "ssh-port-exposed",
  title: "The port for SSH is exposed",
  category: "security",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "Nobody can log in to a job in the Safe Haven, and an SSH server in an image makes reviewers ask what it is for.",
  fix: "Take the port out of EXPOSE, and the SSH server out of the image.",
  aliases: ["trivy:DS-0004", "checkov:CKV_DOCKER_1"],
  examples: {
    bad: [{ title: "port 22", dockerfile: "FROM python:3.12\nEXPOSE 8080 22/tcp\n", lines: [2] }],
    good: [{ title: "another port", dockerfile: "FROM python:3.12\nEXPOSE 2222 8022\n" }],
  },
  *check(facts) {
    for (const { instruction, variables } of finalSteps(facts)) {
      if (instruction.keyword !== "EXPOSE") continue;
      const word = instruction.words.find(({ value }) =>
        /^22(?:\/tcp)?$/i.test(expandKnown(value, variables)),
      );
      if (word === undefined) continue;
      yield {
        message: "EXPOSE names port 22: no one can log in to a job in the Safe Haven.",
        fix: "Take port 22 out, and the SSH server with it.",
        ...at(facts.dockerfile, word.range),
      };
    }
  },
});
