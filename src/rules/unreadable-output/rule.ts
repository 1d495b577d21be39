import { unmet } from "../expectations.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"run">({
  id: "unreadable-output",
  title: "An output cannot be read as what it should be",
  category: "expectations",
  needs: "run",
  severity: "error",
  requirements: [],
  why: "Nobody can look at a result that is cut short or not in its format, and in the Safe Haven it takes another job to write it again.",
  fix: "Write the file with a library for its format, and close it before the program ends.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a row with too few fields",
        files: {
          "pratique.yaml":
            "version: 1\ntest:\n  expect:\n    outputs:\n      - { path: fit.csv, format: csv }\n",
        },
        facts: {
          outputs: {
            files: [
              {
                path: "fit.csv",
                size: 100,
                tables: { csv: { kind: "broken", reason: "row 3 has 2 fields, and the header has 4" } },
              },
            ],
          },
        },
        lines: [5],
      },
      {
        title: "cut short",
        files: {
          "pratique.yaml":
            "version: 1\ntest:\n  expect:\n    outputs:\n      - { path: data/*.parquet, rows: { min: 1 } }\n",
        },
        facts: {
          outputs: {
            files: [
              {
                path: "data/a.parquet",
                size: 100,
                tables: { parquet: { kind: "broken", reason: "it does not end as a Parquet file does" } },
              },
            ],
          },
        },
        lines: [5],
      },
    ],
    good: [
      {
        title: "readable",
        files: {
          "pratique.yaml":
            "version: 1\ntest:\n  expect:\n    outputs:\n      - { path: fit.csv, format: csv }\n",
        },
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
  check: (facts, profile) =>
    unmet(
      "unreadable-output",
      facts,
      profile,
      "Write the file with a library for its format, and close it before the program ends.",
    ),
});
