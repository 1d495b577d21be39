import type { Draft } from "../../findings/finding.ts";
import type { ImageContents } from "../../image/contents.ts";
import type { ImageFacts } from "../../image/facts.ts";
import type { FileSecret } from "../../image/secrets/secrets.ts";
import { tokensIn } from "../../knowledge/tokens.ts";
import { contentsExample, secretExample } from "../contents-examples.ts";
import { groupBy } from "../group.ts";
import { fixOf, listOf } from "../helpers.ts";
import { layerWords, unread } from "../image-contents.ts";
import { defineRule } from "../rule.ts";
import { isSecretName, isSecretValue } from "../secrets.ts";

/** One of a few hundred alike tells no more than the first ones. */
const MOST = 50;

export default defineRule<"image">({
  id: "secret-in-image",
  title: "The image holds a password, a token or a key",
  category: "security",
  needs: "image",
  severity: "error",
  requirements: ["INT-04"],
  why: "Whoever can pull the image can take it apart layer by layer, and reads its labels and its history. A file that a later layer deletes is still in the layer that brought it, and what a build argument was given is in the history.",
  fix: "Make the secret invalid where it came from, then build the image without it: mount secrets for the one command that needs them.",
  aliases: ["dockle:CIS-DI-0010"],
  examples: {
    bad: [
      { title: "a file", facts: { contents: secretExample() } },
      { title: "one that a later layer deletes", facts: { contents: secretExample({ removedIn: 2 }) } },
      {
        title: "a build argument in the history",
        facts: {
          contents: contentsExample({
            history: ["RUN |1 HF_TOKEN=abcdefgh /bin/sh -c pip install x # buildkit"],
          }),
        },
      },
      {
        title: "a token in a command of the history",
        facts: {
          contents: contentsExample({
            history: [
              `RUN /bin/sh -c git clone https://x:ghp_${"a1B2".repeat(9)}@github.com/lab/x # buildkit`,
            ],
          }),
        },
      },
      {
        title: "a label",
        facts: { labels: new Map([["org.lab.deploy", `glpat-${"a1B2".repeat(5)}`]]) },
      },
    ],
    good: [
      { title: "none", facts: {} },
      {
        title: "names without values, and values that the builder was not told",
        facts: {
          contents: contentsExample({
            history: ["ARG HF_TOKEN", "RUN /bin/sh -c HF_TOKEN=$(cat /run/secrets/t) ./fetch # buildkit"],
          }),
        },
      },
      {
        title: "variables that the image still has are told of by secret-in-image-environment",
        facts: {
          environment: new Map([["HF_TOKEN", "abcdefgh"]]),
          contents: contentsExample({ history: ["ENV HF_TOKEN=abcdefgh"] }),
        },
      },
      {
        title: "not assessed when the files cannot be read",
        facts: { contents: undefined, tree: undefined, treeProblem: "the archive ends early" },
      },
    ],
  },
  *check(image) {
    const { contents } = image;
    yield* unread(image, contents?.secrets.notAssessed);
    if (contents !== undefined) {
      yield* inFiles(contents);
      yield* inHistory(contents, image);
    }
    for (const [name, value] of image.labels) {
      const [token] = tokensIn(value);
      const named = isSecretName(name) && isSecretValue(value);
      if (token === undefined && !named) continue;
      yield {
        message: `The image's label ${name.slice(0, 100)} holds a ${token?.kind ?? "value that must stay secret by its name"}.`,
        fix: "Take the label out, and make the secret invalid where it came from.",
        location: { imagePath: "config" },
        subjects: [`secret:${name.slice(0, 100)}`],
      };
    }
  },
});

