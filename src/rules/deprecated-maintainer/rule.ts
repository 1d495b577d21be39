import { keywordEdit, replacing } from "../edits.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "deprecated-maintainer",
  title: "MAINTAINER is out of use",
  category: "syntax",
  needs: "dockerfile",
  severity: "info",
  keywords: ["MAINTAINER"],
  requirements: [],
  why: "Builders have replaced MAINTAINER by a label, which tools and reviewers can read from the image.",
  fix: "Use LABEL org.opencontainers.image.authors instead.",
  aliases: ["hadolint:DL4000", "trivy:DS-0022", "checkov:CKV_DOCKER_6", "buildkit:MaintainerDeprecated"],
  examples: {
    bad: [{ title: "MAINTAINER", dockerfile: "FROM python:3.12\nMAINTAINER Ada\n", lines: [2] }],
    good: [
      { title: "a label", dockerfile: 'FROM python:3.12\nLABEL org.opencontainers.image.authors="Ada"\n' },
    ],
  },
  *check(facts) {
    for (const instruction of facts.dockerfile.instructions) {
      if (instruction.keyword !== "MAINTAINER") continue;
      const keyword = keywordEdit(facts.dockerfile, instruction, "LABEL");
      const plain =
        instruction.range.start.line === instruction.range.end.line && !/["\\$`]/.test(instruction.text);
      yield {
        message: "MAINTAINER is out of use; a label says the same where it can be read from the image.",
        fix: fixOf(
          "Use a label.",
          `LABEL org.opencontainers.image.authors=${JSON.stringify(instruction.text.slice(0, 200))}`,
        ),
        ...at(facts.dockerfile, instruction.range),
        ...(keyword !== undefined && plain
          ? {
              edits: [
                replacing(
                  facts.dockerfile,
                  instruction.range,
                  `${keyword.text} org.opencontainers.image.authors="${instruction.text}"`,
                ),
              ],
            }
          : {}),
      };
    }
  },
});
