import { assignments } from "../../dockerfile/variables.ts";
import { replacing } from "../edits.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "redundant-platform",
  title: "FROM asks for the platform it would take anyway",
  category: "style",
  needs: "dockerfile",
  severity: "info",
  requirements: [],
  why: "Base images are taken for the platform of the build unless FROM says otherwise. Saying it makes a reader look for a reason.",
  fix: "Take --platform=$TARGETPLATFORM out of FROM.",
  aliases: ["hadolint:DL3065", "buildkit:RedundantTargetPlatform"],
  mentions: ["targetplatform"],
  examples: {
    bad: [
      {
        title: "the platform of the build",
        dockerfile: "FROM --platform=$TARGETPLATFORM python:3.12 AS a\nRUN true\n",
        lines: [1],
      },
      {
        title: "with braces",
        dockerfile: `FROM --platform="\${TARGETPLATFORM}" python:3.12\nRUN true\n`,
        lines: [1],
      },
    ],
    good: [
      { title: "nothing said", dockerfile: "FROM python:3.12\nRUN true\n" },
      {
        title: "the builder's platform",
        dockerfile: "FROM --platform=$BUILDPLATFORM python:3.12\nRUN true\n",
      },
      {
        title: "a platform of the file's own",
        dockerfile: "ARG TARGETPLATFORM=linux/amd64\nFROM --platform=$TARGETPLATFORM python:3.12\nRUN true\n",
      },
    ],
  },
  *check({ dockerfile }) {
    const own = dockerfile.globalArgs
      .flatMap(assignments)
      .some(({ name, value }) => name === "TARGETPLATFORM" && value !== undefined);
    if (own) return;
    for (const { from } of dockerfile.stages) {
      const flag = from.flags.find(({ name }) => name === "platform");
      if (flag === undefined || !/^\$(?:TARGETPLATFORM|\{TARGETPLATFORM\})$/.test(flag.value ?? "")) continue;
      const { start, end } = flag.range;
      const line = dockerfile.lines[start.line - 1] ?? "";
      const rest = line.slice(end.column - 1);
      const blanks = rest.length - rest.trimStart().length;
      const gone = { start, end: { line: end.line, column: end.column + blanks } };
      yield {
        message: "FROM asks for the platform of the build, which it takes anyway.",
        fix: fixOf("Take the flag out.", `FROM ${from.text.slice(0, 200)}`),
        ...at(dockerfile, flag.range),
        ...(start.line === end.line && blanks > 0 ? { edits: [replacing(dockerfile, gone, "")] } : {}),
      };
    }
  },
});
