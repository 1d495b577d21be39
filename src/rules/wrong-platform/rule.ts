import { lineage } from "../../dockerfile/variables.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "wrong-platform",
  title: "The image is built for another kind of machine",
  category: "base-image",
  needs: "dockerfile",
  severity: "error",
  requirements: ["IMG-15"],
  why: "The machines of the Safe Haven are linux/amd64. A program built for another processor does not start there.",
  fix: "Take --platform out of FROM, and build with `--platform linux/amd64`.",
  aliases: [
    "hadolint:DL3029",
    "buildkit:FromPlatformFlagConstDisallowed",
    "buildkit:InvalidBaseImagePlatform",
  ],
  examples: {
    bad: [
      {
        title: "an Arm image",
        dockerfile: "FROM --platform=linux/arm64 python:3.12\nRUN true\n",
        lines: [1],
      },
      {
        title: "in a stage that the last one builds on",
        dockerfile: "FROM --platform=linux/arm64/v8 python:3.12 AS a\nRUN true\nFROM a\nRUN true\n",
        lines: [1],
      },
    ],
    good: [
      {
        title: "the platform of the Safe Haven",
        dockerfile: "FROM --platform=linux/amd64 python:3.12\nRUN true\n",
      },
      { title: "a variable", dockerfile: "FROM --platform=$TARGETPLATFORM python:3.12\nRUN true\n" },
      {
        title: "a builder stage",
        dockerfile: "FROM --platform=linux/arm64 golang:1 AS b\nRUN true\nFROM python:3.12\nRUN true\n",
      },
    ],
  },
  *check(facts, profile) {
    const wanted = profile.platform.value;
    for (const { stage } of lineage(facts.stages)) {
      const flag = stage.from.flags.find(({ name }) => name === "platform");
      const given = flag?.value?.toLowerCase();
      if (flag === undefined || given === undefined || given === "" || given.includes("$")) continue;
      if (normalized(given) === wanted) continue;
      yield {
        message: `FROM asks for ${given.slice(0, 60)}, but the Safe Haven's machines are ${wanted}.`,
        fix: fixOf("Leave the platform to the build.", `FROM ${stage.from.text}`),
        ...at(facts.dockerfile, flag.range),
        subjects: ["platform"],
      };
    }
  },
});

function normalized(platform: string): string {
  const [first = "", second] = platform.split("/");
  const architecture = second ?? (first === "linux" ? "amd64" : first);
  return `linux/${architecture === "x86_64" || architecture === "x86-64" ? "amd64" : architecture}${/^(?:windows|darwin)$/.test(first) ? `-${first}` : ""}`;
}
