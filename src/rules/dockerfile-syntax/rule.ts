import { MOST_OPEN, unreadScripts } from "../../dockerfile/shell-tree.ts";
import { at } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "dockerfile-syntax",
  title: "The Dockerfile cannot be read by a builder",
  category: "syntax",
  needs: "dockerfile",
  severity: "error",
  requirements: ["IMG-16", "BG-B1"],
  why: "A builder stops at such a line, so there is no image that could be checked or taken into the Safe Haven.",
  fix: "Correct the line; the message says what is wrong with it.",
  aliases: ["hadolint:DL3061"],
  examples: {
    bad: [
      { title: "a word that is no instruction", dockerfile: "FROM python:3.12\nRUNN true\n", lines: [2] },
      { title: "no FROM", dockerfile: "RUN true\n", lines: [1] },
      { title: "an open heredoc", dockerfile: "FROM python:3.12\nRUN <<EOF\ntrue\n", lines: [2] },
      { title: "an empty file", dockerfile: "# nothing\n", lines: [1] },
      {
        title: "a script that nobody can read",
        dockerfile: `FROM python:3.12\nRUN ${"(".repeat(1001)}true${")".repeat(1001)}\n`,
        lines: [2],
      },
      { title: "something before FROM", dockerfile: "ENV A=1\nFROM python:3.12\n", lines: [1] },
    ],
    good: [
      {
        title: "a Dockerfile",
        dockerfile: `# syntax=docker/dockerfile:1\nARG V=3.12\nFROM python:\${V}\nRUN <<EOF\ntrue\nEOF\n`,
      },
    ],
  },
  *check(facts) {
    const { dockerfile } = facts;
    for (const problem of dockerfile.problems) {
      yield {
        aliases: [],
        message: problem.message,
        fix: dockerfile.instructions.length === 0 ? BEGIN : "Correct the line, or take it out.",
        ...at(dockerfile, problem.range),
      };
    }
    for (const { keyword, range } of unreadScripts(dockerfile.instructions)) {
      yield {
        aliases: [],
        message: `The script of this ${keyword} opens more than ${MOST_OPEN} brackets or heredocs, so it was not read.`,
        fix: "Move the script to a file of its own, and copy that.",
        severity: "warning",
        ...at(dockerfile, range),
      };
    }
    const [first] = dockerfile.instructions;
    if (first === undefined) return;
    if (dockerfile.stages.length === 0) {
      const known = dockerfile.instructions.find((instruction) => instruction.keyword !== "ARG") ?? first;
      if (dockerfile.problems.some((problem) => problem.range.start.line === known.range.start.line)) return;
      yield {
        // What comes on standard input may well be a part of a file.
        ...(dockerfile.file === "-" ? { severity: "info" as const } : {}),
        ...(known.keyword === "ARG" ? { aliases: [] } : {}),
        message: "There is no FROM, so the image has nothing to start from.",
        fix: BEGIN,
        ...at(dockerfile, known.range),
      };
      return;
    }
    const early = dockerfile.instructions.find(
      (instruction) => instruction.stage === -1 && instruction.keyword !== "ARG",
    );
    if (
      early === undefined ||
      dockerfile.problems.some((problem) => problem.range.start.line === early.range.start.line)
    )
      return;
    yield {
      message: `${early.keyword} stands before the first FROM, where only ARG may.`,
      fix: "Move the line below FROM.",
      ...at(dockerfile, early.range),
    };
  },
});

const BEGIN = "Begin with a base image.\n    FROM docker.io/library/python:3.12-slim-bookworm";
