import type { ShellCommand } from "../../dockerfile/shell.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { type RunStep, runSteps } from "../run-steps.ts";

export default defineRule<"dockerfile">({
  id: "pipe-failure-hidden",
  title: "A pipe hides the failure of its first command",
  category: "reproducibility",
  needs: "dockerfile",
  severity: "warning",
  mentions: ["|"],
  requirements: [],
  why: "Of “a | b” the shell looks at b alone. When a download breaks off, the build goes on with what arrived, and the mistake shows weeks later in a job.",
  fix: 'Before the RUN, write `SHELL ["/bin/bash", "-o", "pipefail", "-c"]`.',
  aliases: ["hadolint:DL4006"],
  examples: {
    bad: [
      {
        title: "a download",
        dockerfile: "FROM python:3.12\nRUN curl -fsSL https://e.org/a.tgz | tar xz\n",
        lines: [2],
      },
      {
        title: "after something else",
        dockerfile: "FROM x\nRUN mkdir /a && \\\n    wget -qO- https://e.org/a | wc -l > /number\n",
        lines: [3],
      },
      {
        title: "another shell without the setting",
        dockerfile: 'FROM x\nSHELL ["/bin/bash", "-c"]\nRUN curl -fsSL https://e.org/a.tgz | tar xz\n',
        lines: [3],
      },
      {
        title: "the setting is of another stage",
        dockerfile:
          'FROM x AS a\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nFROM y\nRUN curl -fsSL https://e.org/a.tgz | tar xz\n',
        lines: [4],
      },
      {
        title: "in a substitution",
        dockerfile: "FROM x\nRUN V=$(curl -fsSL https://e.org/v | jq -r .tag) && get $V\n",
        lines: [2],
      },
      {
        title: "the end is told, the start is not",
        dockerfile: "FROM x\nRUN curl -fsSL https://e.org/a.tgz | tar xz || exit 1\n",
        lines: [2],
      },
      {
        title: "for a later build",
        dockerfile: "FROM x\nONBUILD RUN curl -fsSL https://e.org/a.tgz | tar xz\n",
        lines: [2],
      },
      {
        title: "in a heredoc",
        dockerfile: "FROM x\nRUN <<EOF\nset -e\ncurl -fsSL https://e.org/a.tgz | tar xz\nEOF\n",
        lines: [4],
      },
      {
        title: "what cannot go wrong by much is a remark",
        dockerfile: "FROM x\nRUN cat /etc/os-release | grep NAME\n",
        lines: [2],
      },
    ],
    good: [
      {
        title: "SHELL",
        dockerfile:
          'FROM x\nSHELL ["/bin/bash", "-eo", "pipefail", "-c"]\nRUN curl -fsSL https://e.org/a.tgz | tar xz\n',
      },
      {
        title: "SHELL of the stage below",
        dockerfile:
          'FROM x AS a\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nFROM a\nRUN curl -fsSL https://e.org/a.tgz | tar xz\n',
      },
      {
        title: "BusyBox can do it too",
        dockerfile:
          'FROM alpine:3\nSHELL ["/bin/ash", "-eo", "pipefail", "-c"]\nRUN wget -qO- https://e.org/a.tgz | tar xz\n',
      },
      {
        title: "set in the script",
        dockerfile:
          "FROM x\nRUN set -euo pipefail; curl -fsSL https://e.org/a.tgz | tar xz\nRUN set -o pipefail && curl -fsSL https://e.org/a.tgz | tar xz\n",
      },
      {
        title: "set for an inner shell",
        dockerfile:
          "FROM x\nRUN bash -o pipefail -c 'curl -fsSL https://e.org/a.tgz | tar xz'\nRUN bash -c 'set -o pipefail; curl -fsSL https://e.org/a.tgz | tar xz'\n",
      },
      {
        title: "set in exec form",
        dockerfile:
          'FROM x\nRUN ["/bin/bash", "-o", "pipefail", "-c", "curl -fsSL https://e.org/a.tgz | tar xz"]\n',
      },
      {
        title: "set by the heredoc's own shell",
        dockerfile:
          "FROM x\nRUN <<EOF\n#!/bin/bash -eo pipefail\ncurl -fsSL https://e.org/a.tgz | tar xz\nEOF\n",
      },
      {
        title: "a start that cannot fail",
        dockerfile: "FROM x\nRUN echo a | tee /a && printf 'a' | sha256sum -c - && yes | make\n",
      },
      {
        title: "a failure that does not matter",
        dockerfile:
          "FROM x\nRUN find / -name a | xargs rm || true\nRUN if curl -fsSL https://e.org | grep -q a; then make; fi\n",
      },
      { title: "no pipe", dockerfile: "FROM x\nRUN a || b && echo 'a | b'\n" },
      {
        title: "another kind of shell",
        dockerfile: 'FROM x\nSHELL ["pwsh", "-c"]\nRUN Get-Variable | Remove-Variable\n',
      },
    ],
  },
  *check(facts) {
    for (const step of runSteps(facts)) {
      if (
        setsPipefail(step.shell) ||
        setsPipefail(step.instruction.exec ?? []) ||
        setsPipefail(ownShell(step))
      )
        continue;
      const found = hiddenFailure(step);
      if (found === undefined) continue;
      const { command, range, slight } = found;
      yield {
        message: `A failure of “${command.name}” goes unnoticed: of a pipe the shell looks at the last command alone.`,
        fix: fixOf(
          "Write this before the RUN.",
          `SHELL ["${isAlpine(step) ? "/bin/ash" : "/bin/bash"}", "-o", "pipefail", "-c"]`,
        ),
        ...(slight ? { severity: "info" as const } : {}),
        ...at(facts.dockerfile, range),
      };
    }
  },
});

