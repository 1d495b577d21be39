import type { Stage } from "../../dockerfile/model.ts";
import { at } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "duplicate-stage-name",
  title: "Two stages have the same name",
  category: "syntax",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "Whoever names the stage gets the last one above, which is easily not the one that was meant; some builders stop here.",
  fix: "Give each stage a name of its own.",
  aliases: ["hadolint:DL3024", "trivy:DS-0012", "checkov:CKV_DOCKER_11", "buildkit:DuplicateStageName"],
  examples: {
    bad: [
      {
        title: "the same name",
        dockerfile: "FROM python:3.12 AS build\nRUN true\nFROM python:3.12 AS build\nRUN true\n",
        lines: [3],
      },
      {
        title: "in capital letters, and again",
        dockerfile: "FROM python:3.12 AS a\nFROM python:3.12 as A\nFROM python:3.12 AS a\nRUN true\n",
        lines: [2, 3],
      },
    ],
    good: [
      { title: "two names", dockerfile: "FROM python:3.12 AS a\nRUN true\nFROM a AS b\nRUN true\n" },
      { title: "no names", dockerfile: "FROM python:3.12\nRUN true\nFROM python:3.12\nRUN true\n" },
    ],
  },
  *check({ dockerfile }) {
    const seen = new Map<string, Stage>();
    for (const stage of dockerfile.stages) {
      if (stage.name === undefined) continue;
      const first = seen.get(stage.name);
      if (first === undefined) {
        seen.set(stage.name, stage);
        continue;
      }
      yield {
        message: `The stage in line ${first.from.range.start.line} is called ${stage.name.slice(0, 80)} too.`,
        fix: "Give this stage a name of its own, and use it after FROM and --from= where it is meant.",
        ...at(dockerfile, stage.from.words[2]?.range ?? stage.from.range),
      };
    }
  },
});
