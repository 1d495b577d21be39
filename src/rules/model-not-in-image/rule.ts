import type { ImageContents } from "../../image/contents.ts";
import { cacheExample, contentsExample } from "../contents-examples.ts";
import { fixOf, someOf } from "../helpers.ts";
import { unread } from "../image-contents.ts";
import { comesWithData, placeOf } from "../model-cache-places.ts";
import { defineRule } from "../rule.ts";

const asked = (kind: string, name: string) => ({
  kind,
  name,
  place: { file: "src/train.py", startLine: 12, startColumn: 9, endLine: 12, endColumn: 60 },
  excerpt: `AutoModel.from_pretrained("${name}")`,
});

export default defineRule<"image">({
  id: "model-not-in-image",
  title: "The code loads a model that is not in the image",
  category: "offline",
  needs: "image",
  severity: "warning",
  requirements: [],
  why: "In the Safe Haven nothing can be fetched. What the code loads by name has to lie in the image, or come in with the project's data and be named by its folder there.",
  fix: "Fetch it while the image is built, by the very name that the code asks for.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "no model at all",
        facts: { contents: contentsExample({ asked: [asked("Hugging Face", "bert-base-uncased")] }) },
      },
      {
        title: "another one",
        facts: { contents: cacheExample({}, { asked: [asked("Hugging Face", "lab/other")] }) },
      },
      {
        title: "a word list",
        facts: { contents: contentsExample({ asked: [asked("NLTK", "punkt")] }) },
      },
    ],
    good: [
      {
        title: "by its old and its new name",
        facts: {
          contents: cacheExample(
            {},
            {
              asked: [
                asked("Hugging Face", "bert-base-uncased"),
                asked("Hugging Face", "google-bert/bert-base-uncased"),
              ],
            },
          ),
        },
      },
      {
        title: "it comes with the data",
        facts: {
          environment: new Map([["HF_HOME", "/safe_data/2024-0000/hf"]]),
          contents: contentsExample({ asked: [asked("Hugging Face", "bert-base-uncased")] }),
        },
      },
      { title: "the code is not known", facts: { contents: contentsExample() } },
      {
        title: "not assessed when the files cannot be read",
        facts: { contents: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image, profile) {
    const { contents } = image;
    yield* unread(image, contents?.caches.notAssessed);
    if (contents === undefined) return;
    const told = new Set<string>();
    for (const { kind, name, place, excerpt } of contents.asked ?? []) {
      const where = placeOf(kind, image, profile);
      if (where !== undefined && comesWithData(where, profile)) continue;
      if (told.has(`${kind} ${name}`) || has(contents, kind, name)) continue;
      told.add(`${kind} ${name}`);
      const others = contents.caches.found
        .filter((cache) => cache.kind === kind)
        .flatMap(({ items }) => items);
      const there =
        others.length === 0
          ? "no such cache is in the image"
          : `the image has ${someOf(
              others.map((item) => item.name.slice(0, 80)),
              3,
            )}`;
      yield {
        message: `The code loads “${name.slice(0, 120)}” (${kind}), and ${there}.`,
        fix: fixOf(
          "Fetch it while building.",
          FETCH[kind]?.(name.slice(0, 120)) ?? "RUN <the same call, once>",
        ),
        location: place,
        excerpt,
        subjects: [`model:${kind}:${name}`, ...(HOSTS[kind] ?? [])],
      };
    }
  },
});

const HOSTS: Readonly<Record<string, readonly string[]>> = { "Hugging Face": ["host:huggingface.co"] };

const FETCH: Readonly<Record<string, (name: string) => string>> = {
  "Hugging Face": (name) => `RUN hf download ${name} && chmod -R a+rX /opt/hf`,
  NLTK: (name) => `RUN python -m nltk.downloader -d /usr/local/share/nltk_data ${name}`,
  spaCy: (name) => `RUN python -m spacy download ${name}`,
  Whisper: (name) => `RUN python -c "import whisper; whisper.load_model('${name}')"`,
};

/** The Hub has given old names an owner: `bert-base-uncased` is `google-bert/bert-base-uncased`. */
const has = ({ caches }: ImageContents, kind: string, name: string): boolean =>
  caches.found.some(
    (cache) =>
      cache.kind === kind &&
      cache.items.some(
        (item) => item.name === name || (!name.includes("/") && item.name.endsWith(`/${name}`)),
      ),
  );
