import { at } from "../helpers.ts";
import { defineRule } from "../rule.ts";

const FORBIDDEN = new Set(["ONBUILD", "FROM", "MAINTAINER"]);

export default defineRule<"dockerfile">({
  id: "forbidden-trigger",
  title: "ONBUILD holds what may not be put off",
  category: "syntax",
  needs: "dockerfile",
  severity: "error",
  requirements: ["IMG-16"],
  why: "ONBUILD keeps an instruction for images that are built on this one. ONBUILD, FROM and MAINTAINER cannot be kept so, and a builder stops.",
  fix: "Take the line out, or write the instruction without ONBUILD.",
  aliases: ["hadolint:DL3043"],
  keywords: ["ONBUILD"],
  examples: {
    bad: [
      {
        title: "each of them",
        dockerfile:
          "FROM python:3.12\nONBUILD ONBUILD RUN true\nONBUILD from python:3.12\nONBUILD MAINTAINER Ada\n",
        lines: [2, 3, 4],
      },
    ],
    good: [{ title: "another instruction", dockerfile: "FROM python:3.12\nONBUILD RUN true\n" }],
  },
  *check({ dockerfile }) {
    for (const { trigger, range } of dockerfile.instructions) {
      if (trigger === undefined || !FORBIDDEN.has(trigger.keyword)) continue;
      yield {
        message: `ONBUILD cannot hold ${trigger.keyword}: the build stops here.`,
        fix: "Take the line out, or write the instruction without ONBUILD.",
        ...at(dockerfile, range),
      };
    }
  },
});
