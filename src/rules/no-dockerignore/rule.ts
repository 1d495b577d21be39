import { plural, sizeOf } from "../../findings/counting.ts";
import { copiedFiles } from "../copied-files.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

const MANY_FILES = 50;
const MANY_BYTES = 10_000_000;
/** What a project folder collects and no image needs; files made to hold keys are reported by credentials-copied. */
const LEFTOVERS =
  /(?:^|\/)(?:\.env|\.venv|venv|__pycache__|\.ipynb_checkpoints|\.pytest_cache|\.mypy_cache|node_modules|\.Rhistory|\.RData|\.Renviron|\.Rproj\.user|\.DS_Store|\.vscode|\.idea|[^/]+\.pem)(?:\/|$)/;

export default defineRule<"project">({
  id: "no-dockerignore",
  title: "The whole project folder goes into the image",
  category: "size",
  needs: "project",
  severity: "warning",
  mentions: ["copy", "add"],
  requirements: ["IMG-17", "BG-B2"],
  why: "Without a .dockerignore file, keys, notebooks with results and data that lie in the folder enter the image unseen. Once pushed they cannot be taken back.",
  fix: "Write a .dockerignore that leaves everything out and lets in what the image needs.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "settings with a key",
        dockerfile: "FROM python:3.12\nCOPY . /opt/app/\n",
        files: { "fit.py": "x", ".env": "KEY=1" },
        lines: [2],
      },
      {
        title: "many files",
        dockerfile: "FROM python:3.12\nCOPY ./ /opt/app/\n",
        files: Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`part${index}.py`, "x"])),
        lines: [2],
      },
    ],
    good: [
      {
        title: "with a .dockerignore",
        dockerfile: "FROM python:3.12\nCOPY . /opt/app/\n",
        files: { ".dockerignore": "*\n!src\n", "src/fit.py": "x", ".env": "KEY=1" },
      },
      {
        title: "a small folder",
        dockerfile: "FROM python:3.12\nCOPY . /opt/app/\n",
        files: { "fit.py": "x", "README.md": "x" },
      },
      {
        title: "only what is named",
        dockerfile: "FROM python:3.12\nCOPY src/ /opt/app/\n",
        files: { "src/fit.py": "x", ".env": "KEY=1" },
      },
    ],
  },
  *check(facts) {
    if (facts.context.ignoreFile !== undefined) return;
    for (const { instruction, files, everything, sources } of copiedFiles(facts)) {
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      const leftover = files.find(({ path }) => LEFTOVERS.test(path));
      const large = files.length > MANY_FILES || bytes > MANY_BYTES;
      if (!(everything && large) && leftover === undefined) continue;
      yield {
        message:
          leftover === undefined
            ? `${instruction.keyword} ${sources.join(" ").slice(0, 80)} takes in ${plural(files.length, "file")} (${sizeOf(bytes)}), and there is no .dockerignore.`
            : `${instruction.keyword} ${sources.join(" ").slice(0, 80)} also takes in ${leftover.path.slice(0, 120)}, and there is no .dockerignore.`,
        fix: fixOf(
          "Write a file .dockerignore that lets in only what the image needs.",
          "*",
          "!requirements.txt",
          "!src",
        ),
        ...at(facts.dockerfile, instruction.range),
      };
      return;
    }
  },
});
