import { at } from "../helpers.ts";
import { defineRule } from "../rule.ts";

const RESERVED = new Set(["scratch", "context"]);

export default defineRule<"dockerfile">({
  id: "reserved-stage-name",
  title: "A stage is called scratch or context",
  category: "syntax",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "Both words already mean something to builders: the empty image, and the project folder. A stage of that name is not found where it is wanted.",
  fix: "Give the stage another name.",
  aliases: ["hadolint:DL3063", "buildkit:ReservedStageName"],
  mentions: ["scratch", "context"],
  examples: {
    bad: [
      {
        title: "both",
        dockerfile: "FROM python:3.12 AS Scratch\nRUN true\nFROM python:3.12 as context\nRUN true\n",
        lines: [1, 3],
      },
    ],
    good: [{ title: "another name", dockerfile: "FROM scratch AS empty\nCOPY context /scratch-space\n" }],
  },
  *check({ dockerfile }) {
    for (const { name, from } of dockerfile.stages) {
      if (name === undefined || !RESERVED.has(name)) continue;
      yield {
        message: `The stage name ${name} already means something to builders.`,
        fix: "Give the stage another name, here and where it is used.",
        ...at(dockerfile, from.words[2]?.range ?? from.range),
      };
    }
  },
});
