import { unmet } from "../expectations.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"run">({
  id: "unexpected-exit",
  title: "The job ends with another exit code than is expected",
  category: "expectations",
  needs: "run",
  severity: "error",
  requirements: [],
  why: "A case that is meant to fail shows how the program treats bad data or wrong arguments. Where it ends otherwise, the program does not notice what is wrong, or fails for another reason.",
  fix: "Correct the program, or the exit code that pratique.yaml expects.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "bad data go unnoticed",
        files: { "pratique.yaml": "version: 1\ntest:\n  expect:\n    exitCode: 2\n" },
        facts: {},
        lines: [4],
      },
      {
        title: "another error",
        files: { "pratique.yaml": "version: 1\ntest:\n  expect:\n    exitCode: [2, 3]\n" },
        facts: { recording: { exit: { code: 1, signal: null, cause: "exited", detail: "" } } },
        lines: [4],
      },
    ],
    good: [
      {
        title: "as expected",
        files: { "pratique.yaml": "version: 1\ntest:\n  expect:\n    exitCode: 2\n" },
        facts: { recording: { exit: { code: 2, signal: null, cause: "exited", detail: "" } } },
      },
      { title: "nothing is expected", facts: {} },
      {
        title: "a job that is meant to succeed is the business of job-fails",
        files: { "pratique.yaml": "version: 1\ntest:\n  expect:\n    exitCode: 0\n" },
        facts: { recording: { exit: { code: 1, signal: null, cause: "exited", detail: "" } } },
      },
    ],
  },
  *check(facts, profile) {
    // Where success is expected, job-fails says what went wrong; it does so for any end but the program's own, too.
    const { recording, expected } = facts;
    if (recording.exit.cause !== "exited" || (expected.exitCode?.value ?? [0]).includes(0)) return;
    yield* unmet("unexpected-exit", facts, profile, "Correct the program, or the exit code in the settings.");
  },
});
