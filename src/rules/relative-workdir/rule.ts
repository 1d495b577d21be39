import { at, expandKnown, finalSteps, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "relative-workdir",
  title: "WORKDIR depends on the base image",
  category: "start-up",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "A relative WORKDIR continues from wherever the base image stands. A new version of the base then moves the files, and the program does not find them.",
  fix: "Write WORKDIR as a path that begins with a slash.",
  aliases: ["hadolint:DL3000", "trivy:DS-0009", "checkov:CKV_DOCKER_10", "buildkit:WorkdirRelativePath"],
  examples: {
    bad: [{ title: "relative at first", dockerfile: "FROM python:3.12\nWORKDIR app\n", lines: [2] }],
    good: [
      { title: "absolute", dockerfile: "FROM python:3.12\nWORKDIR /opt/app\n" },
      { title: "relative to an absolute one", dockerfile: "FROM python:3.12\nWORKDIR /opt\nWORKDIR app\n" },
      { title: "a variable", dockerfile: "FROM python:3.12\nWORKDIR $APP_HOME\n" },
    ],
  },
  *check(facts) {
    for (const { instruction, folderKnown, variables } of finalSteps(facts)) {
      if (instruction.keyword !== "WORKDIR" || folderKnown) continue;
      const path = expandKnown(instruction.text.replace(/["']/g, ""), variables);
      if (path === "" || /^[/$\\]|^[A-Za-z]:/.test(path)) continue;
      yield {
        message: `WORKDIR ${path.slice(0, 80)} continues from wherever the base image stands.`,
        fix: fixOf("Write the whole path.", `WORKDIR /opt/${path.slice(0, 80)}`),
        ...at(facts.dockerfile, instruction.range),
      };
    }
  },
});
