import { replacing } from "../edits.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "from-as-casing",
  title: "FROM and AS are written in letters of different size",
  category: "style",
  needs: "dockerfile",
  severity: "info",
  requirements: [],
  why: "Both words belong to one instruction. Written alike they are easier to find.",
  fix: "Write AS as FROM is written.",
  aliases: ["buildkit:FromAsCasing"],
  examples: {
    bad: [
      {
        title: "each way",
        dockerfile:
          "FROM python:3.12 as a\nRUN true\nfrom python:3.12 AS b\nRUN true\nFROM python:3.12 As c\nRUN true\n",
        lines: [1, 3, 5],
      },
    ],
    good: [
      { title: "capital letters", dockerfile: "FROM python:3.12 AS a\nRUN true\n" },
      { title: "small letters", dockerfile: "from python:3.12 as a\nrun true\n" },
    ],
  },
  *check({ dockerfile }) {
    for (const { name, from } of dockerfile.stages) {
      const word = from.words[1];
      if (name === undefined || word === undefined) continue;
      const { keywordText } = from;
      // A keyword of mixed letters is another rule's.
      const upper = keywordText === keywordText.toUpperCase();
      if (!upper && keywordText !== keywordText.toLowerCase()) continue;
      const wanted = upper ? "AS" : "as";
      if (word.raw === wanted) continue;
      yield {
        message: `“${word.raw}” is not written as “${keywordText}” is.`,
        fix: fixOf(
          `Write ${wanted}.`,
          `${keywordText} ${from.words[0]?.raw.slice(0, 120) ?? ""} ${wanted} ${name.slice(0, 80)}`,
        ),
        ...at(dockerfile, word.range),
        edits: [replacing(dockerfile, word.range, wanted)],
      };
    }
  },
});
