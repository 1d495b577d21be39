import { assessExpectations, draftOf } from "../expectations.ts";
import { defineRule } from "../rule.ts";

const FIX = "Make it possible to check it, take it out of the settings, or waive the finding with a reason.";

export default defineRule<"run">({
  id: "unchecked-expectation",
  title: "An expectation could not be checked",
  category: "expectations",
  needs: "run",
  severity: "error",
  requirements: [],
  why: "What was not looked at is not shown: an expectation that was passed over in silence would be taken for one that is met.",
  fix: "Make the file readable, or take the expectation out of the settings.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a format that is not read",
        files: { "pratique.yaml": "version: 1\ntest:\n  expect:\n    forbiddenColumns: [nhs_number]\n" },
        facts: { outputs: { files: [{ path: "model.rds", size: 4000, tables: {} }] } },
        lines: [4],
      },
      {
        title: "an expression that takes too long",
        files: { "pratique.yaml": 'version: 1\ntest:\n  expect:\n    log: { noMatch: ["(a+)+b"] }\n' },
        facts: {
          logSearches: [
            { pattern: "(a+)+b", found: null, unsearched: "searching the log took longer than 5 s" },
          ],
        },
        lines: [4],
      },
    ],
    good: [
      {
        title: "everything was looked at",
        files: { "pratique.yaml": "version: 1\ntest:\n  expect:\n    forbiddenColumns: [nhs_number]\n" },
        facts: {
          outputs: {
            files: [
              {
                path: "fit.csv",
                size: 100,
                tables: { csv: { kind: "table", rows: 4, columns: ["measure"], moreColumns: false } },
              },
            ],
          },
        },
      },
    ],
  },
  *check(facts, profile) {
    for (const one of assessExpectations(facts, profile)) {
      if (one.status === "not-assessed") yield draftOf(one, FIX);
    }
  },
});
