import { cacheExample } from "../contents-examples.ts";
import { fixOf, listOf } from "../helpers.ts";
import { unread } from "../image-contents.ts";
import { defineRule } from "../rule.ts";

const MOST = 20;

const itemWith = (...problems: string[]) =>
  cacheExample({ items: [{ name: "google-bert/bert-base-uncased", revisions: ["0123abcd"], problems }] });

export default defineRule<"image">({
  id: "model-cache-incomplete",
  title: "A model in the image is not whole",
  category: "offline",
  needs: "image",
  severity: "error",
  requirements: ["IMG-12"],
  why: "The library finds the model's folder, misses a file in it, and wants to download that. In the Safe Haven it cannot. It happens when a download broke off, and when a later step deletes the blobs that the names lead to.",
  fix: "Fetch the model anew while the image is built, in one RUN, and delete nothing of its folder.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a file is missing",
        facts: { contents: itemWith("a file is not there (model.safetensors)") },
      },
      { title: "a download broke off", facts: { contents: itemWith("a download did not end") } },
    ],
    good: [
      { title: "whole", facts: { contents: cacheExample() } },
      {
        title: "not assessed when the files cannot be read",
        facts: { contents: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image) {
    const { contents } = image;
    yield* unread(image, contents?.caches.notAssessed);
    for (const { kind, path, items } of contents?.caches.found ?? [])
      for (const { name, problems } of items.filter((item) => item.problems.length > 0).slice(0, MOST)) {
        const repository = /^(datasets|spaces)\//.test(name) ? "" : name;
        yield {
          message: `The ${kind} cache ${path.slice(-120)} has ${name.slice(0, 120)}, but ${listOf(problems)}.`,
          fix: fixOf(
            "Fetch it anew while building, and see that the download ends.",
            `RUN hf download ${repository === "" ? "<repository>" : repository.slice(0, 120)} && chmod -R a+rX ${path.slice(0, 200)}`,
          ),
          location: { imagePath: path },
          subjects: [`model:${kind}:${name}`],
        };
      }
  },
});
