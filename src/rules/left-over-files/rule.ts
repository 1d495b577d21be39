import { plural } from "../../findings/counting.ts";
import { filesNotRead, someOfFound } from "../image-files.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "left-over-files",
  title: "Files of editors, shells and builds are in the image",
  category: "data",
  needs: "image",
  severity: "info",
  requirements: [],
  why: "Settings of an editor, a shell's history or the Dockerfile itself are of no use to the job, and may tell more than was meant. They mostly come with COPY of a whole folder.",
  fix: "Name them in .dockerignore, or copy only what the job needs.",
  aliases: ["dockle:DKL-LI-0003"],
  examples: {
    bad: [
      {
        title: "a project copied as it is",
        facts: {
          fitness: { leftOvers: { count: 2, paths: ["/app/.vscode", "/app/Dockerfile"] } },
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
    const { leftOvers } = fitness;
    if (leftOvers.count === 0) return;
    yield {
      message: `The image holds ${plural(leftOvers.count, "file or folder", "files and folders")} that the job has no use for: ${someOfFound(leftOvers)}.`,
      fix: "Name them in .dockerignore, or copy only what the job needs.",
      location: { imagePath: leftOvers.paths[0] ?? "/" },
    };
  },
});
