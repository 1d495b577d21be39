import type { Expectations } from "../../config/expectations.ts";
import { binarySizeOf } from "../../findings/counting.ts";
import type { Profile } from "../../profiles/profile.ts";
import type { Recording } from "../../run/recording.ts";
import { fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { endingOf, memoryLimit, noSpace } from "../run-endings.ts";
import {
  endedEarly,
  installLine,
  isRefused,
  shortCommand,
  speaksOfNetwork,
  speaksOfPermission,
  speaksOfUserName,
} from "../runs.ts";
import { hideSecrets } from "../secrets.ts";

const exit = (
  cause: Recording["exit"]["cause"],
  code: number | null = 1,
  signal: string | null = null,
): Recording["exit"] => ({ code, signal, cause, detail: "" });
const process = { pid: 9, command: "python fit.py", executable: "/usr/bin/python3" };

export default defineRule<"run">({
  id: "job-fails",
  title: "The job does not run to its end",
  category: "start-up",
  needs: "run",
  severity: "error",
  requirements: ["IMG-14"],
  why: "The image was run as the Safe Haven would run it: same kind of user, same directories, no network. What fails here fails there, after days of waiting for a GPU.",
  fix: "Read the end of the program's output, correct the cause, and run the check again.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "an error of the program",
        facts: {
          recording: {
            exit: exit("exited"),
            log: {
              file: "logs/run.log",
              bytes: 10,
              truncated: false,
              tail: ["Traceback (most recent call last):", "ValueError: no rows"],
            },
          },
        },
      },
      { title: "too little memory", facts: { recording: { exit: exit("memory", 137) } } },
      {
        title: "too slow",
        facts: { recording: { exit: exit("time-limit", null, "SIGKILL"), seconds: 600 } },
      },
      {
        title: "slow for want of the network",
        facts: { recording: { exit: exit("time-limit", null, "SIGKILL"), seconds: 120, secondsLost: 111 } },
      },
      {
        title: "packages of R that are installed by the script",
        facts: {
          recording: {
            exit: exit("exited"),
            log: {
              file: "l",
              bytes: 1,
              truncated: false,
              tail: [
                'Warning in install.packages("survminer", repos = "https://cloud.r-project.org") :',
                "  'lib = \"/usr/local/lib/R/site-library\"' is not writable",
                'Error in install.packages("survminer", repos = "https://cloud.r-project.org") : ',
                "  unable to install packages",
                "Execution halted",
              ],
            },
          },
        },
      },
      { title: "no such program", facts: { recording: { exit: exit("not-found", 127) } } },
      { title: "the wrong machine", facts: { recording: { exit: exit("wrong-architecture", null) } } },
      {
        title: "a library that is missing",
        facts: {
          recording: {
            exit: exit("exited", 127),
            log: {
              file: "l",
              bytes: 1,
              truncated: false,
              tail: [
                "/opt/fit: error while loading shared libraries: libgsl.so.27: cannot open shared object file: No such file or directory",
              ],
            },
          },
        },
      },
      { title: "a newer processor", facts: { recording: { exit: exit("signal", null, "SIGILL") } } },
      { title: "a crash", facts: { recording: { exit: exit("signal", null, "SIGSEGV") } } },
      {
        title: "as a remark, where other rules report the cause",
        facts: {
          recording: {
            exit: exit("exited"),
            failedWrites: [
              { path: "/app/results.csv", operation: "open", process, count: 1, reason: "permission denied" },
            ],
            log: {
              file: "l",
              bytes: 1,
              truncated: false,
              tail: ["PermissionError: [Errno 13] Permission denied: 'results.csv'"],
            },
          },
        },
      },
    ],
    good: [
      { title: "exit code 0", facts: {} },
      {
        title: "an error that the settings expect: not assessed further",
        files: { "pratique.yaml": "version: 1\ntest:\n  expect:\n    exitCode: 1\n" },
        facts: { recording: { exit: exit("exited") } },
      },
    ],
  },
  *check({ recording, image, expected }, profile) {
    if (recording.exit.code === 0) return;
    if (meansToFail(recording, expected)) {
      yield {
        notAssessed: `the job is meant to end with exit code ${expected.exitCode?.value.join(" or ")} in this test, so no run showed that it can end well`,
      };
      return;
    }
    const known = knownCause(recording);
    const last = lastWords(recording.log.tail);
    const told = explain(recording, profile);
    if (known !== undefined) {
      const early = endedEarly(recording) ?? "the job ended early";
      yield {
        severity: "info",
        message: `${early.charAt(0).toUpperCase()}${early.slice(1)}: ${known}, which is reported on its own.${last === undefined ? "" : ` Its last words were “${last}”.`}`,
        fix: `Correct that first, then run the check again; the whole output is in ${recording.log.file}.`,
      };
      yield { notAssessed: `${early}: ${known}` };
      return;
    }
    yield {
      message: `${told.message}${last === undefined ? "" : ` Its last words were “${last}”.`}`,
      fix: told.fix ?? `The whole output is in ${recording.log.file}.`,
      ...(image.program.path !== undefined && /not-|missing|wrong/.test(recording.exit.cause)
        ? { location: { imagePath: image.program.path } }
        : {}),
    };
  },
});

/** The settings expect an error, and there was one: whether it is the right one is for unexpected-exit to say. */
const meansToFail = (recording: Recording, { exitCode }: Expectations): boolean =>
  recording.exit.cause === "exited" && exitCode !== undefined && !exitCode.value.includes(0);

