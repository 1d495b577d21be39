import { plural } from "../../findings/counting.ts";
import { mountedDirectories } from "../../profiles/profile.ts";
import { groupBy } from "../group.ts";
import { fixOf, isWithin, someOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { endedEarly, isHarmlessWrite, pathsOf, processName, topFolder } from "../runs.ts";

const process = { pid: 9, command: "Rscript fit.R", executable: "/usr/local/lib/R/bin/exec/R" };
const write = {
  path: "/tmp/RtmpA1/file9",
  operation: "open",
  process,
  count: 1,
  bytes: 120,
  survives: false,
  reason: "outside the Safe Haven's directories",
};

export default defineRule<"run">({
  id: "stray-writes",
  title: "Files are written inside the container itself",
  category: "directories",
  needs: "run",
  severity: "warning",
  requirements: ["DIR-08"],
  why: "The container's own file system has little space, is lost when the job ends and may become read-only. The scratch space is made for temporary files.",
  fix: "Send temporary files to /scratch with TMPDIR, TMP and TEMP, and caches with XDG_CACHE_HOME.",
  aliases: [],
  examples: {
    bad: [
      { title: "temporary files", facts: { recording: { strayWrites: [write] } } },
      {
        title: "in two places",
        facts: { recording: { strayWrites: [write, { ...write, path: "/opt/app/out.log" }] } },
      },
    ],
    good: [
      { title: "nothing", facts: {} },
      {
        title: "what belongs to the machine",
        facts: {
          recording: {
            strayWrites: [
              { ...write, path: "/dev/null" },
              { ...write, path: "/dev/shm/x" },
              { ...write, path: "/scratch/x" },
            ],
          },
        },
      },
      {
        title: "not assessed when the job ended early",
        facts: { recording: { exit: { code: 1, signal: null, cause: "exited", detail: "" } } },
      },
    ],
  },
  *check({ recording, image }, profile) {
    const scratch = profile.directories.scratch.value;
    const writes = recording.strayWrites.filter(
      (write) =>
        !isHarmlessWrite(write) &&
        !/^\/(?:dev|proc|sys)(?:\/|$)/.test(write.path) &&
        !mountedDirectories(profile, recording.runtime).some((folder) => isWithin(write.path, folder)),
    );
    const groups = groupBy(writes, ({ path }) => topFolder(path, image.environment.get("HOME") ?? ""));
    for (const [folder, group] of groups) {
      const [first] = group;
      if (first === undefined) continue;
      const paths = pathsOf(group);
      const temporary = isWithin(folder, "/tmp") || isWithin(folder, "/var/tmp");
      yield {
        message: `${processName(first.process)} wrote ${plural(paths.length, "file")} below ${folder}, inside the container: ${someOf(paths, 3)}.`,
        fix: temporary
          ? fixOf(
              "Send temporary files to the scratch space.",
              `ENV TMPDIR=${scratch} TMP=${scratch} TEMP=${scratch}`,
            )
          : /\/\.(?:cache|config|local)(?:\/|$)/.test(first.path)
            ? fixOf(
                "Send caches to the scratch space.",
                `ENV HOME=${scratch} XDG_CACHE_HOME=${scratch}/.cache`,
              )
            : fixOf("Start the program in the scratch space, or give it a path there.", `WORKDIR ${scratch}`),
        location: { process: first.process },
        ...(temporary ? { subjects: ["temporary-files"] } : {}),
      };
    }
    if (groups.size > 0) return;
    const early = endedEarly(recording);
    if (recording.coverage.writes.status !== "observed")
      yield {
        notAssessed: `writes could not be fully observed: ${recording.coverage.writes.reason || "no reason is known"}`,
      };
    else if (early !== undefined) yield { notAssessed: `${early}, so later writes would not have been seen` };
  },
});
