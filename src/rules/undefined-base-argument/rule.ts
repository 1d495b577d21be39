import { nearest } from "../../config/nearest.ts";
import { isImageName } from "../../dockerfile/image-reference.ts";
import type { Instruction } from "../../dockerfile/model.ts";
import { variableReferences } from "../../dockerfile/references.ts";
import { assignments } from "../../dockerfile/variables.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

/** Known to FROM without being asked. */
const PREDEFINED = "PLATFORM OS ARCH VARIANT".split(" ").flatMap((part) => [`TARGET${part}`, `BUILD${part}`]);
const MOST_NAMES = 200;

export default defineRule<"dockerfile">({
  id: "undefined-base-argument",
  title: "FROM uses an ARG that is not declared above it",
  category: "base-image",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-05"],
  why: "FROM knows only those ARGs that stand above the first FROM. Any other is empty, even when the build is given a value for it, so another image than the one you mean is the base, or none.",
  fix: "Declare the ARG above the first FROM, or correct its name.",
  aliases: ["buildkit:UndefinedArgInFrom"],
  mentions: ["$"],
  examples: {
    bad: [
      { title: "not declared", dockerfile: "FROM python:3.12$VARIANT\nRUN true\n", lines: [1] },
      {
        title: "mistyped, and declared in a stage only",
        dockerfile: `ARG VERSION=3.12\nFROM python:\${VERSOIN} AS a\nARG TAG=1\nFROM quay.io/lab/base:$TAG\nRUN true\n`,
        lines: [2, 4],
      },
      {
        title: "the platform",
        dockerfile: "FROM --platform=$BUILDPLATFROM python:3.12\nRUN true\n",
        lines: [1],
      },
    ],
    good: [
      {
        title: "declared",
        dockerfile: `ARG VERSION=3.12\nARG FLAVOUR\nFROM --platform=$BUILDPLATFORM python:\${VERSION}$FLAVOUR\nRUN true\n`,
      },
      { title: "with a default in place", dockerfile: `FROM python:\${VERSION:-3.12}\nRUN true\n` },
    ],
  },
  *check({ dockerfile, stages }) {
    if (!stages.some(({ stage: { from } }) => usesVariable(from))) return;
    const declared = new Set(dockerfile.globalArgs.flatMap(assignments).map(({ name }) => name));
    const candidates = [...[...declared].slice(0, MOST_NAMES), ...PREDEFINED];
    for (const { stage, base } of stages) {
      const { from, baseText } = stage;
      const flag = from.flags.find(({ name }) => name === "platform");
      const texts = [
        { text: flag?.value ?? "", range: flag?.range },
        { text: from.words[0]?.raw ?? "", range: from.words[0]?.range },
      ];
      for (const { text, range } of texts) {
        const missing = variableReferences(text, dockerfile.escape).find(
          ({ name, guarded }) => !guarded && !declared.has(name) && !PREDEFINED.includes(name),
        );
        if (missing === undefined || range === undefined) continue;
        const guess = nearest(missing.name, candidates);
        const name = missing.name.slice(0, 60);
        yield {
          severity: text !== flag?.value && !isImageName(base) ? "error" : "warning",
          message: `FROM uses ${name}, which is not declared above the first FROM and so is empty${guess === undefined ? "" : `; ${guess} would be known`}.`,
          fix: fixOf(
            "Declare it above the first FROM.",
            guess === undefined
              ? `ARG ${name}=<value>`
              : `FROM ${baseText.replace(missing.name, guess).slice(0, 200)}`,
          ),
          ...at(dockerfile, range),
        };
      }
    }
  },
});

const usesVariable = ({ text, flags }: Instruction): boolean =>
  text.includes("$") || flags.some(({ value }) => value?.includes("$") === true);
