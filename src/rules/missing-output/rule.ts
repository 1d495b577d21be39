import { unmet } from "../expectations.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"run">({
  id: "missing-output",
  title: "An expected output is missing",
  category: "expectations",
  needs: "run",
  severity: "error",
  requirements: [],
  why: "The results are all that leaves the Safe Haven. A job that ends well and writes nothing, or writes it elsewhere, is only noticed when the time on the cluster is gone.",
  fix: "Write the file to /safe_outputs under the name that is expected, or correct the pattern in pratique.yaml.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "another name",
        files: { "pratique.yaml": "version: 1\ntest:\n  expect:\n    outputs:\n      - results/fit.csv\n" },
        facts: { outputs: { files: [{ path: "results/fits.csv", size: 100, tables: {} }] } },
        lines: [5],
      },
      {
        title: "nothing at all",
        files: { "pratique.yaml": 'version: 1\ntest:\n  expect:\n    outputs: ["*.csv"]\n' },
        facts: {},
        lines: [4],
      },
      {
        title: "written to a place that is lost",
        files: { "pratique.yaml": 'version: 1\ntest:\n  expect:\n    outputs: ["fit.csv"]\n' },
        facts: {
          recording: {
            strayWrites: [
              {
                path: "/app/fit.csv",
                operation: "create",
                process: { pid: 9, command: "python fit.py", executable: "/usr/bin/python3" },
                count: 1,
                bytes: 10,
                survives: false,
                reason: "",
              },
            ],
          },
        },
        lines: [4],
      },
    ],
    good: [
      {
        title: "it is there",
        files: { "pratique.yaml": "version: 1\ntest:\n  expect:\n    outputs: [results/*.csv]\n" },
        facts: { outputs: { files: [{ path: "results/fit.csv", size: 100, tables: {} }] } },
      },
      { title: "nothing is expected", facts: {} },
    ],
  },
  check: (facts, profile) =>
    unmet(
      "missing-output",
      facts,
      profile,
      "Let the program write the file there, or correct the pattern in the settings.",
    ),
});
