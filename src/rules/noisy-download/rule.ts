import type { ShellCommand } from "../../dockerfile/shell.ts";
import { replacing } from "../edits.ts";
import { at, fixOf, operands } from "../helpers.ts";
import { installIn } from "../packages.ts";
import { defineRule } from "../rule.ts";
import { type RunStep, runSteps, wordsOf } from "../run-steps.ts";

export default defineRule<"dockerfile">({
  id: "noisy-download",
  title: "A download fills the build's log with its progress",
  category: "style",
  needs: "dockerfile",
  severity: "info",
  programs: /^wget$/,
  requirements: [],
  why: "Without a terminal wget writes one line for every 50 kB. A model of some gigabytes makes tens of thousands of lines, among which a real error is hard to find.",
  fix: "Add --progress=dot:giga, or -q.",
  aliases: ["hadolint:DL3047"],
  examples: {
    bad: [
      { title: "plain", dockerfile: "FROM ubuntu:24.04\nRUN wget https://e.org/a.tgz\n", lines: [2] },
      {
        title: "among others",
        dockerfile: "FROM x\nRUN apt-get update && \\\n    wget -O /a https://e.org/a\n",
        lines: [3],
      },
      {
        title: "in a builder stage",
        dockerfile: "FROM x AS b\nRUN wget https://e.org/a\nFROM y\n",
        lines: [2],
      },
      { title: "for a later build", dockerfile: "FROM x\nONBUILD RUN wget https://e.org/a\n", lines: [2] },
      {
        title: "GNU wget on Alpine",
        dockerfile: "FROM alpine:3\nRUN apk add --no-cache wget && wget https://e.org/a\n",
        lines: [2],
      },
    ],
    good: [
      {
        title: "told how",
        dockerfile:
          "FROM x\nRUN wget --progress=dot:giga https://e.org/a && wget --progress dot:giga https://e.org/b\n",
      },
      {
        title: "quiet",
        dockerfile:
          "FROM x\nRUN wget -q https://e.org/a && wget -qO- https://e.org/b && wget --quiet https://e.org/c && wget -nv https://e.org/d && wget --no-verbose https://e.org/e\n",
      },
      {
        title: "with a log",
        dockerfile:
          "FROM x\nRUN wget -o /log https://e.org/a && wget -a /log https://e.org/b && wget --output-file=/log https://e.org/c && wget --append-output=/log https://e.org/d\n",
      },
      {
        title: "a configuration",
        dockerfile: "FROM x\nRUN echo 'verbose = off' >> /etc/wgetrc && wget https://e.org/a\n",
      },
      { title: "BusyBox says little", dockerfile: "FROM alpine:3\nRUN wget https://e.org/a\n" },
      {
        title: "no download",
        dockerfile: "FROM x\nRUN wget --version && apt-get install -y wget && pip install wget\n",
      },
      { title: "thrown away", dockerfile: "FROM x\nRUN wget https://e.org/a 2> /dev/null\n" },
    ],
  },
  *check(facts) {
    const configured = new Set<unknown>();
    const installed = new Set<unknown>();
    for (const step of runSteps(facts)) {
      for (const command of step.commands) {
        if (command.writesTo.some(({ value }) => /wgetrc$/.test(value))) configured.add(step.stage);
        if (installIn(command)?.packages.includes("wget")) installed.add(step.stage);
        if (command.name !== "wget" || configured.has(step.stage) || isQuiet(step, command)) continue;
        if (!installed.has(step.stage) && /(?:^|[/:-])(?:alpine|busybox)/i.test(baseOf(step))) continue;
        const end = command.program?.range.end;
        yield {
          message: "“wget” writes a line of progress into the build's log for every 50 kB.",
          fix: fixOf("Ask for less.", "wget --progress=dot:giga ..."),
          ...at(facts.dockerfile, command.range),
          ...(command.exact && end !== undefined
            ? { edits: [replacing(facts.dockerfile, { start: end, end }, " --progress=dot:giga")] }
            : {}),
        };
      }
    }
  },
});

function isQuiet(step: RunStep, command: ShellCommand): boolean {
  if (operands(command).length === 0) return true;
  // Whatever takes the progress away from the log.
  if (command.writesTo.some(({ value }) => value === "/dev/null")) return true;
  return wordsOf(step, command).some(
    (word) =>
      /^--(?:progress|quiet|no-verbose|output-file|append-output|version|help|spider|show-progress)(?:=|$)/.test(
        word,
      ) ||
      (word.length < 60 && /^-(?:nv|[a-zA-Z]*[qoaV][a-zA-Z0-9-]*)$/.test(word)) ||
      /^-[oa]./.test(word) ||
      word.startsWith("$"),
  );
}

/** The base of the stage where the chain of stages begins. */
function baseOf({ stage }: RunStep): string {
  let first = stage;
  while (first?.parent !== undefined) first = first.parent;
  return first?.base ?? "";
}
