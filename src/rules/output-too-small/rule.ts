import { unmet } from "../expectations.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"run">({
  id: "output-too-small",
  title: "An output is smaller than is expected",
  category: "expectations",
  needs: "run",
  severity: "error",
  requirements: [],
  why: "A file that is there but nearly empty often means that the program failed without saying so.",
  fix: "Find out why the program writes so little, or correct the size that pratique.yaml expects.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a few bytes",
        files: {
          "pratique.yaml":
            "version: 1\ntest:\n  expect:\n    outputs:\n      - { path: model.rds, minSize: 4k }\n",
        },
        facts: { outputs: { files: [{ path: "model.rds", size: 31, tables: {} }] } },
        lines: [5],
      },
    ],
    good: [
      {
        title: "large enough",
        files: {
          "pratique.yaml":
            "version: 1\ntest:\n  expect:\n    outputs:\n      - { path: model.rds, minSize: 4k }\n",
        },
        facts: { outputs: { files: [{ path: "model.rds", size: 5000, tables: {} }] } },
      },
    ],
  },
  check: (facts, profile) =>
    unmet(
      "output-too-small",
      facts,
      profile,
      "Find out why the program writes so little, or correct minSize in the settings.",
    ),
});
