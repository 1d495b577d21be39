import { unmet } from "../expectations.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"run">({
  id: "unexpected-row-count",
  title: "An output has more or fewer rows than is expected",
  category: "expectations",
  needs: "run",
  severity: "error",
  requirements: [],
  why: "The number of rows shows that all data were read, that none were lost in joining, and that a table for release is a summary and not the data themselves.",
  fix: "Find out which rows are missing or too many, or correct the number that pratique.yaml expects.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "no rows",
        files: {
          "pratique.yaml":
            "version: 1\ntest:\n  expect:\n    outputs:\n      - { path: fit.csv, rows: { min: 1 } }\n",
        },
        facts: {
          outputs: {
            files: [
              {
                path: "fit.csv",
                size: 10,
                tables: { csv: { kind: "table", rows: 0, columns: ["measure"], moreColumns: false } },
              },
            ],
          },
        },
        lines: [5],
      },
      {
        title: "too many",
        files: {
          "pratique.yaml":
            "version: 1\ntest:\n  expect:\n    outputs:\n      - { path: summary.json, rows: 5 }\n",
        },
        facts: {
          outputs: {
            files: [
              {
                path: "summary.json",
                size: 10,
                tables: { json: { kind: "table", rows: 200, columns: ["measure"], moreColumns: false } },
              },
            ],
          },
        },
        lines: [5],
      },
      {
        title: "no list",
        files: {
          "pratique.yaml":
            "version: 1\ntest:\n  expect:\n    outputs:\n      - { path: summary.json, rows: 5 }\n",
        },
        facts: {
          outputs: {
            files: [
              {
                path: "summary.json",
                size: 10,
                tables: {
                  json: { kind: "table", rows: undefined, columns: ["measure"], moreColumns: false },
                },
              },
            ],
          },
        },
        lines: [5],
      },
    ],
    good: [
      {
        title: "as many as expected",
        files: {
          "pratique.yaml":
            "version: 1\ntest:\n  expect:\n    outputs:\n      - { path: fit.csv, rows: { min: 1, max: 10 } }\n",
        },
        facts: {
          outputs: {
            files: [
              {
                path: "fit.csv",
                size: 10,
                tables: { csv: { kind: "table", rows: 4, columns: ["measure"], moreColumns: false } },
              },
            ],
          },
        },
      },
    ],
  },
  check: (facts, profile) =>
    unmet(
      "unexpected-row-count",
      facts,
      profile,
      "Find out which rows are missing or too many, or correct the number in the settings.",
    ),
});
