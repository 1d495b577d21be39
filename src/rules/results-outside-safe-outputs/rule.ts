import { mountedDirectories, resultsDirectory } from "../../profiles/profile.ts";
import { isWithin, someOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { endedEarly, isHarmlessWrite, pathsOf } from "../runs.ts";

const process = { pid: 9, command: "python fit.py", executable: "/usr/local/bin/python3.11" };
const write = {
  path: "/opt/app/results.csv",
  operation: "open",
  process,
  count: 1,
  bytes: 120,
  survives: false,
  reason: "outside the Safe Haven's directories",
};
const nothing = { files: 0, bytes: 0, list: [] };

export default defineRule<"run">({
  id: "results-outside-safe-outputs",
  title: "Results are lost when the job ends",
  category: "directories",
  needs: "run",
  severity: "error",
  requirements: ["DIR-07"],
  why: "Only what is written to /safe_outputs outlives the container. A job that writes its results elsewhere ends without an error and leaves nothing.",
  fix: "Write results to /safe_outputs, best to a folder that is given as an argument.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "results beside the program",
        facts: { recording: { outputs: nothing, strayWrites: [write] } },
      },
      {
        title: "a folder for outputs that is not mounted",
        facts: {
          recording: {
            runtime: "ood",
            outputs: nothing,
            strayWrites: [{ ...write, path: "/safe_outputs/results.csv" }],
          },
        },
      },
    ],
    good: [
      { title: "results in their place", facts: {} },
      { title: "results in their place and a log elsewhere", facts: { recording: { strayWrites: [write] } } },
      {
        title: "only temporary files",
        facts: {
          recording: {
            outputs: nothing,
            strayWrites: [
              { ...write, path: "/tmp/x" },
              { ...write, path: "/.cache/y" },
            ],
          },
        },
      },
      {
        title: "not assessed when the job ended early",
        facts: {
          recording: {
            outputs: nothing,
            strayWrites: [write],
            exit: { code: 1, signal: null, cause: "exited", detail: "" },
          },
        },
      },
    ],
  },
  *check({ recording, image }, profile) {
    const early = endedEarly(recording);
    if (early !== undefined) {
      yield { notAssessed: `${early}, so its results may not have been written yet` };
      return;
    }
    if (recording.outputs.files > 0) return;
    const results =
      profile.directories[resultsDirectory(profile.runtimes[recording.runtime]) ?? "outputs"].value;
    const home = image.environment.get("HOME") ?? "";
    const lost = recording.strayWrites.filter(
      (one) =>
        !isHarmlessWrite(one) &&
        !/^\/(?:tmp|var\/tmp|var\/cache|var\/log|var\/run|run|dev|proc|sys)(?:\/|$)|\/\.[^/]+(?:\/|$)|\.(?:lock|tmp|pid|log)$/.test(
          one.path,
        ) &&
        !(home.length > 1 && isWithin(one.path, `${home}/.cache`)) &&
        !mountedDirectories(profile, recording.runtime).some((folder) => isWithin(one.path, folder)),
    );
    const [first] = lost;
    if (first === undefined) {
      if (recording.coverage.writes.status !== "observed")
        yield {
          notAssessed: `${results} stayed empty, and writes elsewhere could not be fully observed: ${recording.coverage.writes.reason || "no reason is known"}`,
        };
      return;
    }
    yield {
      message: `The job ended well, but it left nothing in ${results}: what it wrote to ${someOf(pathsOf(lost), 3)} is lost with the container.`,
      fix: `Write results to ${results} in your code, best to a folder that is given as an argument.`,
      location: { process: first.process },
    };
  },
});
