import { fixOf } from "../helpers.ts";
import { filesNotRead, pastable, shortPath } from "../image-files.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "start-script-missing",
  title: "What the start command names is not in the image",
  category: "start-up",
  needs: "image",
  severity: "error",
  requirements: ["IMG-14"],
  why: "An interpreter that is told to run a script looks for it when the job starts. Where it was not copied, or another WORKDIR is set, the job ends at once.",
  fix: "Copy the script into the image, and name it with its whole path.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a script that was not copied",
        facts: { fitness: { start: { missingScript: "/opt/app/main.py" } } },
      },
      {
        title: "the program behind a wrapper",
        facts: {
          fitness: {
            start: { missingPrograms: [{ name: "python", startedBy: "/usr/bin/tini" }] },
          },
        },
      },
    ],
    good: [
      { title: "all is there", facts: {} },
      {
        title: "not assessed when the files cannot be read",
        facts: { fitness: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image) {
    const { fitness } = image;
    if (fitness === undefined) {
      yield filesNotRead(image);
      return;
    }
    const { missingScript, missingPrograms } = fitness.start;
    if (missingScript !== undefined) {
      const name = missingScript.slice(missingScript.lastIndexOf("/") + 1).slice(0, 100);
      yield {
        message: `The image is to run ${shortPath(missingScript)}, which is not in it.`,
        fix: fixOf(
          "Copy it there, readable for everyone.",
          `COPY --chmod=644 ${pastable(name)} ${pastable(missingScript)}`,
        ),
        location: { imagePath: "config" },
      };
    }
    for (const { name, startedBy } of missingPrograms) {
      yield {
        message: `${shortPath(startedBy)} is to start “${name.slice(0, 100)}”, and there is no such program in the image.`,
        fix: "Install the program, or name one that is in the image with its whole path.",
        location: { imagePath: startedBy },
      };
    }
  },
});