/** One finding for each file. */
function* inFiles(contents: ImageContents): Generator<Draft> {
  const files = groupBy(
    contents.secrets.found,
    ({ path, layer, removedIn }) => `${layer} ${removedIn} ${path}`,
  );
  for (const secrets of [...files.values()].slice(0, MOST)) {
    const [first] = secrets;
    if (first === undefined) continue;
    const { path, layer, removedIn } = first;
    const shown = path.slice(-150);
    const what = listOf([...new Set(secrets.map(({ kind }) => `a ${kind}`))].slice(0, 5));
    const lines = [...new Set(secrets.map(({ line }) => line))].filter((line) => line > 0).slice(0, 5);
    const where = lines.length === 0 ? "" : ` (line ${listOf(lines.map(String))})`;
    const brought = layerWords(contents, layer);
    yield {
      severity: secrets.some(({ certain }) => certain) ? "error" : "info",
      message:
        removedIn === undefined
          ? `${shown}${where} holds ${what}: ${brought} brought it.`
          : `${shown}${where} holds ${what} in ${brought}. That ${layerWords(contents, removedIn)} takes the file away does not help: the earlier layer is part of the image.`,
      fix: fixFor(first),
      location: { imagePath: path },
      subjects: [`secret-file:${path.slice(path.lastIndexOf("/") + 1)}`],
    };
  }
  const more = files.size - MOST;
  if (more > 0)
    yield {
      message: `${more} more files hold passwords, tokens or keys.`,
      fix: "report.json lists them all.",
      location: { imagePath: "/" },
    };
}

/** What a project is made of, and cannot do without. */
const IS_CODE =
  /(?:^|\/)(?:Dockerfile|Containerfile|Makefile)[^/]*$|\.(?:py|r|jl|m|sh|ipynb|rmd|qmd|js|ts|java|c|cpp|go|ya?ml|toml)$/i;

const fixFor = ({ path }: FileSecret): string =>
  IS_CODE.test(path)
    ? fixOf(
        "Make the secret invalid where it came from, and take it out of the file; mount it for the one command of the build that needs it.",
        "RUN --mount=type=secret,id=token <command that reads /run/secrets/token>",
      )
    : withoutFile(path);

const withoutFile = (path: string): string =>
  fixOf(
    "Make the secret invalid where it came from, keep the file out of the build (.dockerignore), and give it to one command only.",
    `RUN --mount=type=secret,id=${idOf(path)},target=${/^[\w./-]{1,100}$/.test(path) ? path : "/run/secrets/file"} <command>`,
  );

const idOf = (path: string): string =>
  path
    .slice(path.lastIndexOf("/") + 1)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 40) || "secret";

/** Each secret once, though the history has an argument with every command after it. */
function* inHistory({ history }: ImageContents, { environment }: ImageFacts): Generator<Draft> {
  const told = new Set<string>();
  for (const written of history) {
    const text = written.slice(0, 100_000);
    for (const name of secretAssignments(text)) {
      // What the finished image still has in its environment is told of there.
      if (told.has(name) || environment.has(name)) continue;
      told.add(name);
      if (told.size > MOST) return;
      yield {
        message: `The image's history shows the value of ${name.slice(0, 60)}, which was given to the build.`,
        fix: fixOf(
          "Make the value invalid where it came from, and mount it for the one command that needs it.",
          `RUN --mount=type=secret,id=${idOf(name)} <command that reads /run/secrets/${idOf(name)}>`,
        ),
        location: { imagePath: "config" },
        subjects: [`secret:${name}`],
      };
    }
    for (const { kind, value } of tokensIn(text)) {
      const elsewhere = told.has(value) || [...environment.values()].some((one) => one.includes(value));
      if (elsewhere || secretAssignments(text).length > 0) continue;
      told.add(value);
      if (told.size > MOST) return;
      yield {
        message: `The image's history shows a ${kind}, which stands in a command of the build.`,
        fix: fixOf(
          "Make it invalid where it came from, and mount it for the one command that needs it.",
          "RUN --mount=type=secret,id=token <command that reads /run/secrets/token>",
        ),
        location: { imagePath: "config" },
        subjects: [`secret-in-history:${kind}`],
      };
    }
  }
}

/** Names of what is given a value that must stay secret. */
function secretAssignments(text: string): string[] {
  const found: string[] = [];
  for (const [, name = "", quoted = ""] of text.matchAll(
    /(?<![\w.-])([A-Za-z_][\w.-]{0,200})=("(?:[^"\\]|\\.){0,2000}"?|'[^']{0,2000}'?|[^\s"']{1,2000})/g,
  )) {
    const value = quoted.replace(/^["']|["']$/g, "");
    if (isSecretName(name) && isSecretValue(value) && !/[$`]/.test(value)) found.push(name);
  }
  return found;
}
