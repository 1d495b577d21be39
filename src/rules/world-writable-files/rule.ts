import { plural } from "../../findings/counting.ts";
import { fixOf } from "../helpers.ts";
import { filesNotRead, someOfFound } from "../image-files.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "world-writable-files",
  title: "Everyone may write files and folders of the image",
  category: "security",
  needs: "image",
  severity: "info",
  requirements: [],
  why: "A folder that the job writes to has to be open. What else is open can be changed by any program of the job: then it is no longer what was reviewed.",
  fix: "Open the folders that the job writes to and nothing else, or have it write to /scratch.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "chmod -R 777",
        facts: {
          fitness: { worldWritable: { count: 812, paths: ["/opt/app", "/opt/app/main.py"] } },
        },
      },
    ],
    good: [
      { title: "none", facts: {} },
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
    const { worldWritable } = fitness;
    if (worldWritable.count === 0) return;
    yield {
      message: `Everyone may write ${plural(worldWritable.count, "file or folder", "files and folders")} of the image: ${someOfFound(worldWritable)}.`,
      fix: fixOf("Close what the job does not write to.", "RUN chmod -R go-w /opt/app"),
      location: { imagePath: worldWritable.paths[0] ?? "/" },
    };
  },
});
