import { binarySizeOf } from "../../findings/counting.ts";
import { NO_USAGE, type Usage } from "../../run/recording.ts";
import { fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

const GIB = 1024 ** 3;
const used = (memory: number, limit: number | null): Usage => ({
  ...NO_USAGE,
  limits: { ...NO_USAGE.limits, memory: limit },
  peaks: { ...NO_USAGE.peaks, memory },
});

export default defineRule<"run">({
  id: "little-memory-left",
  title: "The job came close to its memory limit",
  category: "job",
  needs: "run",
  severity: "info",
  requirements: [],
  why: "A job that needs more memory than it asked for is ended on the spot. One that just fits with the data of a test will not fit with more data.",
  fix: "Ask for more memory in the job's manifest, and test with as much.",
  aliases: [],
  examples: {
    bad: [{ title: "nearly all of it", facts: { recording: { usage: used(3.8 * GIB, 4 * GIB) } } }],
    good: [
      { title: "half of it", facts: { recording: { usage: used(2 * GIB, 4 * GIB) } } },
      { title: "no limit", facts: { recording: { usage: used(3.8 * GIB, null) } } },
      {
        title: "more than all of it, which job-fails reports",
        facts: {
          recording: {
            usage: used(4 * GIB, 4 * GIB),
            exit: { code: 137, signal: "SIGKILL", cause: "memory", detail: "" },
          },
        },
      },
    ],
  },
  *check({ recording }) {
    const { limits, peaks } = recording.usage;
    if (recording.exit.cause === "memory") return;
    if (limits.memory === null || peaks.memory === null || peaks.memory < limits.memory * 0.9) return;
    yield {
      message: `The job used ${binarySizeOf(peaks.memory)} of its ${binarySizeOf(limits.memory)} of memory.`,
      fix: fixOf(
        "Test with the memory that the job will ask for, in pratique.yaml.",
        "test:",
        "  memory: 16g",
      ),
    };
  },
});
