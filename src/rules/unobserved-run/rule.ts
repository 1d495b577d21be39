import { defineRule } from "../rule.ts";

const blind = { status: "not-observed" as const, reason: "the recorder could not attach to the program" };

export default defineRule<"run">({
  id: "unobserved-run",
  title: "What the job tried on the network was not seen",
  category: "offline",
  needs: "run",
  severity: "info",
  requirements: ["OFF-02"],
  why: "The job was run without a network, as the documents ask. When the recorder cannot watch, a job that tolerates failed attempts looks the same as one that makes none.",
  fix: "Run `pratique doctor`: it says what keeps the recorder from watching on this machine.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "the recorder could not attach",
        facts: { recording: { coverage: { network: blind, names: blind, writes: blind } } },
      },
    ],
    good: [
      { title: "all was seen", facts: {} },
      {
        title: "names were not",
        facts: {
          recording: {
            coverage: { network: { status: "observed", reason: "" }, names: blind, writes: blind },
          },
        },
      },
    ],
  },
  *check({ recording }) {
    if (recording.coverage.network.status !== "not-observed") return;
    const reason = recording.coverage.network.reason || "no reason is known";
    yield {
      message: `The job ran without a network, but what it tried was not seen: ${reason.replace(/[.\s]+$/, "")}.`,
      fix: "Run “pratique doctor”, which says what keeps the recorder from watching on this machine.",
    };
    yield { notAssessed: `what the job tried on the network was not observed: ${reason}` };
  },
});
