import { overridden } from "../overridden.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "several-health-checks",
  title: "HEALTHCHECK is given more than once",
  category: "start-up",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "Only the last one counts. A reader who finds the first one believes that it is run.",
  fix: "Keep the last one and take the others out.",
  aliases: ["hadolint:DL3012", "trivy:DS-0023", "buildkit:MultipleInstructionsDisallowed"],
  keywords: ["HEALTHCHECK"],
  examples: {
    bad: [
      {
        title: "two",
        dockerfile: 'FROM python:3.12\nHEALTHCHECK CMD ["a"]\nHEALTHCHECK --interval=1m CMD ["b"]\n',
        lines: [2],
      },
      {
        title: "turned off after all, in a builder stage",
        dockerfile:
          'FROM python:3.12 AS a\nHEALTHCHECK CMD ["a"]\nHEALTHCHECK NONE\nFROM python:3.12\nRUN true\n',
        lines: [2],
      },
    ],
    good: [
      {
        title: "one in each stage",
        dockerfile: 'FROM python:3.12 AS a\nHEALTHCHECK CMD ["a"]\nFROM a\nHEALTHCHECK NONE\n',
      },
    ],
  },
  check: (facts) => overridden(facts, "HEALTHCHECK"),
});
