import { unmet } from "../expectations.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"run">({
  id: "forbidden-column",
  title: "An output has a column that must not leave",
  category: "expectations",
  needs: "run",
  severity: "error",
  requirements: [],
  why: "Names, numbers and dates that identify people must not be among the results. What is found before the data come in is found in time.",
  fix: "Drop the column before the table is written.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a number that identifies people",
        files: {
          "pratique.yaml": "version: 1\ntest:\n  expect:\n    forbiddenColumns:\n      - nhs_number\n",
        },
        facts: {
          outputs: {
            files: [
              {
                path: "out/cohort.csv",
                size: 100,
                tables: {
                  csv: { kind: "table", rows: 4, columns: ["NHS Number", "age"], moreColumns: false },
                },
              },
            ],
          },
        },
        lines: [5],
      },
      {
        title: "a key of JSON",
        files: { "pratique.yaml": 'version: 1\ntest:\n  expect:\n    forbiddenColumns: ["*postcode"]\n' },
        facts: {
          outputs: {
            files: [
              {
                path: "a.json",
                size: 100,
                tables: { json: { kind: "table", rows: 4, columns: ["home_postcode"], moreColumns: false } },
              },
            ],
          },
        },
        lines: [4],
      },
    ],
    good: [
      {
        title: "nothing that identifies people",
        files: {
          "pratique.yaml":
            "version: 1\ntest:\n  expect:\n    forbiddenColumns: [nhs_number, date_of_birth]\n",
        },
        facts: {
          outputs: {
            files: [
              {
                path: "fit.csv",
                size: 100,
                tables: {
                  csv: { kind: "table", rows: 4, columns: ["measure", "log_odds"], moreColumns: false },
                },
              },
              { path: "plot.png", size: 100, tables: {} },
            ],
          },
        },
      },
      { title: "nothing is forbidden", facts: {} },
    ],
  },
  check: (facts, profile) =>
    unmet("forbidden-column", facts, profile, "Drop the column before the table is written."),
});
