import { groupBy } from "../group.ts";
import { fixOf } from "../helpers.ts";
import { inJob } from "../job-code.ts";
import { useLocation } from "../offline.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"project">({
  id: "prompt-in-code",
  title: "The program waits for an answer at a keyboard",
  category: "job",
  needs: "project",
  severity: "warning",
  requirements: ["IMG-14"],
  why: "A job in the Safe Haven runs without anybody at a keyboard. A question gets no answer: the program stops with an error, or waits until the time limit ends it.",
  fix: "Take the answer from an argument, a configuration file or a variable of the environment.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a question in Python",
        dockerfile: "FROM python:3.12\nCOPY src/ /opt/\n",
        files: { "src/a.py": 'site = input("Which site? ")\nyear = input("Which year? ")\n' },
        lines: [1],
      },
      {
        title: "a password",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "from getpass import getpass as ask\n\npassword = ask()\n" },
        lines: [3],
      },
      {
        title: "in R",
        dockerfile: "FROM rocker/r-ver:4\nCOPY . /opt/\n",
        files: { "a.R": '# which one?\nx <- readLines("stdin", n = 1)\n' },
        lines: [2],
      },
      {
        title: "in Julia",
        dockerfile: "FROM julia:1.11\nCOPY . /opt/\n",
        files: { "a.jl": 'print("name: ")\nname = readline()\n' },
        lines: [2],
      },
      {
        title: "in a shell script",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "start.sh": 'read -p "Which project? " project\n' },
        lines: [1],
      },
    ],
    good: [
      {
        title: "a method of that name",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: {
          "a.py": "class Model:\n    def input(self):\n        return 1\n\n\nModel().input()\n# input()\n",
        },
      },
      {
        title: "lines of a file",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: {
          "a.sh":
            "while read -r line; do echo $line; done < list.txt\ncat x | while read y; do echo $y; done\n",
        },
      },
      {
        title: "a file read in R and Julia",
        dockerfile: "FROM rocker/r-ver:4\nCOPY . /opt/\n",
        files: { "a.R": 'x <- readLines("a.txt")\n', "a.jl": "x = readline(file)\n" },
      },
      {
        title: "not part of the image",
        dockerfile: "FROM python:3.12\nCOPY src/ /opt/\n",
        files: { "src/a.py": "x = 1\n", "tools/ask.py": "input()\n" },
      },
    ],
  },
  *check(facts) {
    const byFile = groupBy(
      inJob(facts, facts.source.acts).filter(({ kind }) => kind === "prompt"),
      ({ file }) => file,
    );
    for (const [first, ...others] of byFile.values()) {
      if (first === undefined) continue;
      yield {
        message: `${first.name} waits for somebody at a keyboard${others.length === 0 ? "" : `, as do ${others.length} more ${others.length === 1 ? "call" : "calls"} in this file`}; nobody is there when the job runs.`,
        fix: fixOf(
          "Take the answer from the job's arguments or environment.",
          "# In the Dockerfile:",
          'CMD ["--site", "all"]',
          `# In the code (${first.file}):`,
          ...(ANSWERS.find(([name]) => name.test(first.file))?.[1] ?? [
            'site="${SITE:?set SITE for the job}"',
          ]),
        ),
        ...useLocation(first),
      };
    }
  },
});

const ANSWERS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\.(?:py|pyw|ipynb|smk)$/i, ["import os", 'site = os.environ["SITE"]']],
  [/\.(?:r|rmd|qmd|rnw)$/i, ["site <- commandArgs(trailingOnly = TRUE)[1]"]],
  [/\.jl$/i, ["site = ARGS[1]"]],
];
