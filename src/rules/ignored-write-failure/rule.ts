import { groupBy } from "../group.ts";
import { someOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import {
  byFolder,
  isHarmlessWrite,
  isRefused,
  pathsOf,
  processName,
  refusedWrites,
  writableInstead,
} from "../runs.ts";

const process = { pid: 9, command: "python fit.py", executable: "/usr/local/bin/python3.11" };
const refused = {
  path: "/.cache/model/a.json",
  operation: "open",
  process,
  count: 1,
  reason: "permission denied",
};

export default defineRule<"run">({
  id: "ignored-write-failure",
  title: "The program goes on although it could not write",
  category: "users",
  needs: "run",
  severity: "warning",
  requirements: ["UID-09"],
  why: "The job ended well although the Safe Haven's user could not write everywhere. Something was not kept: a cache that makes the next run fast, or a file that somebody misses later.",
  fix: "Set HOME and the caches to /scratch with ENV, or write to /safe_outputs what is to be kept.",
  aliases: [],
  examples: {
    bad: [
      { title: "a cache", facts: { recording: { failedWrites: [refused] } } },
      {
        title: "compiled files of Python, as a remark",
        facts: { recording: { failedWrites: [{ ...refused, path: "/opt/app/__pycache__/fit.pyc" }] } },
      },
    ],
    good: [
      { title: "nothing is refused", facts: {} },
      {
        title: "the job fails: home-not-writable reports it",
        facts: {
          recording: {
            failedWrites: [refused],
            exit: { code: 1, signal: null, cause: "exited", detail: "" },
          },
        },
      },
      {
        title: "Julia, which marks each compiled file that it loads with the time",
        facts: {
          recording: { failedWrites: [{ ...refused, path: "/opt/julia/compiled/v1.11/CSV/66TcR_JGFqF.ji" }] },
        },
      },
      {
        title: "not a matter of permission",
        facts: { recording: { failedWrites: [{ ...refused, reason: "no such file or directory" }] } },
      },
    ],
  },
  *check({ recording, image }, profile) {
    if (recording.exit.code !== 0) return;
    for (const [folder, group] of byFolder(refusedWrites(recording, profile.directories.data.value), image)) {
      const [first] = group;
      if (first === undefined) continue;
      yield {
        message: `${processName(first.process)} could not write ${someOf(pathsOf(group), 3)} (${first.reason}), and went on.`,
        fix: writableInstead(
          folder,
          image,
          profile.directories.scratch.value,
          profile.directories.outputs.value,
        ),
        location: { process: first.process },
        subjects: [`folder:${folder}`],
      };
    }
    const { writes } = recording.coverage;
    if (writes.status !== "observed" && recording.failedWrites.length === 0) {
      yield { notAssessed: `writes could not be fully observed: ${writes.reason || "no reason is known"}` };
    }
    const harmless = recording.failedWrites.filter(
      (write) => isRefused(write) && /__pycache__|\.pyc/.test(write.path) && isHarmlessWrite(write),
    );
    for (const [, group] of groupBy(harmless, () => "python")) {
      const [first] = group;
      if (first === undefined) continue;
      yield {
        severity: "info",
        message: `${processName(first.process)} could not keep Python's compiled files beside the code, which does no harm.`,
        fix: "Set this to keep it from trying.\n    ENV PYTHONDONTWRITEBYTECODE=1",
        location: { process: first.process },
      };
    }
  },
});
