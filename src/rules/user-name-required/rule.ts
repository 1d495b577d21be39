import { fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { homeLines } from "../run-endings.ts";
import { shortCommand, speaksOfUserName } from "../runs.ts";

const failed = { code: 1, signal: null, cause: "exited" as const, detail: "" };

export default defineRule<"run">({
  id: "user-name-required",
  title: "The program needs a name for its user",
  category: "users",
  needs: "run",
  severity: "error",
  requirements: ["UID-05"],
  why: "The Safe Haven runs the job under a number that stands in no image's list of users. Programs that ask for the user's name find none, and some of them stop.",
  fix: "Set USER, LOGNAME and HOME with ENV; most programs look there first.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "Python asks and stops",
        facts: {
          recording: {
            exit: failed,
            log: {
              file: "l",
              bytes: 1,
              truncated: false,
              tail: ['  File "getpass.py", line 1', "KeyError: 'getpwuid(): uid not found: 1998602116'"],
            },
          },
        },
      },
      {
        title: "Node",
        facts: {
          recording: {
            exit: failed,
            log: {
              file: "l",
              bytes: 1,
              truncated: false,
              tail: [
                "SystemError [ERR_SYSTEM_ERROR]: A system error occurred: uv_os_get_passwd returned ENOENT (no such file or directory)",
              ],
            },
          },
        },
      },
      {
        title: "ssh",
        facts: {
          recording: {
            exit: failed,
            log: { file: "l", bytes: 1, truncated: false, tail: ["No user exists for uid 1998602116"] },
          },
        },
      },
    ],
    good: [
      {
        title: "the job ends well, whatever it printed",
        facts: {
          recording: {
            log: {
              file: "l",
              bytes: 1,
              truncated: false,
              tail: ["groups: cannot find name for user ID 1998602116"],
            },
          },
        },
      },
      {
        title: "another error",
        facts: {
          recording: {
            exit: failed,
            log: { file: "l", bytes: 1, truncated: false, tail: ["ValueError: no rows"] },
          },
        },
      },
    ],
  },
  *check({ recording }, profile) {
    if (recording.exit.code === 0 || !speaksOfUserName(recording.log.tail)) return;
    const program = shortCommand({ command: recording.argv.join(" "), executable: "" }) || "The program";
    yield {
      message: `${program} stopped when the name of user ${recording.user.uid} was asked for: no image knows the users of the Safe Haven.`,
      fix: fixOf("Give the name by variables.", ...homeLines(recording, profile.directories.scratch.value)),
    };
  },
});
