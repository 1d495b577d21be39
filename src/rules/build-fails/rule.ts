import { at } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"build">({
  id: "build-fails",
  title: "The image cannot be built",
  category: "start-up",
  needs: "build",
  severity: "error",
  requirements: [],
  why: "Inside the TRE nothing can be built or repaired: the image has to be finished before it is brought in.",
  fix: "Correct the instruction that failed, then run the check again.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "A RUN step that fails",
        dockerfile: "FROM docker.io/library/python:3.12\nRUN pip install no-such-package\n",
        facts: {
          succeeded: false,
          instruction: "RUN pip install no-such-package",
          tail: ["ERROR: No matching distribution found for no-such-package"],
        },
        lines: [2],
      },
    ],
    good: [
      {
        title: "A build that ends well",
        dockerfile: "FROM docker.io/library/python:3.12\n",
        facts: { succeeded: true },
      },
    ],
  },
  *check({ succeeded, tail, instruction, dockerfile }) {
    if (succeeded) return;
    const words =
      tail.findLast((line) => /\berror\b|not found|failed|cannot|no such/i.test(line)) ?? tail.at(-1);
    const failed = dockerfile.instructions.findLast(
      (candidate) =>
        instruction !== undefined &&
        squeeze(`${candidate.keyword} ${candidate.text}`).startsWith(squeeze(instruction).slice(0, 60)),
    );
    yield {
      message: `The build stopped${failed === undefined ? "" : ` at ${failed.keyword} in line ${failed.range.start.line}`}${
        words === undefined ? "." : `: ${words.slice(0, 300)}`
      }`,
      ...(failed === undefined ? {} : at(dockerfile, failed.range)),
    };
  },
});

/** Engines print an instruction with its flags moved and its blanks joined. */
const squeeze = (text: string): string => text.replace(/\s+/g, " ").trim();
