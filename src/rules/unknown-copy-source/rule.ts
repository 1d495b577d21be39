import { nearest } from "../../config/nearest.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { stageIndex, stageReferences } from "../stage-references.ts";

/** A file with more stages than this gets no guess at what a name was meant to be. */
const MOST_NAMES = 50;

export default defineRule<"dockerfile">({
  id: "unknown-copy-source",
  title: "Files are copied from a stage that is not there",
  category: "syntax",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "A name that is no earlier stage is taken for an image and downloaded from Docker Hub: the build stops, or files of a stranger's image enter yours.",
  fix: "Name a stage that stands further up, or write the image out with registry, tag and digest.",
  aliases: ["hadolint:DL3022"],
  mentions: ["from="],
  examples: {
    bad: [
      {
        title: "a mistyped name",
        dockerfile: "FROM python:3.12 AS build\nRUN true\nFROM python:3.12\nCOPY --from=biuld /a /b\n",
        lines: [4],
      },
      {
        title: "an image without a tag",
        dockerfile: "FROM python:3.12\nCOPY --from=nginx /a /b\n",
        lines: [2],
      },
      {
        title: "a later stage, and a number too high",
        dockerfile:
          "FROM python:3.12 AS a\nCOPY --from=b /a /b\nCOPY --from=7 /a /b\nFROM python:3.12 AS b\nCOPY --from=a /b /a\n",
        lines: [2, 3],
      },
      {
        title: "in a mount",
        dockerfile: "FROM python:3.12\nRUN --mount=from=tools,target=/x true\n",
        lines: [2],
      },
    ],
    good: [
      {
        title: "by name and by number",
        dockerfile:
          "FROM python:3.12 AS Build\nRUN true\nFROM python:3.12\nCOPY --from=build /a /b\nCOPY --from=0 /c /d\n",
      },
      {
        title: "an image with its tag",
        dockerfile:
          "FROM python:3.12\nCOPY --from=ghcr.io/astral-sh/uv:0.8 /uv /bin/\nCOPY --from=nginx:1.29 /a /b\n",
      },
      { title: "a variable", dockerfile: "FROM python:3.12\nARG X\nCOPY --from=$X /a /b\n" },
    ],
  },
  *check({ dockerfile }) {
    const find = stageIndex(dockerfile);
    for (const { stage, flag, name } of stageReferences(dockerfile)) {
      const source = find(name, stage.index);
      const place = {
        ...at(dockerfile, flag.range),
        ...(flag.name === "from" ? {} : { aliases: [] }),
      };
      const shown = name.slice(0, 80);
      if (source !== undefined) {
        if (source.index <= stage.index) continue;
        yield {
          severity: "error",
          message: `Files are taken from ${shown}, which begins only in line ${source.from.range.start.line}: a stage can be copied from when it is finished.`,
          fix: "Move that stage above this one.",
          ...place,
        };
        continue;
      }
      if (/^\d+$/.test(name)) {
        yield {
          severity: "error",
          message: `There is no stage number ${shown}: they count from 0, and this file has ${dockerfile.stages.length}.`,
          fix: "Name the stage: FROM image AS name, and --from=name.",
          ...place,
        };
        continue;
      }
      if (/[$/:@]/.test(name)) continue;
      const names = dockerfile.stages
        .slice(0, Math.min(stage.index, MOST_NAMES))
        .flatMap((earlier) => earlier.name ?? []);
      const guess = nearest(name, names);
      yield {
        message: `There is no stage called ${shown} above, so the builder looks for an image of that name.`,
        fix:
          guess === undefined
            ? fixOf(
                "Name an earlier stage, or write the image out.",
                `--from=docker.io/library/${shown}:<version>@sha256:<digest>`,
              )
            : fixOf("This may be what was meant.", `--from=${guess}`),
        ...place,
      };
    }
  },
});