/** Their failure is either impossible or of no consequence. */
const CANNOT_FAIL =
  /^(?:echo|printf|yes|true|:|seq|set|env|printenv|export|date|uname|id|whoami|pwd|arch|nproc|hostname|dpkg|)$/;
/** They read what is there already: a failure shows in the result. */
const SLIGHT =
  /^(?:cat|ls|grep|egrep|fgrep|sed|awk|gawk|mawk|find|sort|uniq|head|tail|cut|tr|wc|ldd|ldconfig|xargs|jq|tee|rev|du|df|stat|file|strings|basename|dirname|apt-cache|dpkg-query|apt-mark|rpm|ps|env|readelf|objdump|which|type|command|python\d?|pip\d?|apt-config|lsb_release)$/;

function hiddenFailure({ commands }: RunStep) {
  let slight:
    | { command: ShellCommand; range: NonNullable<ShellCommand["pipe"]>["range"]; slight: true }
    | undefined;
  const safe = harmlessLists(commands);
  for (const command of commands) {
    if (command.name === "set" && setsPipefail(command.args.map(({ value }) => value))) return slight;
    if (isShellWithPipefail(command)) return slight;
    const { pipe } = command;
    if (pipe === undefined || pipe.index === pipe.length - 1) continue;
    if (CANNOT_FAIL.test(command.name) || safe.has(command.list.id)) continue;
    if (command.condition && !command.list.operators.includes("||")) continue;
    if (!SLIGHT.test(command.name)) return { command, range: pipe.range, slight: false };
    slight ??= { command, range: pipe.range, slight: true };
  }
  return slight;
}

/** Lists whose failure somebody has thought of: `... || true`. */
function harmlessLists(commands: readonly ShellCommand[]): ReadonlySet<number> {
  const last = new Map<number, ShellCommand>();
  for (const command of commands) last.set(command.list.id, command);
  const safe = new Set<number>();
  for (const [id, { list, name, args }] of last) {
    if (list.operators.at(-1) !== "||") continue;
    if (/^(?:true|:|echo|printf)$/.test(name) || (name === "exit" && args[0]?.value === "0")) safe.add(id);
  }
  return safe;
}

const isShellWithPipefail = ({ name, args }: ShellCommand): boolean =>
  /^(?:ba|a|z|k)sh$/.test(name) && setsPipefail(args.map(({ value }) => value));

/** `-o pipefail`, `-eo pipefail`, `-euxo pipefail`. */
const setsPipefail = (words: readonly string[]): boolean =>
  words.some((word, index) => word === "pipefail" && /^-[a-zA-Z]*o$/.test(words[index - 1] ?? ""));

/** The words of `#!` in a heredoc. */
function ownShell({ instruction }: RunStep): string[] {
  const body = instruction.heredocs[0]?.body.slice(0, 200) ?? "";
  return body.startsWith("#!") ? (body.slice(2).split("\n")[0] ?? "").trim().split(/\s+/) : [];
}

function isAlpine({ stage }: RunStep): boolean {
  let first = stage;
  while (first?.parent !== undefined) first = first.parent;
  return /(?:^|[/:-])(?:alpine|busybox)/i.test(first?.base ?? "");
}
