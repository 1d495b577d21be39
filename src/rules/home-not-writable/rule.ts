import type { ImageFacts } from "../../image/facts.ts";
import type { Profile } from "../../profiles/profile.ts";
import type { Recording } from "../../run/recording.ts";
import { fixOf, someOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { homeLines } from "../run-endings.ts";
import { byFolder, endedEarly, pathsOf, processName, refusedWrites, writableInstead } from "../runs.ts";

const process = { pid: 9, command: "python waiting_times.py", executable: "/usr/local/bin/python3.11" };
const refused = {
  path: "/app/results.csv",
  operation: "open",
  process,
  count: 1,
  reason: "permission denied",
};
const failed = { code: 1, signal: null, cause: "exited" as const, detail: "" };

/** A home that some languages do not take from HOME needs a line of its own for them. */
function fixFor(folder: string, recording: Recording, image: ImageFacts, profile: Profile): string {
  const { scratch, outputs } = profile.directories;
  const lines = homeLines(recording, scratch.value);
  return lines.length > 1 && /^\/(?:$|\?|\.|root|home)|\?$/.test(folder)
    ? fixOf("Give the program a home that it can write.", ...lines)
    : writableInstead(folder, image, scratch.value, outputs.value);
}

export default defineRule<"run">({
  id: "home-not-writable",
  title: "The program cannot write where it wants to",
  category: "users",
  needs: "run",
  severity: "error",
  requirements: ["UID-05", "UID-09"],
  why: "On a laptop the container often runs as root, which may write everywhere. In the Safe Haven the job runs as a user that owns nothing in the image: it can write to /safe_outputs and /scratch.",
  fix: "Write results to /safe_outputs and everything else to /scratch; set HOME and the caches with ENV.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "results in the program's own folder",
        facts: { recording: { exit: failed, failedWrites: [refused] } },
      },
      {
        title: "a home of its own",
        facts: {
          recording: {
            exit: failed,
            failedWrites: [{ ...refused, path: "/.cache/waiting-times", operation: "mkdir" }],
          },
        },
      },
      {
        title: "MATLAB's cache",
        facts: {
          recording: {
            exit: failed,
            failedWrites: [{ ...refused, path: "/.mcrCache9.10", operation: "mkdir" }],
            log: {
              file: "l",
              bytes: 1,
              truncated: false,
              tail: ["Error: Could not access the MATLAB Runtime component cache."],
            },
          },
        },
      },
      {
        title: "two folders",
        facts: {
          recording: {
            exit: failed,
            failedWrites: [refused, { ...refused, path: "/root/.cache/x", reason: "read-only file system" }],
          },
        },
      },
    ],
    good: [
      { title: "nothing is refused", facts: {} },
      { title: "refused, but the job goes on", facts: { recording: { failedWrites: [refused] } } },
      {
        title: "not assessed when the job ended early for another reason",
        facts: {
          recording: {
            exit: failed,
            failedWrites: [{ ...refused, path: "/usr/lib/python3/__pycache__/x.pyc" }],
          },
        },
      },
    ],
  },
  *check({ recording, image }, profile) {
    const early = endedEarly(recording);
    if (early === undefined) return;
    const writes = refusedWrites(recording, profile.directories.data.value);
    if (writes.length === 0) {
      yield { notAssessed: `${early}, so it is not shown that the job works as the Safe Haven's user` };
      return;
    }
    for (const [folder, group] of byFolder(writes, image)) {
      const [first] = group;
      if (first === undefined) continue;
      yield {
        message: `${processName(first.process)} could not write ${someOf(pathsOf(group), 3)} (${first.reason}), and the job failed.`,
        fix: fixFor(folder, recording, image, profile),
        location: { process: first.process },
        subjects: [`folder:${folder}`],
      };
    }
  },
});
