import { isImageName } from "../../dockerfile/image-reference.ts";
import { variableReferences } from "../../dockerfile/references.ts";
import { assignments, variablesIn } from "../../dockerfile/variables.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "invalid-base-name",
  title: "FROM does not come to the name of an image",
  category: "base-image",
  needs: "dockerfile",
  severity: "error",
  requirements: ["IMG-16"],
  why: "Without a value for each ARG the name of the base image is empty or malformed, and the build stops. Whoever builds the image has to guess what was meant.",
  fix: "Give the ARG a default, so that FROM names an image by itself.",
  aliases: ["buildkit:InvalidDefaultArgInFrom"],
  examples: {
    bad: [
      { title: "an ARG without a value", dockerfile: `ARG BASE\nFROM \${BASE}\nRUN true\n`, lines: [2] },
      {
        title: "an empty tag, in a builder stage",
        dockerfile: "ARG TAG\nFROM python:$TAG AS a\nRUN true\nFROM python:3.12\nRUN true\n",
        lines: [2],
      },
      { title: "capital letters", dockerfile: "FROM Python:3.12\nRUN true\n", lines: [1] },
    ],
    good: [
      {
        title: "defaults",
        dockerfile: `ARG TAG=3.12\nARG FLAVOUR\nFROM python:$TAG$FLAVOUR AS Build\nFROM Build\nRUN true\n`,
      },
      { title: "a default in place", dockerfile: `ARG BASE\nFROM \${BASE:-python:3.12}\nRUN true\n` },
      { title: "an ARG that is not declared, which is another rule's", dockerfile: "FROM $BASE\nRUN true\n" },
      { title: "nothing", dockerfile: "FROM scratch\nCOPY a /a\n" },
    ],
  },
  *check({ dockerfile, stages }) {
    let declared: ReadonlySet<string> | undefined;
    for (const { stage, base, parent } of stages) {
      const { from, baseText } = stage;
      if (parent !== undefined || baseText === "" || base.toLowerCase() === "scratch") continue;
      // What expansion leaves in place hangs on more than is known here.
      if (base.includes("$") || isImageName(base)) continue;
      const used = variableReferences(from.words[0]?.raw ?? "", dockerfile.escape);
      declared ??= new Set(dockerfile.globalArgs.flatMap(assignments).map(({ name }) => name));
      const known = declared;
      if (used.some(({ name, guarded }) => !guarded && !known.has(name))) continue;
      const [variable] = variablesIn(baseText);
      yield {
        message:
          variable === undefined
            ? `${baseText.slice(0, 120)} is not the name of an image: small letters, a tag after a colon.`
            : `The base ${baseText.slice(0, 120)} cannot be told: ${variable} has no value that makes it the name of an image.`,
        fix: fixOf(
          variable === undefined ? "Write the name as its registry does." : "Give the ARG a default.",
          variable === undefined ? `FROM ${baseText.toLowerCase().slice(0, 120)}` : `ARG ${variable}=<value>`,
        ),
        ...at(dockerfile, from.words[0]?.range ?? from.range),
      };
    }
  },
});
