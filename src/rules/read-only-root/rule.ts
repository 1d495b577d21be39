import { fixOf, isWithin, someOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { endedEarly, isHarmlessWrite, pathsOf, processName } from "../runs.ts";

const process = { pid: 9, command: "python fit.py", executable: "/usr/local/bin/python3.11" };
const write = { path: "/tmp/x", operation: "open", process, count: 1, reason: "read-only file system" };
const readOnly = { rootFileSystem: "read-only" as const };

export default defineRule<"run">({
  id: "read-only-root",
  title: "The job would not work with a read-only container",
  category: "directories",
  needs: "run",
  severity: "info",
  requirements: ["DIR-08.RO"],
  why: "The Safe Haven has announced that the container's own file system may become read-only. Then only /safe_outputs and /scratch can be written.",
  fix: "Send temporary files, caches and the home to /scratch.",
  aliases: [],
  examples: {
    bad: [
      { title: "a temporary file", facts: { recording: { ...readOnly, failedWrites: [write] } } },
      {
        title: "the job fails",
        facts: { recording: { ...readOnly, exit: { code: 1, signal: null, cause: "exited", detail: "" } } },
      },
    ],
    good: [
      { title: "it works", facts: { recording: readOnly } },
      {
        title: "the data are read-only anyway",
        facts: {
          recording: {
            ...readOnly,
            failedWrites: [
              { ...write, path: "/safe_data/x" },
              { ...write, path: "/opt/__pycache__/a.pyc" },
            ],
          },
        },
      },
      { title: "not assessed in an ordinary run", facts: {} },
    ],
  },
  *check({ recording }, profile) {
    if (recording.rootFileSystem !== "read-only") {
      yield { notAssessed: "tried on demand: pratique test --runtime future" };
      return;
    }
    const scratch = profile.directories.scratch.value;
    const writes = recording.failedWrites.filter(
      (one) =>
        /read-only|EROFS/i.test(one.reason) &&
        !isHarmlessWrite(one) &&
        !isWithin(one.path, profile.directories.data.value),
    );
    const [first] = writes;
    const early = endedEarly(recording);
    const fix = fixOf(
      "Send everything that is not a result to the scratch space.",
      `ENV HOME=${scratch} TMPDIR=${scratch} TMP=${scratch} TEMP=${scratch} XDG_CACHE_HOME=${scratch}/.cache`,
    );
    if (first === undefined && early === undefined) return;
    const message =
      first === undefined
        ? `When the container was read-only ${early ?? "the job failed"}.`
        : `${processName(first.process)} could not write ${someOf(pathsOf(writes), 3)} when the container was read-only${early === undefined ? ", and went on" : ", and the job failed"}.`;
    yield { message, fix, ...(first === undefined ? {} : { location: { process: first.process } }) };
  },
});
