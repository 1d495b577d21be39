import { posix } from "node:path";
import type { ContextFile } from "../../context/walk.ts";
import { copiedFiles } from "../copied-files.ts";
import { at, fixOf, someOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

/** Files that are made to hold a key, a password or a token. */
const CREDENTIALS =
  /(?:^|\/)(?:id_(?:rsa|dsa|ecdsa|ed25519)(?:_\w+)?|[._]netrc|\.git-credentials|\.pypirc|\.pgpass|\.my\.cnf|kaggle\.json|\.aws\/credentials|\.docker\/config\.json|\.kube\/config|\.?huggingface\/token|\.streamlit\/secrets\.toml|[^/]+\.kdbx)$/i;
/** Files that often do. */
const OFTEN =
  /(?:^|\/)(?:\.env(?:\.[\w-]+)?|[\w-]+\.env|\.Renviron|\.npmrc|\.condarc|(?:credentials?|secrets?|service[-_]account[\w-]*)\.(?:json|ya?ml|toml|txt)|[^/]+\.(?:p12|pfx|jks|key|pem))$/i;
const UNIGNORED = /(?:^|\/)(?:\.env|\.Renviron|[^/]+\.pem)$/;
const HARMLESS =
  /\.(?:example|sample|template|dist|pub)$|(?:^|[/._-])(?:ca|cert|certs|chain|fullchain|pub|public|bundle)[^/]*\.pem$|cacert/i;

export default defineRule<"project">({
  id: "credentials-copied",
  title: "Files with passwords or keys are copied into the image",
  category: "security",
  needs: "project",
  severity: "error",
  mentions: ["copy", "add"],
  requirements: ["INT-04"],
  why: "Whoever gets the image gets the key, also when a later layer deletes the file. Inside the Safe Haven no outside service can be reached with it anyway.",
  fix: "List the file in .dockerignore and make the key invalid if the image was ever pushed. For the build use `RUN --mount=type=secret`.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "with the whole folder",
        dockerfile: "FROM python:3.12\nCOPY . /opt/app/\n",
        files: { "fit.py": "x", ".ssh/id_ed25519": "x", ".netrc": "x" },
        lines: [2],
      },
      {
        title: "by name",
        dockerfile: "FROM python:3.12\nCOPY .pypirc /root/\n",
        files: { ".pypirc": "x" },
        lines: [2],
      },
      {
        title: "settings that .dockerignore forgets",
        dockerfile: "FROM python:3.12\nCOPY . /opt/app/\n",
        files: { ".dockerignore": "data\n", "fit.py": "x", ".env": "KEY=1" },
        lines: [2],
      },
    ],
    good: [
      {
        title: "kept out by .dockerignore",
        dockerfile: "FROM python:3.12\nCOPY . /opt/app/\n",
        files: { ".dockerignore": ".env\n.ssh\n", "fit.py": "x", ".env": "KEY=1", ".ssh/id_rsa": "x" },
      },
      {
        title: "examples and public keys",
        dockerfile: "FROM python:3.12\nCOPY . /opt/app/\n",
        files: {
          ".dockerignore": "data\n",
          ".env.example": "KEY=",
          "id_rsa.pub": "x",
          "certs/ca-bundle.pem": "x",
        },
      },
      {
        title: "settings where there is no .dockerignore are reported by no-dockerignore",
        dockerfile: "FROM python:3.12\nCOPY . /opt/app/\n",
        files: { ".env": "KEY=1" },
      },
      {
        title: "not copied",
        dockerfile: "FROM python:3.12\nCOPY src/ /opt/app/\n",
        files: { "src/fit.py": "x", ".netrc": "x" },
      },
    ],
  },
  *check(facts) {
    const told = new Set<string>();
    for (const { instruction, files } of copiedFiles(facts)) {
      const fresh = files.filter(({ path }) => !told.has(path) && !HARMLESS.test(path));
      const certain = fresh.filter(({ path }) => CREDENTIALS.test(path));
      // What is only there because there is no .dockerignore is reported by no-dockerignore.
      const likely = fresh.filter(
        ({ path }) =>
          !CREDENTIALS.test(path) &&
          OFTEN.test(path) &&
          (facts.context.ignoreFile !== undefined || !UNIGNORED.test(path)),
      );
      for (const { path } of [...certain, ...likely]) told.add(path);
      const place = at(facts.dockerfile, instruction.range);
      if (certain.length > 0)
        yield {
          message: `${instruction.keyword} brings ${named(certain)} into the image, where anyone can read what is in it.`,
          fix: fixOf("Add these lines to .dockerignore.", ...lines(certain)),
          ...place,
          subjects: subjects(certain),
        };
      if (likely.length > 0)
        yield {
          severity: "info",
          message: `${instruction.keyword} brings ${named(likely)} into the image, which may hold passwords or keys.`,
          fix: fixOf("If so, add these lines to .dockerignore.", ...lines(likely)),
          ...place,
          subjects: subjects(likely),
        };
    }
  },
});

const named = (files: readonly ContextFile[]): string =>
  someOf(
    files.map(({ path }) => path.slice(0, 100)),
    3,
  );
const subjects = (files: readonly ContextFile[]): string[] =>
  files.slice(0, 50).map(({ path }) => `secret-file:${posix.basename(path)}`);
const lines = (files: readonly ContextFile[]): string[] => files.slice(0, 10).map(({ path }) => path);
