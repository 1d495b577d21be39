import type { Range } from "../../dockerfile/model.ts";
import type { ShellCommand } from "../../dockerfile/shell.ts";
import { at, fixOf, hasOption, operands } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { runSteps } from "../run-steps.ts";

export default defineRule<"dockerfile">({
  id: "unseen-script-run",
  title: "A script from the internet is run as it arrives",
  category: "security",
  needs: "dockerfile",
  severity: "info",
  programs: /^(?:curl|wget)$/,
  requirements: [],
  why: "Nobody has seen what runs, and it may be another script tomorrow: two builds of the same Dockerfile then differ, and nobody can say by how much.",
  fix: "Download the script, compare its checksum, and run it then.",
  aliases: [],
  examples: {
    bad: [
      { title: "a pipe", dockerfile: "FROM x\nRUN curl -fsSL https://e.org/install.sh | sh\n", lines: [2] },
      {
        title: "with options, inside a chain",
        dockerfile: "FROM x\nRUN a && \\\n    wget -qO- https://e.org/install.py | sudo -E python3 - --yes\n",
        lines: [3],
      },
      {
        title: "a substitution",
        dockerfile:
          'FROM x\nRUN sh -c "$(curl -fsSL https://e.org/i.sh)"\nRUN bash <(curl -s https://e.org/i.sh)\n',
        lines: [2, 3],
      },
      {
        title: "for a later build",
        dockerfile: "FROM x\nONBUILD RUN curl https://e.org/i.sh | bash\n",
        lines: [2],
      },
    ],
    good: [
      {
        title: "checked first",
        dockerfile:
          'FROM x\nRUN curl -fsSLo i.sh https://e.org/i.sh && echo "abc  i.sh" | sha256sum -c - && sh i.sh\n',
      },
      { title: "data, not a script", dockerfile: "FROM x\nRUN curl -fsSL https://e.org/a.tgz | tar xz\n" },
      {
        title: "read by a program of one's own",
        dockerfile:
          "FROM x\nRUN curl -s https://e.org/v | python3 -c 'import sys' && curl -s https://e.org/v | python3 read.py\n",
      },
    ],
  },
  *check(facts) {
    for (const { commands } of runSteps(facts)) {
      for (const range of unseen(commands))
        yield {
          message: "A script is downloaded and run at once, whatever it is on the day of the build.",
          fix: fixOf(
            "Compare its checksum before it runs.",
            "RUN curl -fsSLo /tmp/install.sh <address> \\",
            '    && echo "<sha256>  /tmp/install.sh" | sha256sum -c - \\',
            "    && sh /tmp/install.sh",
          ),
          ...at(facts.dockerfile, range),
        };
    }
  },
});

const INTERPRETER = /^(?:(?:ba|da|z|k|a)?sh|python[\d.]*|perl|ruby|Rscript|R|node)$/;
const isDownload = ({ name }: ShellCommand): boolean => name === "curl" || name === "wget";

function unseen(commands: readonly ShellCommand[]): Range[] {
  const found: Range[] = [];
  const downloads = new Set<number>();
  let runner: ShellCommand | undefined;
  for (const command of commands) {
    const { pipe } = command;
    if (pipe !== undefined) {
      if (isDownload(command)) downloads.add(pipe.id);
      else if (pipe.index > 0 && downloads.delete(pipe.id) && readsInput(command)) found.push(pipe.range);
      else if (pipe.index > 0 && /^(?:tee|sed|tr)$/.test(command.name)) downloads.add(pipe.id);
    } else if (command.scope !== "substitution") {
      runner = takesScript(command) ? command : undefined;
    } else if (runner !== undefined && isDownload(command)) {
      found.push(runner.range);
      runner = undefined;
    }
  }
  return found;
}

/** `sh`, `bash -s -- x`, `python3 -`: what comes through the pipe is the script. */
const readsInput = (command: ShellCommand): boolean => {
  if (!INTERPRETER.test(command.name) || hasOption(command, "-c", "-e", "-m")) return false;
  const [first] = command.args;
  return (
    operands(command).length === 0 || hasOption(command, "-s", "-") || first?.value.startsWith("-") === true
  );
};

/** `sh -c "$(curl ...)"`, `bash <(curl ...)`, `. <(curl ...)`, `eval "$(curl ...)"`. */
const takesScript = (command: ShellCommand): boolean =>
  /^(?:\.|source|eval)$/.test(command.name) ||
  (INTERPRETER.test(command.name) && command.args.some(({ value }) => /^(?:\$\(|<\(|`)/.test(value)));
