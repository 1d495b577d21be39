import { at, cacheMounts, finalSteps, fixOf, hasOption, placedCommands } from "../helpers.ts";
import { installIn } from "../packages.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "pip-cache-kept",
  title: "pip keeps its download cache in the image",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-06"],
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
        title: "in a builder stage",
        dockerfile: "FROM python:3.12 AS b\nRUN pip install numpy\nFROM python:3.12\nRUN true\n",
      },
    ],
  },
  *check(facts) {
    for (const step of finalSteps(facts)) {
      if (step.instruction.keyword !== "RUN") continue;
      const placed = placedCommands(step);
      if (
        cacheMounts(step.instruction).some(
          (path) => /\.cache(?:\/pip)?$/.test(path) || path === step.variables.get("PIP_CACHE_DIR"),
        )
      )
        continue;
      const cleaned = placed.some(
        ({ command }) =>
          (command.name === "rm" &&
            command.args.some(({ value }) =>
              /\.cache(?:\/(?:pip|\*).*)?\/?$|\/\.cache\/?\*?$/.test(value),
            )) ||
          (/^pip/.test(command.name) &&
            command.args
              .map(({ value }) => value)
              .join(" ")
              .startsWith("cache purge")),
      );
      if (cleaned) continue;
      for (const { command } of placed) {
        const install = installIn(command);
        if (
          install?.manager !== "pip" ||
          !/^(?:pip|python|pypy)/.test(install.program) ||
          install.program === "pipx" ||
          install.program === "pipenv"
        )
          continue;
        const variable =
          command.assignments.get("PIP_NO_CACHE_DIR") ?? step.variables.get("PIP_NO_CACHE_DIR");
        if (hasOption(command, "--no-cache-dir") || isOn(variable)) continue;
        yield {
          message: "“pip install” keeps everything it downloads in the image.",
          fix: fixOf("Add the option.", "pip install --no-cache-dir ..."),
          ...at(facts.dockerfile, command.range),
        };
        break;
      }
    }
  },
});

const isOn = (value: string | undefined): boolean =>
  value !== undefined && !/^(?:0|false|no|off|n|f|)$/i.test(value.trim());
