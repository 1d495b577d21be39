import { baseStarts, namedBase } from "../base-image.ts";
import { at, finalBase, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { idleKind, startCommand } from "../start-command.ts";

export default defineRule<"dockerfile">({
  id: "no-start-command",
  title: "The image does not start the job by itself",
  category: "start-up",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-14"],
  why: "Inside the Safe Haven nobody types commands: a batch job starts from ENTRYPOINT or CMD and has to run to its end alone. A shell or a prompt ends at once or waits for a person who is not there.",
  fix: 'Start the program with ENTRYPOINT in JSON form, for example ENTRYPOINT ["python", "/opt/app/main.py"].',
  aliases: [],
  examples: {
    bad: [
      {
        title: "neither ENTRYPOINT nor CMD",
        dockerfile: "FROM python:3.12-slim\nCOPY main.py /opt/\n",
        lines: [1],
      },
      {
        title: "a base that starts a database",
        dockerfile: "FROM postgres:16\nCOPY init.sql /docker-entrypoint-initdb.d/\n",
        lines: [1],
      },
      { title: "a shell", dockerfile: 'FROM python:3.12-slim\nCMD ["/bin/bash", "-l"]\n', lines: [2] },
      { title: "a prompt", dockerfile: "FROM rocker/r-ver:4.4.1\nCMD R --no-save\n", lines: [2] },
      { title: "kept alive", dockerfile: "FROM python:3.12-slim\nCMD sleep infinity\n", lines: [2] },
      {
        title: "behind a wrapper",
        dockerfile: 'FROM python:3.12-slim\nENTRYPOINT ["tini", "--"]\nCMD ["python3"]\n',
        lines: [3],
      },
      {
        title: "forgotten by a later ENTRYPOINT",
        dockerfile: 'FROM python:3.12 AS a\nCMD ["main.py"]\nFROM a\nENTRYPOINT ["python"]\n',
        lines: [4],
      },
    ],
    good: [
      { title: "the program", dockerfile: 'FROM python:3.12-slim\nENTRYPOINT ["python", "/opt/main.py"]\n' },
      {
        title: "in a parent stage",
        dockerfile: 'FROM python:3.12-slim AS a\nCMD ["python", "/opt/main.py"]\nFROM a\nRUN true\n',
      },
      { title: "a script in a shell", dockerfile: "FROM python:3.12-slim\nCMD bash /opt/run.sh\n" },
      {
        title: "arguments in CMD",
        dockerfile: 'FROM python:3.12-slim\nENTRYPOINT ["python"]\nCMD ["/opt/main.py"]\n',
      },
      {
        title: "a module",
        dockerfile:
          'FROM python:3.12-slim\nCMD ["conda", "run", "-n", "env", "python", "-m", "heart.risk"]\n',
      },
    ],
  },
  *check(facts) {
    const start = startCommand(facts);
    const last = facts.stages.at(-1);
    if (last === undefined) return;
    const known = baseStarts(finalBase(facts)?.base ?? "");
    // A base that prepares the environment in its own ENTRYPOINT keeps it.
    const { known: base } = namedBase(finalBase(facts)?.base ?? "");
    const keyword = base?.setUp !== undefined && base.kind === "application" ? "CMD" : "ENTRYPOINT";
    if (start === undefined) {
      // An image that starts a server by itself is the business of interactive-server.
      if (known.server !== undefined) return;
      yield {
        message: `There is neither ENTRYPOINT nor CMD, so ${whatRuns(known)}.`,
        fix: fixOf("Name the program that does the work.", exampleStart(known.prompt, keyword)),
        ...at(facts.dockerfile, last.stage.from.range),
        subjects: ["config:start-command", "start-command"],
      };
      return;
    }
    if (start.words.length > 1) return;
    const [words] = start.words;
    const kind = words === undefined ? "shell" : idleKind(words);
    if (kind === undefined) return;
    const program = words?.[0] ?? "the wrapper";
    const what = {
      shell: `The image starts ${words === undefined ? "no program" : program}: a shell does nothing without a person at the keyboard.`,
      prompt: `The image starts ${program} without a script, which opens a prompt and waits for a person.`,
      waits: `The image starts “${words?.join(" ") ?? ""}”, which waits and does no work.`,
    }[kind];
    yield {
      message: what,
      fix: fixOf("Name the program that does the work.", exampleStart(program.replace(/^.*\//, ""), keyword)),
      ...at(facts.dockerfile, start.instruction.range),
      subjects: ["config:start-command"],
    };
  },
});

function whatRuns({ prompt, service }: { readonly prompt?: string; readonly service?: string }): string {
  if (service !== undefined) return `the base image starts ${service} and your code does not run`;
  if (prompt !== undefined)
    return `the base image opens ${/^(?:[AEIO]|R$)/.test(prompt) ? "an" : "a"} ${prompt} prompt and your code does not run`;
  return "the base image decides what runs";
}

function exampleStart(program: string | undefined, keyword: string): string {
  if (program === "R" || program === "Rscript")
    return `${keyword} ["Rscript", "--vanilla", "/opt/app/main.R"]`;
  if (program === "julia" || program === "Julia") return `${keyword} ["julia", "/opt/app/main.jl"]`;
  if (program === "node" || program === "Node.js") return `${keyword} ["node", "/opt/app/main.js"]`;
  return `${keyword} ["python", "/opt/app/main.py"]`;
}