/** A cause that another rule reports with its fix: one mistake is told once. */
function knownCause(recording: Recording): string | undefined {
  if (noSpace(recording) !== undefined && recording.exit.cause !== "time-limit")
    return "there was no room left";
  if (recording.exit.cause !== "exited") return undefined;
  const { tail } = recording.log;
  if (speaksOfUserName(tail)) return "it asked for the name of its user";
  if (recording.attempts.length > 0 && speaksOfNetwork(tail)) {
    return recording.attempts.some((attempt) => installLine(attempt.process.command) !== undefined)
      ? "it could not install what it wanted"
      : "it could not reach what it wanted on the network";
  }
  if (recording.failedWrites.some(isRefused) && speaksOfPermission(tail))
    return "it could not write where it wanted to";
  return undefined;
}

function explain(recording: Recording, profile: Profile): { message: string; fix?: string } {
  const { code, signal, cause, detail } = recording.exit;
  const program =
    shortCommand({ command: recording.argv.join(" "), executable: recording.argv[0] ?? "the program" }) ||
    "the program";
  const limit = memoryLimit(recording, profile);
  const more = detail === "" ? "" : ` (${hideSecrets(detail.slice(0, 200)).replace(/[.\s]+$/, "")})`;
  switch (cause) {
    case "memory":
      return {
        message: `${program} was ended because it needed more memory than the job has${limit === undefined ? "" : ` (${limit})`}${largestOf(recording)}${more}.`,
        fix: fixOf(
          "Use less memory at a time, or test with the memory that your job will ask for, in pratique.yaml.",
          "test:",
          "  memory: 16g",
        ),
      };
    case "time-limit":
      if (recording.secondsLost > recording.seconds / 2) {
        return {
          message: `${program} was still running after ${Math.round(recording.seconds)} s, when the test ended it: it had waited for the network for ${Math.round(recording.secondsLost)} s of them.`,
          fix: "Let the program need no network, as the other findings say, then run the check again.",
        };
      }
      return {
        message: `${program} was still running after ${Math.round(recording.seconds)} s, when the test ended it${more}.`,
        fix: fixOf(
          "Test with a small sample of data, or allow more time, in pratique.yaml.",
          "test:",
          "  timeout: 30m",
        ),
      };
    case "not-found":
      return {
        message: `${program} could not be started: there is no such program in the image${more}.`,
        fix: fixOf(
          "Write the whole path of a program that is in the image.",
          'ENTRYPOINT ["python", "/opt/app/main.py"]',
        ),
      };
    case "not-executable":
      return {
        message: `${program} could not be started: the user that the job runs as may not start it${more}.`,
        fix: fixOf(
          "Let everyone read and start it.",
          `RUN chmod a+rx ${recording.argv[0] ?? "/opt/app/main"}`,
        ),
      };
    case "missing-interpreter":
      return {
        message: `${program} could not be started: its first line names an interpreter that is not in the image${more}.`,
        fix: fixOf("Change the first line, and save the file with Unix line ends.", "#!/bin/sh"),
      };
    case "wrong-architecture":
      return {
        message: `${program} could not be started: it is made for another kind of processor${more}.`,
        fix: fixOf(
          "Build for the Safe Haven's machines.",
          `docker build --platform ${profile.platform.value} .`,
        ),
      };
    case "not-started":
      return { message: `The container could not be started${more}.` };
    default:
  }
  const ending = endingOf(recording);
  if (ending !== undefined) return { message: `${program} ${ending.words}${more}.`, fix: ending.fix };
  if (speaksOfPermission(recording.log.tail)) {
    return {
      message: `${program} ended with exit code ${code ?? 1}: user ${recording.user.uid} may not read or write something it needs.`,
      fix: fixOf(
        "Let everyone read the program's files, and write results to /safe_outputs and the rest to /scratch.",
        "RUN chmod -R a+rX /opt/app",
      ),
    };
  }
  if (signal !== null) {
    return {
      message: `${program} was ended by ${signal}${signal === "SIGKILL" ? ", which often means that the memory was used up" : ""}${more}.`,
    };
  }
  return {
    message:
      code === null
        ? `${program} did not run to its end${more}.`
        : `${program} ended with exit code ${code} after ${Math.round(recording.seconds)} s${more}.`,
  };
}

/** The process that took most, where it is known. */
function largestOf({ usage, processes }: Recording): string {
  const largest = usage.peaks.largestProcess;
  if (largest === null) return "";
  const by = processes.find(({ peakMemory }) => peakMemory === largest);
  return `; ${by === undefined ? "its largest process" : shortCommand(by)} had ${binarySizeOf(largest)}`;
}

/** How Python, R, Julia, Java, Node and Octave begin the line that tells of an error. */
const ERROR = /^(?:[\w.]*(?:Error|Exception)\b[^:]{0,100}:|Error in |ERROR: |error: |Exception in thread )/;

/** Lines around an error that say nothing of it: where it was, and that the program ends. */
const AROUND =
  /^\s*(?:at |File "|\^+|Execution halted|Calls: |error: called from\b|error: ignoring const execution_exception)/;

/** The line that tells of the error, which tracebacks end with; else the last that says something. */
function lastWords(tail: readonly string[]): string | undefined {
  const words = tail.filter(
    (line) => /[A-Za-z]{3}/.test(line.slice(0, 300)) && !AROUND.test(line.slice(0, 300)),
  );
  // What was printed before the error may come after it: the two streams are read side by side.
  const at = words.findLastIndex((line) => ERROR.test(line.slice(0, 300)));
  const said = words.at(at);
  if (said === undefined) return undefined;
  // R says on one line where the error is, and on the next what it is.
  const rest = /^Error in .*:\s*$/.test(said.slice(0, 1000)) ? ` ${words[at + 1]?.slice(0, 1000) ?? ""}` : "";
  const text = hideSecrets(said.slice(0, 1000) + rest)
    .replace(/\s+/g, " ")
    .trim();
  return text.length > 160 ? `${text.slice(0, 157)}...` : text;
}
