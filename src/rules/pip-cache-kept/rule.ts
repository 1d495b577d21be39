import { oncePerCommand } from "../../dockerfile/shell.ts";
import { at, fixOf, hasOption, operands } from "../helpers.ts";
import { innerCommand } from "../inner-command.ts";
import { isCacheMounted, removes } from "../kept-caches.ts";
import { defineRule } from "../rule.ts";
import { runCommands } from "../run-commands.ts";
import { optionAfterVerb, type RunStep, runSteps } from "../run-steps.ts";

const PIP = /^pip(?:\d(?:\.\d+)?)?$/;

export default defineRule<"dockerfile">({
  id: "pip-cache-kept",
  title: "pip keeps its download cache in the image",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  programs: PIP,
  requirements: ["IMG-06", "BG-02"],
  why: "pip keeps a copy of everything it downloads. In an image the copy is never used again; it makes the transfer into the Safe Haven longer and the image harder to review.",
  fix: "Install with `pip install --no-cache-dir`, or set `ENV PIP_NO_CACHE_DIR=1` before.",
  aliases: ["hadolint:DL3042"],
  examples: {
    bad: [
      { title: "plain pip", dockerfile: "FROM python:3.12\nRUN pip install numpy\n", lines: [2] },
      {
        title: "as a module, on its line",
        dockerfile:
          "FROM python:3.12\nRUN apt-get update && \\\n    python3 -m pip install -r requirements.txt\n",
        lines: [3],
      },
      {
        title: "in a Conda environment",
        dockerfile: "FROM x\nRUN conda run -n job pip install numpy\n",
        lines: [2],
      },
      {
        title: "set too late",
        dockerfile: "FROM python:3.12\nRUN pip install numpy\nENV PIP_NO_CACHE_DIR=1\n",
        lines: [2],
      },
      {
        title: "a mount for something else",
        dockerfile: "FROM python:3.12\nRUN --mount=type=cache,target=/var/cache/apt pip install numpy\n",
        lines: [2],
      },
      {
        title: "the variable says no",
        dockerfile: "FROM python:3.12\nENV PIP_NO_CACHE_DIR=0\nRUN pip3 install numpy\n",
        lines: [3],
      },
    ],
    good: [
      { title: "without cache", dockerfile: "FROM python:3.12\nRUN pip install --no-cache-dir numpy\n" },
      {
        title: "by variable",
        dockerfile: "FROM python:3.12\nENV PIP_NO_CACHE_DIR=1\nRUN pip install numpy\n",
      },
      {
        title: "in a cache mount",
        dockerfile: "FROM python:3.12\nRUN --mount=type=cache,target=/root/.cache/pip pip install numpy\n",
      },
      {
        title: "deleted at once",
        dockerfile: "FROM python:3.12\nRUN pip install numpy && rm -rf ~/.cache\n",
      },
      { title: "purged", dockerfile: "FROM python:3.12\nRUN pip install numpy && pip cache purge\n" },
      {
        title: "by ARG, by export and on the line",
        dockerfile:
          "FROM python:3.12\nRUN export PIP_NO_CACHE_DIR=1 && pip install numpy\nRUN PIP_NO_CACHE_DIR=true pip install numpy\nARG PIP_NO_CACHE_DIR=1\nRUN pip install numpy\n",
      },
      {
        title: "turned off in pip's settings",
        dockerfile: "FROM python:3.12\nRUN pip config set global.no-cache-dir true\nRUN pip install numpy\n",
      },
      {
        title: "in a mount of another place",
        dockerfile:
          "FROM python:3.12\nENV PIP_CACHE_DIR=/var/pip\nRUN --mount=type=cache,target=/var/pip pip install numpy\nRUN --mount=type=cache,dst=/root/.cache pip install numpy\n",
      },
      {
        title: "in a builder stage",
        dockerfile: "FROM python:3.12 AS b\nRUN pip install numpy\nFROM python:3.12\nRUN true\n",
      },
    ],
  },
  *check(facts) {
    const steps = runSteps(facts).filter(({ final }) => final);
    let turnedOff = false;
    for (const step of steps) {
      turnedOff ||= step.commands.some(turnsOff);
      if (turnedOff || !step.commands.some((command) => installs(innerCommand(command).parsed))) continue;
      if (isCleaned(step)) continue;
      const kept = runCommands(facts, step).filter(
        ({ command, variable }) =>
          installs(command.parsed) &&
          !hasOption(command, "--no-cache-dir", "--dry-run", "--help") &&
          !isOn(variable("PIP_NO_CACHE_DIR")) &&
          !isCacheMounted(step.instruction, "/root/.cache/pip", variable("PIP_CACHE_DIR")),
      );
      const [first] = kept;
      if (first === undefined) continue;
      const edits = kept.map(({ command }) => optionAfterVerb(facts, command, ["install"], "--no-cache-dir"));
      yield {
        message: "“pip install” keeps everything it downloads in the image.",
        fix: fixOf("Add the option.", "pip install --no-cache-dir ..."),
        ...at(facts.dockerfile, first.command.range),
        subjects: ["cache:pip"],
        ...(edits.every((edit) => edit !== undefined) ? { edits: edits.flat() } : {}),
      };
    }
  },
});

type Command = Parameters<typeof operands>[0];

const isPip = ({ name }: Pick<Command, "name">): boolean => PIP.test(name);
const installs = oncePerCommand(
  (command) => isPip(command) && command.values.find((value) => !value.startsWith("-")) === "install",
);

/** `pip config set global.no-cache-dir true` holds from here on. */
const turnsOff = (command: Command): boolean => {
  if (!isPip(command)) return false;
  const [verb, set, name = "", value = ""] = operands(command);
  return verb === "config" && set === "set" && /\.no-cache-dir$/.test(name) && isOn(value);
};

const isCleaned = (step: RunStep): boolean =>
  step.commands.some(
    (command) =>
      removes(command, /\.cache(?:\/(?:pip|\*).*)?\/?$/) ||
      (isPip(command) &&
        /^(?:purge|remove)$/.test(operands(command)[1] ?? "") &&
        operands(command)[0] === "cache"),
  );

const isOn = (value: string | undefined): boolean =>
  value !== undefined && !/^(?:0|false|no|off|n|f|)$/i.test(value.trim());
