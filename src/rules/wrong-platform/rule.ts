import { familiarRepository, parseImageReference } from "../../dockerfile/image-reference.ts";
import { lineage } from "../../dockerfile/variables.ts";
import { at, fixOf } from "../helpers.ts";
import { isPlatform } from "../platform.ts";
import { defineRule } from "../rule.ts";

/** Owners of Docker's official images for one processor that is not amd64. */
const OWNERS = /^(arm32v[567]|arm64v8|i386|mips64le|ppc64le|riscv64|s390x)\//;

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
        title: "an image that exists for Arm alone",
        dockerfile: "FROM arm64v8/python:3.12\nRUN true\n",
        lines: [1],
      },
      {
        title: "the machine that builds, which may be another",
        dockerfile: "FROM --platform=$BUILDPLATFORM python:3.12\nRUN true\n",
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
    for (const { stage, base, parent } of lineage(facts.stages)) {
      const processor =
        parent === undefined ? OWNERS.exec(familiarRepository(parseImageReference(base)))?.[1] : undefined;
      if (processor !== undefined) {
        yield {
          aliases: ["buildkit:InvalidBaseImagePlatform"],
          message: `${processor} images are made for another processor, but the Safe Haven's machines are ${wanted}.`,
          fix: fixOf(
            "Take the image of the same name for all processors.",
            `FROM ${base.replace(`${processor}/`, "library/").replace(/^library\//, "docker.io/library/")}`,
          ),
          ...at(facts.dockerfile, stage.from.words[0]?.range ?? stage.from.range),
          subjects: ["platform"],
        };
        continue;
      }
      const flag = stage.from.flags.find(({ name }) => name === "platform");
      const given = flag?.value?.toLowerCase();
      if (flag !== undefined && /^\$\{?buildplatform\}?$/.test(given ?? "")) {
        yield {
          severity: "info",
          aliases: [],
          message: `FROM follows the machine that builds, so on a computer with an Arm processor the image is not ${wanted}.`,
          fix: fixOf(
            "Leave the platform to the build; only builder stages need BUILDPLATFORM.",
            `FROM ${stage.from.text}`,
          ),
          ...at(facts.dockerfile, flag.range),
          subjects: ["platform"],
        };
        continue;
      }
      if (flag === undefined || given === undefined || given === "" || given.includes("$")) continue;
      if (isPlatform(given, wanted)) continue;
      const named = given.split("/").some((part) => part !== "" && stage.name?.includes(part) === true);
      yield {
        aliases: ["hadolint:DL3029", ...(named ? [] : ["buildkit:FromPlatformFlagConstDisallowed"])],
        message: `FROM asks for ${given.slice(0, 60)}, but the Safe Haven's machines are ${wanted}.`,
        fix: fixOf("Leave the platform to the build.", `FROM ${stage.from.text}`),
        ...at(facts.dockerfile, flag.range),
        subjects: ["platform"],
      };
    }
  },
});
