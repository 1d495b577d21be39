import { fixOf, isWithin, someOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { endedEarly, pathsOf, processName } from "../runs.ts";

const process = { pid: 9, command: "python fit.py", executable: "/usr/local/bin/python3.11" };
const write = {
  path: "/safe_data/cache/index.db",
  operation: "open",
  process,
  count: 1,
  reason: "read-only file system",
};

export default defineRule<"run">({
  id: "safe-data-written",
  title: "The program writes to the data directory",
  category: "directories",
  needs: "run",
  severity: "error",
  requirements: ["DIR-10"],
  why: "The project's data are mounted read-only on the GPU cluster. A program that writes beside its data, a cache or an index for example, fails there.",
  fix: "Write caches to /scratch and results to /safe_outputs.",
  aliases: [],
  examples: {
    bad: [{ title: "an index beside the data", facts: { recording: { failedWrites: [write] } } }],
    good: [
      { title: "only reads", facts: {} },
      {
        title: "a similar name",
        facts: { recording: { failedWrites: [{ ...write, path: "/safe_data_old/x" }] } },
      },
      {
        title: "not assessed when the job ended early",
        facts: { recording: { exit: { code: 1, signal: null, cause: "exited", detail: "" } } },
      },
    ],
  },
  *check({ recording }, profile) {
    const { data, outputs, scratch } = profile.directories;
    const writes = recording.failedWrites.filter(({ path }) => isWithin(path, data.value));
    const [first] = writes;
    if (first !== undefined) {
      yield {
        message: `${processName(first.process)} tried to write ${someOf(pathsOf(writes), 3)}, and ${data.value} is read-only in the Safe Haven.`,
        fix: fixOf(
          `Write results to ${outputs.value} and caches to ${scratch.value}.`,
          `ENV XDG_CACHE_HOME=${scratch.value}/.cache`,
        ),
        location: { process: first.process },
      };
      return;
    }
    const early = endedEarly(recording);
    if (recording.coverage.writes.status !== "observed")
      yield {
        notAssessed: `writes could not be fully observed: ${recording.coverage.writes.reason || "no reason is known"}`,
      };
    else if (early !== undefined) yield { notAssessed: `${early}, so later writes would not have been seen` };
  },
});
