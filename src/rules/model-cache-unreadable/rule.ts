import { cacheExample } from "../contents-examples.ts";
import { fixOf, someOf } from "../helpers.ts";
import { unread } from "../image-contents.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"image">({
  id: "model-cache-unreadable",
  title: "Models in the image cannot be read by the job’s user",
  category: "users",
  needs: "image",
  severity: "error",
  requirements: ["UID-10"],
  why: "The job runs as a user that the image does not know. What lies below /root, or was written for its owner alone, is closed to it, so that the library wants to download again what is there.",
  fix: "Fetch models into a folder of their own, such as below /opt, and let everybody read it.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "below /root",
        facts: { contents: cacheExample({ path: "/root/.cache/huggingface/hub", closed: "/root" }) },
      },
      {
        title: "a file that its owner alone may read",
        facts: { contents: cacheExample({ closed: "/opt/hf/hub/models--a--b/blobs/c" }) },
      },
    ],
    good: [
      { title: "for everybody", facts: { contents: cacheExample() } },
      {
        title: "not assessed when the files cannot be read",
        facts: { contents: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image) {
    const { contents } = image;
    yield* unread(image, contents?.caches.notAssessed);
    for (const { kind, path, items, closed } of contents?.caches.found ?? []) {
      if (closed === undefined) continue;
      const above = path === closed || path.startsWith(`${closed}/`);
      const folder = path.slice(0, 200);
      yield {
        message: `The ${kind} cache ${path.slice(-120)} (${someOf(
          items.map(({ name }) => name.slice(0, 80)),
          3,
        )}) cannot be read by the job’s user: ${closed.slice(-150)} is closed to others.`,
        fix: above
          ? fixOf("Fetch it into a folder that everybody may enter.", ...fresh(kind))
          : fixOf("Let everybody read it, in the RUN that fetches it.", `chmod -R a+rX ${folder}`),
        location: { imagePath: path },
        subjects: [`model-cache:${kind}:${path}`],
      };
    }
  },
});

const fresh = (kind: string): string[] =>
  kind === "Hugging Face"
    ? ["ENV HF_HOME=/opt/hf", "RUN hf download <model> && chmod -R a+rX /opt/hf"]
    : ["RUN <download into /opt/models> && chmod -R a+rX /opt/models"];
