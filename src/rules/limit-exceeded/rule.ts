import { unmet } from "../expectations.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"run">({
  id: "limit-exceeded",
  title: "The run takes more time or memory than is expected",
  category: "expectations",
  needs: "run",
  severity: "error",
  requirements: [],
  why: "A job asks the cluster for time and memory before it starts, and is ended when it takes more. A test that knows how much it should take notices when a change makes it slower or larger.",
  fix: "Find out what takes so much, or correct the limit that pratique.yaml expects.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "too slow",
        files: { "pratique.yaml": "version: 1\ntest:\n  expect:\n    maxTime: 2s\n" },
        facts: { recording: { seconds: 4.2 } },
        lines: [4],
      },
    ],
    good: [
      {
        title: "quick enough",
        files: { "pratique.yaml": "version: 1\ntest:\n  expect:\n    maxTime: 10s\n" },
        facts: { recording: { seconds: 4.2 } },
      },
      { title: "nothing is expected", facts: {} },
    ],
  },
  check: (facts, profile) =>
    unmet(
      "limit-exceeded",
      facts,
      profile,
      "Find out what takes so much, or correct the limit in the settings.",
    ),
});
