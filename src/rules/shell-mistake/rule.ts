import type { Severity } from "../../findings/finding.ts";
import type { ShellcheckLevel, ShellMistake } from "../../scanners/shellcheck.ts";
import { needlessChange } from "../folder-changes.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { runSteps } from "../run-steps.ts";
import { hideSecrets } from "../secrets.ts";

const SEVERITIES: Readonly<Record<ShellcheckLevel, Severity>> = {
  error: "error",
  warning: "warning",
  info: "info",
  style: "info",
};

/** `cd ... || exit`: where WORKDIR would do, that is the better advice and is given already. */
const UNCHECKED_CD = 2164;

/** A text that cannot be read makes several remarks; these only say that it is so. */
const CANNOT_READ = new Set([1009, 1072, 1073]);

/** What hadolint passes on by name. ShellCheck says more; each finding bears its own number. */
const NAMED =
  "1000 1001 1007 1010 1018 1035 1045 1065 1066 1068 1077 1078 1079 1081 1083 1086 1087 1091 1095 1097 1098 1099 2002 2015 2026 2028 2035 2039 2046 2086 2140 2154 2155 2164";

const word = (line: number, column: number, length: number): ShellMistake["range"] => ({
  start: { line, column },
  end: { line, column: column + length },
});

export default defineRule<"shellcheck">({
  id: "shell-mistake",
  title: "ShellCheck found a mistake in the shell of a RUN",
  category: "style",
  needs: "shellcheck",
  severity: "warning",
  requirements: [],
  why: "The shell takes a missing blank or quote without a word and does something else. ShellCheck knows these mistakes; it is asked where it is installed.",
  fix: "Change the line as the remark says; its page on the ShellCheck wiki shows how.",
  aliases: NAMED.split(" ").map((code) => `hadolint:SC${code}`),
  examples: {
    bad: [
      {
        title: "a missing blank",
        dockerfile: "FROM x\nRUN if [ -f /a]; then b; fi\n",
        facts: {
          mistakes: [
            {
              run: 0,
              code: 1020,
              level: "error",
              message: "You need a space before the ].",
              range: word(2, 12, 4),
            },
          ],
        },
        lines: [2],
      },
      {
        title: "a text that cannot be read is one mistake",
        dockerfile: "FROM x\nRUN if a; then b\nRUN if [ -f /a]; then b; fi\n",
        facts: {
          mistakes: [
            {
              run: 0,
              code: 1009,
              level: "info",
              message: "The mentioned error was in this if.",
              range: word(2, 5, 1),
            },
            { run: 0, code: 1073, level: "error", message: "Couldn't parse this if.", range: word(2, 5, 2) },
            {
              run: 1,
              code: 1020,
              level: "error",
              message: "You need a space before the ].",
              range: word(3, 12, 4),
            },
            { run: 1, code: 1072, level: "error", message: "Missing space.", range: word(3, 12, 4) },
          ],
        },
        lines: [2, 3],
      },
      {
        title: "two in one RUN",
        dockerfile: "FROM x\nRUN a && \\\n    rm $b\n",
        facts: {
          mistakes: [
            {
              run: 0,
              code: 2154,
              level: "warning",
              message: "b is referenced but not assigned.",
              range: word(3, 8, 2),
            },
            {
              run: 0,
              code: 2086,
              level: "info",
              message: "Double quote to prevent globbing.",
              range: word(3, 8, 2),
            },
          ],
        },
        lines: [3, 3],
      },
      {
        title: "a change of folder that WORKDIR cannot take over",
        dockerfile: "FROM x\nRUN git clone https://e.org/a; cd a; make\n",
        facts: {
          mistakes: [
            {
              run: 0,
              code: 2164,
              level: "warning",
              message: "Use 'cd ... || exit' in case cd fails.",
              range: word(2, 31, 4),
            },
          ],
        },
        lines: [2],
      },
    ],
    good: [
      { title: "nothing found", dockerfile: "FROM x\nRUN a\n" },
      {
        title: "not assessed without the program",
        dockerfile: "FROM x\nRUN a\n",
        facts: { missing: "ShellCheck is not installed" },
      },
      {
        title: "a change of folder is another rule's business",
        dockerfile: "FROM x\nRUN cd /opt; make\n",
        facts: {
          mistakes: [
            {
              run: 0,
              code: 2164,
              level: "warning",
              message: "Use 'cd ... || exit' in case cd fails.",
              range: word(2, 5, 7),
            },
          ],
        },
      },
    ],
  },
  *check(facts) {
    if (facts.missing !== undefined) yield { notAssessed: facts.missing };
    const changes = new Set(
      runSteps(facts).flatMap((step) => {
        const start = needlessChange(step)?.range.start;
        return start === undefined ? [] : [`${start.line}:${start.column}`];
      }),
    );
    const explained = new Set(
      facts.mistakes.flatMap(({ code, run }) => (code < 2000 && !CANNOT_READ.has(code) ? [run] : [])),
    );
    const unread = new Set<number>();
    const seen = new Set<string>();
    for (const { code, level, message, range, run } of facts.mistakes) {
      if (CANNOT_READ.has(code)) {
        // One of them is enough, and none where another remark names the mistake.
        if (explained.has(run) || unread.has(run)) continue;
        unread.add(run);
      }
      const place = `${range.start.line}:${range.start.column}`;
      if (code === UNCHECKED_CD && changes.has(place)) continue;
      // ShellCheck repeats itself where one word is used twice.
      const key = `${place} ${code} ${message}`;
      if (seen.has(key)) continue;
      seen.add(key);
      yield {
        message: `ShellCheck says: ${sentence(hideSecrets(message))} (SC${code}).`,
        fix: fixOf("Change the line as this page shows.", `https://www.shellcheck.net/wiki/SC${code}`),
        severity: SEVERITIES[level],
        aliases: [`hadolint:SC${code}`],
        ...at(facts.dockerfile, range),
      };
    }
  },
});

/** One line without a full stop; what ShellCheck quotes from the script may hold a secret. */
const sentence = (text: string): string =>
  text
    .slice(0, 300)
    .replace(/\s+/g, " ")
    .replace(/[.\s]+$/, "");
