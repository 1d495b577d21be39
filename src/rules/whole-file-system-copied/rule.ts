import { allSteps, at, copyParts, expandKnown, fixOf, flagValue, resolvePath } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "whole-file-system-copied",
  title: "The whole file system of another image is copied",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "Everything comes along, caches and tools included, but not the variables and the start command of the other image. Whoever reviews the image cannot tell what it is made of.",
  fix: "Build on the other image with FROM, or copy the folders that are needed.",
  aliases: ["hadolint:DL3067"],
  mentions: ["from="],
  examples: {
    bad: [
      {
        title: "of a stage",
        dockerfile: "FROM python:3.12 AS a\nRUN true\nFROM scratch\nCOPY --from=a / /\n",
        lines: [4],
      },
      {
        title: "of an image, in other words",
        dockerfile:
          'FROM python:3.12\nWORKDIR /\nCOPY --chown=1:1 --from=docker.io/library/debian:12 ["/./", "."]\nCOPY --from=debian:12 /* /\n',
        lines: [3, 4],
      },
    ],
    good: [
      {
        title: "one folder",
        dockerfile:
          "FROM python:3.12 AS a\nRUN true\nFROM scratch\nCOPY --from=a /opt /opt\nCOPY --from=a / /rootfs/\n",
      },
      { title: "the project", dockerfile: "FROM scratch\nCOPY / /\n" },
    ],
  },
  *check(facts) {
    for (const { instruction, folder, variables } of allSteps(facts)) {
      if (instruction.keyword !== "COPY" || flagValue(instruction, "from") === undefined) continue;
      const { sources, target } = copyParts(instruction);
      if (target === undefined || resolvePath(folder, expandKnown(target, variables)) !== "/") continue;
      const everything = sources.some((source) =>
        ["/", "/*"].includes(resolvePath("/", expandKnown(source, variables))),
      );
      if (!everything) continue;
      yield {
        message: "COPY brings in the whole file system of another image.",
        fix: fixOf(
          "Build on that image, or copy the folders that are needed.",
          `FROM ${(flagValue(instruction, "from") ?? "").slice(0, 120)}`,
        ),
        ...at(facts.dockerfile, instruction.range),
      };
    }
  },
});
