import { replacing } from "../edits.ts";
import { allSteps, at, expandKnown, fixOf, resolvePath } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "relative-workdir",
  title: "WORKDIR depends on the base image",
  category: "start-up",
  needs: "dockerfile",
  severity: "warning",
  keywords: ["WORKDIR"],
  requirements: [],
  why: "A relative WORKDIR continues from wherever the base image stands. A new version of the base then moves the files, and the program does not find them.",
  fix: "Write WORKDIR as a path that begins with a slash.",
  aliases: ["hadolint:DL3000", "trivy:DS-0009", "checkov:CKV_DOCKER_10", "buildkit:WorkdirRelativePath"],
  examples: {
    bad: [
      { title: "relative at first", dockerfile: "FROM python:3.12\nWORKDIR app\n", lines: [2] },
      {
        title: "in a builder stage, and with quotes",
        dockerfile: 'FROM python:3.12 AS a\nWORKDIR "app"\nFROM python:3.12\nWORKDIR ./x\n',
        lines: [2, 4],
      },
      {
        title: "relative to an absolute one, also of an earlier stage",
        dockerfile: "FROM python:3.12 AS a\nWORKDIR /opt\nWORKDIR app\nFROM a\nWORKDIR ../x\n",
        lines: [3, 5],
      },
    ],
    good: [
      { title: "absolute", dockerfile: "FROM python:3.12\nWORKDIR /opt/app\n" },
      { title: "a variable", dockerfile: "FROM python:3.12\nWORKDIR $APP_HOME\n" },
    ],
  },
  *check(facts) {
    for (const { instruction, folder, folderKnown, variables } of allSteps(facts)) {
      if (instruction.keyword !== "WORKDIR") continue;
      const path = expandKnown(instruction.text.replace(/["']/g, ""), variables);
      if (path === "" || /^[/$\\]|^[A-Za-z]:/.test(path)) continue;
      const place = at(facts.dockerfile, instruction.range);
      if (!folderKnown) {
        yield {
          message: `WORKDIR ${path.slice(0, 80)} continues from wherever the base image stands.`,
          fix: fixOf("Write the whole path.", `WORKDIR /opt/${path.slice(0, 80)}`),
          ...place,
        };
        continue;
      }
      const whole = resolvePath(folder, path);
      const [word] = instruction.words;
      const certain =
        word !== undefined && instruction.words.length === 1 && word.raw === path && /^[\w./-]+$/.test(whole);
      yield {
        severity: "info",
        aliases: ["hadolint:DL3000", "trivy:DS-0009", "checkov:CKV_DOCKER_10"],
        message: `WORKDIR ${path.slice(0, 80)} continues from ${folder.slice(0, 120)}, which a reader has to look for.`,
        fix: fixOf("Write the whole path.", `WORKDIR ${whole.slice(0, 200)}`),
        ...place,
        ...(certain ? { edits: [replacing(facts.dockerfile, word.range, whole)] } : {}),
      };
    }
  },
});
