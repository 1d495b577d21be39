import { unmet } from "../expectations.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"run">({
  id: "unexpected-log",
  title: "The job does not print what is expected",
  category: "expectations",
  needs: "run",
  severity: "error",
  requirements: [],
  why: "What a program prints shows whether it did its work: a line that must come, or a warning that must not.",
  fix: "Read the program's output, and correct the program or the expression in pratique.yaml.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a line is missing",
        files: {
          "pratique.yaml": 'version: 1\ntest:\n  expect:\n    log:\n      match: ["\\\\d+ patients"]\n',
        },
        facts: { logSearches: [{ pattern: "\\d+ patients", found: null, unsearched: "" }] },
        lines: [5],
      },
      {
        title: "a warning",
        files: {
          "pratique.yaml": 'version: 1\ntest:\n  expect:\n    log:\n      noMatch: ["(?i)warning"]\n',
        },
        facts: {
          logSearches: [
            {
              pattern: "(?i)warning",
              found: { line: 3, text: "ConvergenceWarning: lbfgs failed" },
              unsearched: "",
            },
          ],
        },
        lines: [5],
      },
    ],
    good: [
      {
        title: "as expected",
        files: {
          "pratique.yaml":
            "version: 1\ntest:\n  expect:\n    log: { match: [patients], noMatch: [Warning] }\n",
        },
        facts: {
          logSearches: [
            { pattern: "patients", found: { line: 1, text: "200 patients" }, unsearched: "" },
            { pattern: "Warning", found: null, unsearched: "" },
          ],
        },
      },
    ],
  },
  check: (facts, profile) =>
    unmet(
      "unexpected-log",
      facts,
      profile,
      "Read the program's output, and correct the program or the expression.",
    ),
});
