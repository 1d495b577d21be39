import type { Instruction } from "../../dockerfile/model.ts";
import { KNOWN_KEYWORDS } from "../../dockerfile/parse.ts";
import { keywordEdit, replacing } from "../edits.ts";
import { at } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "keyword-casing",
  title: "Keywords are written in letters of different size",
  category: "style",
  needs: "dockerfile",
  severity: "info",
  requirements: [],
  why: "Keywords stand out from their arguments when all of them are written alike, in capital letters by custom.",
  fix: "Write all keywords in capital letters.",
  aliases: ["buildkit:ConsistentInstructionCasing"],
  examples: {
    bad: [
      { title: "mixed letters", dockerfile: "From python:3.12\nRUN true\n", lines: [1] },
      {
        title: "the fewer ones",
        dockerfile: "FROM python:3.12\nrun true\nCOPY a /b\nonbuild RUN true\n",
        lines: [2, 4],
      },
      {
        title: "the fewer ones, the other way round",
        dockerfile: "from python:3.12\nrun true\nCOPY a /b\n",
        lines: [3],
      },
    ],
    good: [
      { title: "capital letters", dockerfile: "FROM python:3.12\nRUN true\n" },
      { title: "small letters", dockerfile: "from python:3.12\nrun true\n" },
      { title: "a word that is no instruction", dockerfile: "FROM python:3.12\napt-get update\n" },
    ],
  },
  *check({ dockerfile }) {
    // Other words are mistakes of another kind, whatever their letters.
    const instructions = dockerfile.instructions.filter(({ keyword }) => KNOWN_KEYWORDS.has(keyword));
    const upper = instructions.filter(isUpper).length;
    const lower = instructions.filter(isLower).length;
    const wantsUpper = upper >= lower;
    for (const instruction of instructions) {
      if (wantsUpper ? isUpper(instruction) : isLower(instruction)) continue;
      const { keyword, keywordText, range } = instruction;
      const wanted = wantsUpper ? keyword : keyword.toLowerCase();
      const end = { line: range.start.line, column: range.start.column + keywordText.length };
      // The helper looks whether the keyword really stands there.
      const edit = keywordEdit(dockerfile, instruction, keyword);
      yield {
        message: `${keywordText.slice(0, 40)} is not written as the other keywords are.`,
        fix: `Write ${wanted.slice(0, 40)}.`,
        ...at(dockerfile, { start: range.start, end }),
        ...(edit === undefined
          ? {}
          : { edits: [replacing(dockerfile, { start: range.start, end }, wanted)] }),
      };
    }
  },
});

const isUpper = ({ keywordText, keyword }: Instruction): boolean => keywordText === keyword;
const isLower = ({ keywordText }: Instruction): boolean => keywordText === keywordText.toLowerCase();
