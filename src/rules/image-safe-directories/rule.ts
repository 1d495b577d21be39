import { safeDirectories } from "../../profiles/profile.ts";
import { fixOf, listOf } from "../helpers.ts";
import { filesNotRead } from "../image-files.ts";
import { defineRule } from "../rule.ts";

const there = { exists: true, isDirectory: true, entries: 0, sample: [] };
const gone = { exists: false, isDirectory: false, entries: 0, sample: [] };

export default defineRule<"image">({
  id: "image-safe-directories",
  title: "The image lacks the Safe Haven's directories",
  category: "directories",
  needs: "image",
  severity: "error",
  requirements: ["DIR-01"],
  why: "The Safe Haven mounts the project's data, the place for results and the scratch space on these three directories, and asks for them in every image.",
  fix: "Create all three in the Dockerfile's last stage: RUN mkdir /safe_data /safe_outputs /scratch.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "one is missing",
        facts: {
          directories: new Map([
            ["/safe_data", there],
            ["/safe_outputs", gone],
            ["/scratch", there],
          ]),
        },
      },
      {
        title: "a file in place of a directory",
        facts: {
          directories: new Map([
            ["/safe_data", there],
            ["/safe_outputs", there],
            ["/scratch", { ...there, isDirectory: false }],
          ]),
        },
      },
    ],
    good: [
      { title: "all are there", facts: {} },
      {
        title: "not assessed when the files cannot be read",
        facts: { directories: new Map(), tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image, profile) {
    if (image.tree === undefined) {
      yield filesNotRead(image);
      return;
    }
    const wanted = safeDirectories(profile);
    const missing = wanted.filter((folder) => image.directories.get(folder)?.exists !== true);
    if (missing.length > 0) {
      yield {
        message: `The image has no ${listOf(missing)}.`,
        fix: fixOf("Add this line to the Dockerfile's last stage.", `RUN mkdir ${missing.join(" ")}`),
        location: { imagePath: missing[0] ?? "/" },
        subjects: missing.map((folder) => `directory:${folder}`),
      };
    }
    for (const folder of wanted) {
      const facts = image.directories.get(folder);
      if (facts?.exists !== true || facts.isDirectory) continue;
      yield {
        message: `${folder} is not a directory in the image, so nothing can be mounted on it.`,
        fix: fixOf("Make it a directory.", `RUN rm -f ${folder} && mkdir ${folder}`),
        location: { imagePath: folder },
      };
    }
  },
});
