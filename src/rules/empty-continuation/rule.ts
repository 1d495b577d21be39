import type { Instruction } from "../../dockerfile/model.ts";
import { replacing } from "../edits.ts";
import { at } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "empty-continuation",
  title: "An instruction goes on after an empty line",
  category: "syntax",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "A line that ends with a backslash is continued by the next one that is not empty, whatever stands there. A coming version of the builder stops at it.",
  fix: "Take the empty line out, or the backslash above it.",
  aliases: ["buildkit:NoEmptyContinuation"],
  examples: {
    bad: [
      { title: "in a RUN", dockerfile: "FROM python:3.12\nRUN true && \\\n\n    true\n", lines: [3] },
      {
        title: "several, and one with blanks after a comment",
        dockerfile:
          "FROM python:3.12\nENV A=1 \\\n\n\n    B=2 \\\n    # why\n  \n    C=3\nRUN true \\\n\nCOPY a /b\n",
        lines: [3, 10],
      },
    ],
    good: [
      { title: "none", dockerfile: "FROM python:3.12\nRUN true && \\\n    true\n\nRUN true\n" },
      {
        title: "in a heredoc",
        dockerfile: "FROM python:3.12\nRUN <<EOF\ntrue \\\n\ntrue\nEOF\n",
      },
      { title: "a comment between", dockerfile: "FROM python:3.12\nRUN true && \\\n# why\n    true\n" },
    ],
  },
  *check({ dockerfile }) {
    const { emptyContinuations, instructions, lines } = dockerfile;
    let next = 0;
    for (const instruction of instructions) {
      const own: number[] = [];
      for (; next < emptyContinuations.length; next++) {
        const line = emptyContinuations[next] ?? 0;
        if (line > instruction.range.end.line) break;
        own.push(line);
      }
      const [first] = own;
      if (first === undefined) continue;
      const column = (lines[first - 1] ?? "").length + 1;
      const removable = isClosed(instruction, lines) ? own : [];
      yield {
        message: `${instruction.keyword.slice(0, 40)} goes on after this empty line.`,
        fix: "Take the empty line out, or the backslash above it.",
        ...at(dockerfile, { start: { line: first, column: 1 }, end: { line: first, column } }),
        ...(removable.length === 0
          ? {}
          : {
              edits: joined(removable).map(([from, to]) =>
                replacing(
                  dockerfile,
                  { start: { line: from, column: 1 }, end: { line: to + 1, column: 1 } },
                  "",
                ),
              ),
            }),
      };
    }
  },
});

/** False where the file ends before the instruction does. */
const isClosed = ({ range }: Instruction, lines: readonly string[]): boolean =>
  (lines[range.end.line - 1] ?? "").trim() !== "";

/** Neighbouring lines as one span. */
function joined(list: readonly number[]): [number, number][] {
  const spans: [number, number][] = [];
  for (const line of list) {
    const last = spans.at(-1);
    if (last !== undefined && last[1] === line - 1) last[1] = line;
    else spans.push([line, line]);
  }
  return spans;
}
