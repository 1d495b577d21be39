import { at, fixOf, lastInstruction } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "missing-health-check",
  title: "The image says no way to tell whether its service answers",
  category: "start-up",
  needs: "dockerfile",
  severity: "info",
  optIn: true,
  requirements: [],
  why: "A service that hangs is noticed by a HEALTHCHECK. A batch job ends by itself and needs none, so this rule runs only when it is asked for.",
  fix: "Add a HEALTHCHECK that asks the service for something small.",
  aliases: ["hadolint:DL3057", "trivy:DS-0026", "checkov:CKV_DOCKER_2", "dockle:CIS-DI-0006"],
  examples: {
    bad: [
      { title: "none", dockerfile: 'FROM python:3.12\nCMD ["serve"]\n', lines: [1] },
      {
        title: "in a builder stage only",
        dockerfile: 'FROM python:3.12 AS a\nHEALTHCHECK CMD ["a"]\nFROM python:3.12\nRUN true\n',
        lines: [3],
      },
    ],
    good: [
      { title: "one", dockerfile: 'FROM python:3.12\nHEALTHCHECK CMD ["curl", "-f", "http://localhost/"]\n' },
      {
        title: "in the stage it builds on",
        dockerfile: 'FROM python:3.12 AS a\nHEALTHCHECK CMD ["a"]\nFROM a\nRUN true\n',
      },
      { title: "said to be unwanted", dockerfile: "FROM python:3.12\nHEALTHCHECK NONE\n" },
    ],
  },
  *check(facts) {
    const last = facts.stages.at(-1);
    if (last === undefined || lastInstruction(facts, "HEALTHCHECK") !== undefined) return;
    const elsewhere = facts.dockerfile.instructions.some(({ keyword }) => keyword === "HEALTHCHECK");
    yield {
      // Some are content with one in any stage.
      ...(elsewhere ? { aliases: ["hadolint:DL3057", "dockle:CIS-DI-0006"] } : {}),
      message: "There is no HEALTHCHECK.",
      fix: fixOf(
        "Add one, or say that none is wanted.",
        'HEALTHCHECK CMD ["curl", "-fsS", "http://localhost:8080/"]',
        "HEALTHCHECK NONE",
      ),
      ...at(facts.dockerfile, last.stage.from.range),
    };
  },
});
