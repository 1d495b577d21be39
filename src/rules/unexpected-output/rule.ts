import { unmet } from "../expectations.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"run">({
  id: "unexpected-output",
  title: "An output is there that must not be",
  category: "expectations",
  needs: "run",
  severity: "error",
  requirements: [],
  why: "Whatever lies in /safe_outputs may be asked to leave the Safe Haven. Intermediate files and copies of the data do not belong there.",
  fix: "Write intermediate files to /scratch.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a copy of the data",
        files: { "pratique.yaml": 'version: 1\ntest:\n  expect:\n    noOutputs:\n      - "**/patients*"\n' },
        facts: {
          outputs: {
            files: [
              { path: "tmp/patients.csv", size: 100, tables: {} },
              { path: "fit.csv", size: 100, tables: {} },
            ],
          },
        },
        lines: [5],
      },
    ],
    good: [
      {
        title: "only results",
        files: { "pratique.yaml": 'version: 1\ntest:\n  expect:\n    noOutputs: ["**/patients*"]\n' },
        facts: { outputs: { files: [{ path: "fit.csv", size: 100, tables: {} }] } },
      },
      { title: "nothing is forbidden", facts: {} },
    ],
  },
  check: (facts, profile) =>
    unmet(
      "unexpected-output",
      facts,
      profile,
      "Write intermediate files to /scratch, or take the pattern out of the settings.",
    ),
});
