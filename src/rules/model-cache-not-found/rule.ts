import { cacheExample } from "../contents-examples.ts";
import { fixOf, someOf } from "../helpers.ts";
import { unread } from "../image-contents.ts";
import { isFound, placeOf } from "../model-cache-places.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "model-cache-not-found",
  title: "Models are in the image where the library will not look",
  category: "offline",
  needs: "image",
  severity: "warning",
  requirements: [],
  why: "A library looks for its models where a variable says, or else in the home of the user. While the image is built that is root's home; the job has another one. What was fetched then lies in the image and is not found, and the library wants to download it again.",
  fix: "Set the variable to the folder that has the models, before they are fetched and for the job.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "nothing says where",
        facts: { contents: cacheExample() },
      },
      {
        title: "the variable says something else",
        facts: { contents: cacheExample(), environment: new Map([["HF_HOME", "/opt/models"]]) },
      },
      {
        title: "word lists in a folder of one's own",
        facts: {
          contents: cacheExample({
            kind: "NLTK",
            path: "/opt/words",
            items: [{ name: "punkt", revisions: [], problems: [] }],
          }),
        },
      },
    ],
    good: [
      {
        title: "the variable leads there",
        facts: { contents: cacheExample(), environment: new Map([["HF_HOME", "/opt/hf/"]]) },
      },
      {
        title: "by the home that the image sets",
        facts: {
          contents: cacheExample({ path: "/opt/home/.cache/huggingface/hub" }),
          environment: new Map([["HOME", "/opt/home"]]),
        },
      },
      {
        title: "where NLTK looks anyway",
        facts: {
          contents: cacheExample({
            kind: "NLTK",
            path: "/usr/share/nltk_data",
            items: [{ name: "punkt", revisions: [], problems: [] }],
          }),
        },
      },
      {
        title: "one that cannot be read is told of by model-cache-unreadable",
        facts: { contents: cacheExample({ path: "/root/.cache/huggingface/hub", closed: "/root" }) },
      },
      {
        title: "not assessed when the files cannot be read",
        facts: { contents: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image, profile) {
    const { contents } = image;
    yield* unread(image, contents?.caches.notAssessed);
    for (const { kind, path, items, closed } of contents?.caches.found ?? []) {
      const place = placeOf(kind, image, profile);
      if (place === undefined || closed !== undefined || isFound(kind, path, place)) continue;
      yield {
        message: `The ${kind} cache ${path.slice(-120)} (${someOf(
          items.map(({ name }) => name.slice(0, 80)),
          3,
        )}) will not be found: ${place.because}. Unless the code names the folder, the library looks in ${(place.paths[0] ?? "").slice(0, 120)}.`,
        fix: fixOf("Say where it is.", `ENV ${place.variable}=${valueFor(kind, path, place.variable)}`),
        location: { imagePath: path },
        subjects: [`model-cache:${kind}:${path}`],
      };
    }
  },
});

/** HF_HOME has the hub below it, and XDG_CACHE_HOME a folder for each library. */
const valueFor = (kind: string, path: string, variable: string): string =>
  (variable === "HF_HOME"
    ? path.replace(/\/(?:hub|datasets)$/, "")
    : variable === "XDG_CACHE_HOME"
      ? path.replace(/\/[^/]+$/, "")
      : path
  ).slice(0, 200) || `<folder of ${kind}>`;
