import type { Dockerfile, Instruction } from "../../dockerfile/model.ts";
import { lineage } from "../../dockerfile/variables.ts";
import type { Draft, TextEdit } from "../../findings/finding.ts";
import { replacing } from "../edits.ts";
import { at, finalBase, fixOf } from "../helpers.ts";
import { type DockerfileFacts, defineRule } from "../rule.ts";
import { hideSecrets } from "../secrets.ts";
import { startCommand } from "../start-command.ts";

export default defineRule<"dockerfile">({
  id: "shell-form-start-command",
  title: "ENTRYPOINT or CMD is written without JSON brackets",
  category: "start-up",
  needs: "dockerfile",
  severity: "warning",
  keywords: ["ENTRYPOINT", "CMD", "HEALTHCHECK"],
  requirements: [],
  why: "Without brackets the program runs inside /bin/sh. The shell does not pass signals on, so a job that is stopped loses its last results, and arguments of the job are ignored by ENTRYPOINT.",
  fix: 'Write the words as a JSON array: ENTRYPOINT ["python", "main.py"].',
  aliases: ["hadolint:DL3025", "buildkit:JSONArgsRecommended"],
  examples: {
    bad: [
      { title: "CMD", dockerfile: "FROM python:3.12\nCMD python /opt/main.py\n", lines: [2] },
      { title: "both", dockerfile: "FROM python:3.12\nENTRYPOINT python\nCMD /opt/main.py\n", lines: [2, 3] },
      {
        title: "single quotes are not JSON",
        dockerfile: "FROM python:3.12\nCMD ['python', 'main.py']\n",
        lines: [2],
      },
      {
        title: "in a builder stage, and a health check",
        dockerfile:
          'FROM python:3.12 AS a\nENTRYPOINT python /a.py\nFROM python:3.12\nHEALTHCHECK --interval=1m CMD curl -f http://localhost/\nCMD ["a"]\n',
        lines: [2, 4],
      },
    ],
    good: [
      { title: "JSON", dockerfile: 'FROM python:3.12\nENTRYPOINT ["python", "/opt/main.py"]\n' },
      {
        title: "the shell named on purpose",
        dockerfile: 'FROM python:3.12\nCMD ["/bin/sh", "-c", "cd /scratch && exec python /opt/main.py"]\n',
      },
      {
        title: "health checks",
        dockerfile:
          'FROM python:3.12 AS a\nHEALTHCHECK NONE\nFROM python:3.12\nHEALTHCHECK CMD ["curl", "-f", "http://localhost/"]\n',
      },
      {
        title: "exec in a shell",
        dockerfile: "FROM python:3.12\nCMD exec python /opt/main.py --cores $OMP_NUM_THREADS\n",
      },
    ],
  },
  *check(facts) {
    const start = startCommand(facts);
    yield* elsewhere(facts, [start?.entrypoint, start?.command]);
    if (start === undefined) return;
    // With both instructions the words of one are arguments of the other: brackets would change what is run.
    const alone = start.entrypoint === undefined || start.command === undefined;
    const setsShell = lineage(facts.stages).some(({ stage }) =>
      stage.instructions.some(({ keyword }) => keyword === "SHELL"),
    );
    const ownShell = setsShell || /micromamba/.test(finalBase(facts)?.base ?? "");
    for (const instruction of [start.entrypoint, start.command]) {
      if (instruction === undefined || instruction.exec !== undefined || instruction.text === "") continue;
      if (/^exec\s/.test(instruction.text)) continue;
      const edits = alone && !ownShell ? bracketed(facts.dockerfile, instruction) : [];
      const broken = instruction.text.startsWith("[");
      yield {
        // A SHELL of one's own is a choice to BuildKit.
        ...(setsShell ? { aliases: ["hadolint:DL3025"] } : {}),
        message: broken
          ? `${instruction.keyword} looks like JSON but is not, so the whole line is given to a shell: JSON strings take double quotes.`
          : `${instruction.keyword} runs through a shell, which does not pass on the signal that ends a job.`,
        fix: fixOf(
          "Write a JSON array.",
          `${instruction.keyword} ${asJson(hideSecrets(instruction.text.slice(0, 2000)))}`,
        ),
        ...at(facts.dockerfile, instruction.range),
        ...(edits.length === 0 ? {} : { edits }),
      };
    }
  },
});

/** Start commands of other stages, which do not run by themselves, and health checks. */
function* elsewhere(
  { dockerfile, stages }: DockerfileFacts,
  counted: readonly (Instruction | undefined)[],
): Iterable<Draft> {
  for (const { stage } of stages) {
    const last = (keyword: string) => stage.instructions.findLast((one) => one.keyword === keyword);
    const ownShell = last("SHELL") !== undefined;
    for (const keyword of ["ENTRYPOINT", "CMD", "HEALTHCHECK"]) {
      const instruction = last(keyword);
      if (instruction === undefined || counted.includes(instruction) || ownShell) continue;
      const command = keyword === "HEALTHCHECK" ? checkCommand(instruction) : instruction.text;
      if (command === "" || /^exec\s/.test(command) || isArray(command)) continue;
      const before = keyword === "HEALTHCHECK" ? "HEALTHCHECK CMD" : keyword;
      yield {
        severity: "info",
        ...(keyword === "HEALTHCHECK" ? { aliases: ["hadolint:DL3025"] } : {}),
        message: `${before} runs through a shell, which does not pass on signals.`,
        fix: fixOf("Write a JSON array.", `${before} ${asJson(hideSecrets(command.slice(0, 2000)))}`),
        ...at(dockerfile, instruction.range),
      };
    }
  }
}

/** What HEALTHCHECK runs; empty for NONE. */
const checkCommand = ({ text }: Instruction): string => /^CMD\s+(.*)$/is.exec(text)?.[1]?.trim() ?? "";

function isArray(text: string): boolean {
  if (!text.startsWith("[")) return false;
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}

/** What the shell does itself; a program of that name may be missing, or do something else. */
const BUILTINS = new Set(
  "alias bg bind break builtin caller case cd command compgen complete continue coproc declare dirs disown do done echo elif else enable esac eval exec exit export false fc fg fi for function getopts hash help history if in jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return select set shift shopt source suspend test then time times trap true type typeset ulimit umask unalias unset until wait while".split(
    " ",
  ),
);

/** Brackets, quotes and commas around the words where the shell has nothing to do but to start the program. */
function bracketed(dockerfile: Dockerfile, instruction: Instruction): TextEdit[] {
  const { words } = instruction;
  const [program = ""] = words.map(({ raw }) => raw);
  const plain =
    words.length > 0 && words.length < 200 && words.every(({ raw }) => /^[\w./:=,@%+-]+$/.test(raw));
  if (!plain || program.includes("=") || !/[A-Za-z]/.test(program) || BUILTINS.has(program)) return [];
  return words.flatMap(({ range: { start, end } }, index) => {
    const open = index === 0 ? '["' : '"';
    const close = index === words.length - 1 ? '"]' : '",';
    return [
      replacing(dockerfile, { start, end: start }, open),
      replacing(dockerfile, { start: end, end }, close),
    ];
  });
}

function asJson(text: string): string {
  const plain = text.length < 500 && !/[|&;<>$`"'(){}*?\\\n]/.test(text);
  if (text.startsWith("[")) return text.length < 500 ? text.replaceAll("'", '"') : '["program", "argument"]';
  return plain
    ? JSON.stringify(text.trim().split(/\s+/)).replaceAll('","', '", "')
    : `["/bin/sh", "-c", ${JSON.stringify(`exec ${text.slice(0, 300)}`)}]`;
}
