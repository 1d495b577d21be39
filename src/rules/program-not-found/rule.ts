import { fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

const program = {
  name: "run.sh",
  status: "found" as const,
  path: "/opt/run.sh",
  interpreter: undefined,
  mode: 0o755,
  owner: 0,
};

export default defineRule<"image">({
  id: "program-not-found",
  title: "The program that starts the job cannot be started",
  category: "start-up",
  needs: "image",
  severity: "error",
  requirements: ["IMG-14"],
  why: "The job runs as a user that the image does not know. The program named by ENTRYPOINT or CMD has to be there, and this user has to be able to start it.",
  fix: "Name a program that is in the image, and let everyone read and start it.",
  aliases: [],
  examples: {
    bad: [
      { title: "not in the image", facts: { program: { ...program, status: "missing", path: undefined } } },
      { title: "not executable", facts: { program: { ...program, status: "not-executable", mode: 0o644 } } },
      {
        title: "in a closed folder",
        facts: { program: { ...program, status: "unreachable", path: "/root/run.sh" } },
      },
      {
        title: "its interpreter is missing",
        facts: { program: { ...program, interpreter: { path: "/bin/bash", found: false } } },
      },
      {
        title: "nothing is started",
        facts: {
          program: { ...program, name: "", status: "none", path: undefined },
          entrypoint: [],
          command: [],
        },
      },
    ],
    good: [
      { title: "a program that everyone may start", facts: {} },
      {
        title: "not assessed when the files cannot be read",
        facts: {
          program: { ...program, status: "unknown", path: undefined },
          tree: undefined,
          treeProblem: "too large",
        },
      },
    ],
  },
  *check(image) {
    const { name, status, path, interpreter, mode } = image.program;
    const place = { location: { imagePath: path ?? "config" } };
    const shown = path ?? name;
    if (status === "unknown") {
      yield {
        notAssessed: `the program could not be looked up${image.treeProblem === undefined ? "" : `: ${image.treeProblem}`}`,
      };
    } else if (status === "none") {
      yield {
        severity: "warning",
        message: "The image names no program to start: it has neither ENTRYPOINT nor CMD.",
        fix: fixOf("Name the program that does the work.", 'ENTRYPOINT ["python", "/opt/app/main.py"]'),
        location: { imagePath: "config" },
        subjects: ["start-command"],
      };
    } else if (status === "missing") {
      yield {
        message: `The image is to start “${name}”, and there is no such program in it.`,
        fix: fixOf(
          "Write the whole path of a program that is in the image.",
          'ENTRYPOINT ["python", "/opt/app/main.py"]',
        ),
        location: { imagePath: "config" },
      };
    } else if (status === "not-executable") {
      yield {
        message: `${shown} may not be started by the user that the job runs as${mode === undefined ? "" : ` (its mode is ${(mode & 0o7777).toString(8)})`}.`,
        fix: fixOf("Let everyone start it.", `RUN chmod a+rx ${shown}`),
        ...place,
      };
    } else if (status === "unreachable") {
      yield {
        message: `${shown} lies in a folder that the user that the job runs as may not enter.`,
        fix: fixOf(
          "Put it where everyone can reach it.",
          `COPY --chmod=755 ${shown.slice(shown.lastIndexOf("/") + 1)} /usr/local/bin/`,
        ),
        ...place,
      };
    } else if (interpreter !== undefined && !interpreter.found) {
      yield {
        message: `${shown} is a script for ${interpreter.path}, which is not in the image.`,
        fix: fixOf("Change the first line to an interpreter that is there.", "#!/bin/sh"),
        ...place,
      };
    }
  },
});
