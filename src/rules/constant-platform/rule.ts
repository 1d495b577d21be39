import { lineage } from "../../dockerfile/variables.ts";
import { at, fixOf } from "../helpers.ts";
import { isPlatform } from "../platform.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "constant-platform",
  title: "FROM asks for one kind of machine",
  category: "base-image",
  needs: "dockerfile",
  severity: "info",
  optIn: true,
  requirements: [],
  why: "A fixed --platform keeps others from building the same file for their machines. For a TRE with one kind of machine it does no harm, so this rule runs only when it is asked for.",
  fix: "Leave the platform to the build: docker build --platform linux/amd64.",
  aliases: ["hadolint:DL3029", "buildkit:FromPlatformFlagConstDisallowed"],
  mentions: ["platform"],
  examples: {
    bad: [
      {
        title: "the usual platform",
        dockerfile: "FROM --platform=linux/amd64 python:3.12\nRUN true\n",
        lines: [1],
      },
      {
        title: "in a builder stage",
        dockerfile: "FROM --platform=linux/arm64 golang:1 AS build\nRUN true\nFROM python:3.12\nRUN true\n",
        lines: [1],
      },
    ],
    good: [
      {
        title: "variables",
        dockerfile: `FROM --platform=$BUILDPLATFORM golang:1 AS a\nRUN true\nFROM --platform=\${TARGETPLATFORM} python:3.12\nRUN true\n`,
      },
      {
        title: "a stage that is named after it",
        dockerfile:
          "FROM --platform=linux/amd64 python:3.12 AS build-amd64\nRUN true\nFROM python:3.12\nRUN true\n",
      },
      {
        title: "a platform that another rule finds wrong",
        dockerfile: "FROM --platform=linux/arm64 python:3.12\nRUN true\n",
      },
    ],
  },
  *check(facts, profile) {
    const final = new Set(lineage(facts.stages).map(({ stage }) => stage));
    for (const { stage } of facts.stages) {
      const flag = stage.from.flags.find(({ name }) => name === "platform");
      const given = flag?.value?.toLowerCase() ?? "";
      if (flag === undefined || given === "" || given.includes("$")) continue;
      // One finding for one mistake: a platform that does not run at all is another rule's.
      if (final.has(stage) && !isPlatform(given, profile.platform.value)) continue;
      if (given.split("/").some((part) => part !== "" && stage.name?.includes(part) === true)) continue;
      yield {
        message: `FROM asks for ${given.slice(0, 60)}, whatever machine the build is for.`,
        fix: fixOf("Leave the platform to the build.", `FROM ${stage.from.text.slice(0, 200)}`),
        ...at(facts.dockerfile, flag.range),
      };
    }
  },
});
