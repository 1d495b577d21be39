import { at } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { stageIndex, stageReferences } from "../stage-references.ts";

export default defineRule<"dockerfile">({
  id: "copy-from-itself",
  title: "A stage copies files from itself",
  category: "syntax",
  needs: "dockerfile",
  severity: "error",
  requirements: ["IMG-16"],
  why: "A stage is there to be copied from only when it is finished. A builder stops here, so there is no image.",
  fix: "Name an earlier stage after --from=, or use RUN cp for files of the same stage.",
  aliases: ["hadolint:DL3023", "trivy:DS-0006"],
  mentions: ["from="],
  examples: {
    bad: [
      {
        title: "by its name",
        dockerfile: "FROM python:3.12 AS Build\nCOPY --from=build /a /b\n",
        lines: [2],
      },
      {
        title: "by its number",
        dockerfile: "FROM python:3.12 AS a\nFROM python:3.12\nCOPY --from=1 /a /b\n",
        lines: [3],
      },
      {
        title: "in a mount",
        dockerfile: "FROM python:3.12 AS a\nRUN --mount=type=bind,from=a,target=/x true\n",
        lines: [2],
      },
    ],
    good: [
      {
        title: "an earlier stage",
        dockerfile: "FROM python:3.12 AS a\nRUN true\nFROM python:3.12 AS b\nCOPY --from=a /a /b\n",
      },
      {
        title: "an earlier stage of the same name",
        dockerfile: "FROM python:3.12 AS a\nRUN true\nFROM python:3.12 AS a\nCOPY --from=a /a /b\n",
      },
    ],
  },
  *check({ dockerfile }) {
    const find = stageIndex(dockerfile);
    for (const { stage, flag, name } of stageReferences(dockerfile)) {
      if (find(name, stage.index) !== stage) continue;
      yield {
        message: `Files are taken from ${name.slice(0, 80)}, which is the stage that this line stands in.`,
        fix: "Name an earlier stage, or use RUN cp for files of the same stage.",
        ...at(dockerfile, flag.range),
        ...(flag.name === "from" ? {} : { aliases: [] }),
      };
    }
  },
});
