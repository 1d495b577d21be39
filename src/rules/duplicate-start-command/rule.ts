import { overridden } from "../overridden.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "duplicate-start-command",
  title: "ENTRYPOINT or CMD is given more than once",
  category: "start-up",
  needs: "dockerfile",
  severity: "warning",
  keywords: ["ENTRYPOINT", "CMD"],
  requirements: [],
  why: "Only the last one counts. A reader who finds the first one believes that another program runs.",
  fix: "Keep the last one and take the others out.",
  aliases: [
    "hadolint:DL4003",
    "hadolint:DL4004",
    "trivy:DS-0007",
    "trivy:DS-0016",
    "buildkit:MultipleInstructionsDisallowed",
  ],
  examples: {
    bad: [
      { title: "two CMD", dockerfile: 'FROM python:3.12\nCMD ["a"]\nCMD ["b"]\n', lines: [2] },
      {
        title: "three ENTRYPOINT",
        dockerfile: 'FROM python:3.12\nENTRYPOINT ["a"]\nENTRYPOINT ["b"]\nRUN true\nENTRYPOINT ["c"]\n',
        lines: [2, 3],
      },
    ],
    good: [
      { title: "one of each", dockerfile: 'FROM python:3.12\nENTRYPOINT ["a"]\nCMD ["b"]\n' },
      { title: "one in each stage", dockerfile: 'FROM python:3.12 AS a\nCMD ["a"]\nFROM a\nCMD ["b"]\n' },
      { title: "CMD kept for child images", dockerfile: 'FROM python:3.12\nONBUILD CMD ["a"]\nCMD ["b"]\n' },
    ],
  },
  *check(facts) {
    for (const [keyword, aliases] of Object.entries(PEERS)) {
      for (const draft of overridden(facts, keyword)) yield { ...draft, aliases };
    }
  },
});

/** The peers' rules for each of the two. */
const PEERS = {
  ENTRYPOINT: ["hadolint:DL4004", "trivy:DS-0007", "buildkit:MultipleInstructionsDisallowed"],
  CMD: ["hadolint:DL4003", "trivy:DS-0016", "buildkit:MultipleInstructionsDisallowed"],
};
