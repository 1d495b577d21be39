import { allSteps, at, copyParts, expandKnown, fixOf, flagValue } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"project">({
  id: "ignored-file-copied",
  title: "COPY names a file that .dockerignore leaves out",
  category: "syntax",
  needs: "project",
  severity: "error",
  requirements: ["IMG-16"],
  why: "What .dockerignore leaves out is not there for the builder, which stops at such a COPY although the file lies in the folder.",
  fix: "Let the file in with a line such as !settings.yaml at the end of .dockerignore, or do not copy it.",
  aliases: ["buildkit:CopyIgnoredFile"],
  mentions: ["copy", "add"],
  examples: {
    bad: [
      {
        title: "a file and a folder",
        dockerfile: "FROM python:3.12\nCOPY ./fit.py data/raw /opt/\n",
        files: { ".dockerignore": "*.py\ndata\n", "fit.py": "x", "data/raw/a.txt": "x" },
        lines: [2, 2],
      },
      {
        title: "ADD, a variable, a builder stage",
        dockerfile: 'FROM python:3.12 AS a\nARG F=fit.py\nADD ["/$F", "/opt/"]\nFROM python:3.12\nRUN true\n',
        files: { ".dockerignore": "**/*.py\n", "fit.py": "x" },
        lines: [3],
      },
      {
        title: "all but something else",
        dockerfile: "FROM python:3.12\nCOPY src /opt/src\nCOPY fit.R /opt/\n",
        files: { ".dockerignore": "*\n!src\n", "src/a.py": "x", "fit.R": "x" },
        lines: [3],
      },
    ],
    good: [
      {
        title: "let in again",
        dockerfile: "FROM python:3.12\nCOPY src/ fit.py *.R /opt/\nCOPY . /opt/all/\n",
        files: { ".dockerignore": "*\n!fit.py\n!src/a.py\n", "src/a.py": "x", "fit.py": "x" },
      },
      {
        title: "from another stage, from an address, from the line itself",
        dockerfile:
          "FROM python:3.12 AS a\nRUN true\nFROM python:3.12\nCOPY --from=a /x.py /y.py\nADD https://example.org/x.py /x.py\nCOPY <<EOF /z.py\nx\nEOF\n",
        files: { ".dockerignore": "*.py\n" },
      },
    ],
  },
  *check(facts) {
    const { context } = facts;
    if (context.ignoreFile === undefined) return;
    for (const { instruction, variables } of allSteps(facts)) {
      if (instruction.keyword !== "COPY" && instruction.keyword !== "ADD") continue;
      if (flagValue(instruction, "from") !== undefined) continue;
      for (const source of new Set(copyParts(instruction).sources)) {
        const path = localPath(expandKnown(source, variables));
        if (path === undefined || !context.ignore.ignores(path)) continue;
        // A line with `!` may have taken back what lies below an ignored folder.
        if (context.files.some((file) => file.path === path || file.path.startsWith(`${path}/`))) continue;
        const word = instruction.words.find(({ value }) => value === source);
        yield {
          message: `${context.ignoreFile} leaves out ${path.slice(0, 120)}, so the builder does not find it.`,
          fix: fixOf(
            `Let it in at the end of ${context.ignoreFile}, or do not copy it.`,
            `!${path.slice(0, 120)}`,
          ),
          ...at(facts.dockerfile, word?.range ?? instruction.range),
        };
      }
    }
  },
});

/** A source as a path of the project; undefined for patterns, addresses, the whole folder and unknown variables. */
function localPath(source: string): string | undefined {
  if (/[*?[\\$]|:\/\/|^git@/.test(source)) return undefined;
  const parts = source.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 || parts.includes("..") ? undefined : parts.join("/");
}
