import { contentsExample } from "../contents-examples.ts";
import { fixOf, someOf } from "../helpers.ts";
import { unread } from "../image-contents.ts";
import { defineRule } from "../rule.ts";

const withRepository = (path: string) =>
  contentsExample({ secrets: { found: [], repositories: [path], notAssessed: [] } });

export default defineRule<"image">({
  id: "git-folder-in-image",
  title: "The image holds a Git repository",
  category: "security",
  needs: "image",
  severity: "warning",
  requirements: [],
  why: "A .git folder has every version of every file that was ever committed: passwords and data that were taken out long ago are still in it. The job needs none of it.",
  fix: "List .git in .dockerignore; after a clone while building remove .git in the same RUN.",
  aliases: ["dockle:DKL-LI-0003"],
  examples: {
    bad: [{ title: "copied with the project", facts: { contents: withRepository("/opt/app/.git") } }],
    good: [
      { title: "none", facts: {} },
      {
        title: "not assessed when the files cannot be read",
        facts: { contents: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image) {
    const { contents } = image;
    yield* unread(image, contents === undefined ? undefined : []);
    const [first, ...others] = contents?.secrets.repositories ?? [];
    if (first === undefined) return;
    const all = someOf(
      [first, ...others].map((path) => path.slice(-120)),
      3,
    );
    yield {
      message: `The whole history of a Git repository is in the image: ${all}.`,
      fix: fixOf("Add this line to .dockerignore; in a RUN that clones remove the folder again.", ".git"),
      location: { imagePath: first },
    };
  },
});
