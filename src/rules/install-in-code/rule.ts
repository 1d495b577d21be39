import { lineage } from "../../dockerfile/variables.ts";
import type { LibraryUse } from "../../source/facts.ts";
import { groupBy } from "../group.ts";
import { fixOf } from "../helpers.ts";
import { jobCode, jobUses, scriptOf } from "../job-code.ts";
import { isInstall, useLocation } from "../offline.ts";
import { installOf, type Manager } from "../packages.ts";
import { defineRule, type ProjectFacts } from "../rule.ts";
import { hideSecrets } from "../secrets.ts";

export default defineRule<"project">({
  id: "install-in-code",
  title: "The code installs software while the job runs",
  category: "offline",
  needs: "project",
  severity: "error",
  requirements: ["OFF-08"],
  why: "Containers in the Safe Haven reach no package repository. An installation in the code waits for the network, fails, and what it should bring is missing.",
  fix: "Install with RUN while the image is built.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "in the script that starts the job",
        dockerfile: 'FROM python:3.12\nCOPY . /opt/\nCMD ["sh", "/opt/start.sh"]\n',
        files: {
          "start.sh": "#!/bin/sh\nset -e\npip install --user -r requirements.txt\nexec python /opt/a.py\n",
        },
        lines: [3],
      },
      {
        title: "from Python",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: {
          "a.py":
            'import subprocess\nimport sys\n\nsubprocess.check_call([sys.executable, "-m", "pip", "install", "lightgbm"])\n',
        },
        lines: [4],
      },
      {
        title: "in a notebook",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: {
          "a.ipynb":
            '{\n "cells": [\n  {\n   "cell_type": "code",\n   "source": [\n    "%pip install lightgbm"\n   ]\n  }\n ]\n}\n',
        },
        lines: [6],
      },
      {
        title: "in R",
        dockerfile: "FROM rocker/r-ver:4\nCOPY . /opt/\n",
        files: { "a.R": 'if (!require("survival")) install.packages("survival")\n' },
        lines: [1],
      },
      {
        title: "in Julia",
        dockerfile: "FROM julia:1.11\nCOPY . /opt/\n",
        files: { "a.jl": 'import Pkg\nPkg.add("CSV")\n' },
        lines: [2],
      },
    ],
    good: [
      {
        title: "already there",
        dockerfile: "FROM rocker/r-ver:4\nRUN install2.r --error survival\nCOPY . /opt/\n",
        files: { "a.R": 'if (!require("survival")) install.packages("survival")\n' },
      },
      {
        title: "a list that is already there",
        dockerfile: "FROM rocker/r-ver:4\nRUN install2.r --error survival dplyr\nCOPY . /opt/\n",
        files: { "a.R": 'install.packages(c("survival", "dplyr"))\n' },
      },
      {
        title: "a script of the build",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\nRUN sh /opt/setup.sh\n",
        files: { "setup.sh": "pip install numpy\n" },
      },
      {
        title: "in words",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'print("pip install lightgbm first")\n# os.system("pip install x")\n' },
      },
    ],
  },
  *check(facts) {
    const installs = jobUses(facts).filter((use) => {
      const library = facts.source.libraries.get(use.library);
      return library !== undefined && isInstall(use, library) && !isInstalled(facts, use);
    });
    const groups = groupBy(installs, ({ file, library }) => `${file} ${library}`);
    for (const [first, ...others] of groups.values()) {
      if (first === undefined) continue;
      const manager = managerOf(first);
      const what = hideSecrets(
        first.by === "command"
          ? first.name
          : `${first.name}(${first.wanted === undefined ? "…" : `"${first.wanted}"`})`,
      ).slice(0, 150);
      // A script that nothing starts may be meant for another place.
      const unused =
        SCRIPT.test(first.file) && jobCode(facts).startIsKnown && !jobCode(facts).starts(first.file);
      yield {
        ...(unused ? { severity: "info" as const } : {}),
        message: `“${what}” installs software while the job runs${others.length === 0 ? "" : ` (and ${others.length} more in this file)`}, and no package repository can be reached in the Safe Haven.`,
        fix: fixOf(
          "Install while the image is built, and take the line out of the code.",
          "# In the Dockerfile:",
          `RUN ${first.by === "command" ? what.replace(/\s--user\b/, "").replace(/^(pip3? install) (?!.*--no-cache-dir)/, "$1 --no-cache-dir ") : (PROGRAMS[first.library]?.(first.wanted) ?? what)}`,
          // Lines of a notebook's file are none that its reader sees.
          `# In the code (${first.file}): remove ${/\.ipynb$/i.test(first.file) ? `“${what}” from its cell` : `line ${first.line}`}`,
        ),
        ...useLocation(first),
        subjects: [`install:${manager}`],
      };
    }
  },
});

const SCRIPT = /\.(?:sh|bash)$|(?:^|\/)(?:Makefile|[^./]+)$/;

const PROGRAMS: Readonly<Record<string, (name: string | undefined) => string>> = {
  "r-install-packages": (name) => `install2.r --error ${name ?? "<packages>"}`,
  renv: () => "Rscript -e 'renv::restore()'",
  "julia-pkg": (name) =>
    `julia -e 'using Pkg; Pkg.${name === undefined ? "instantiate()" : `add("${name}")`}'`,
  "pip-runtime": (name) => `pip install --no-cache-dir ${name ?? "-r requirements.txt"}`,
};

const MANAGERS: Readonly<Record<string, Manager>> = {
  "pip-runtime": "pip",
  conda: "conda",
  npm: "npm",
  "r-install-packages": "R",
  renv: "R",
  "julia-pkg": "julia",
};

function managerOf(use: LibraryUse): Manager {
  const words = use.name.split(" ");
  return (use.by === "command" ? installOf(words)?.manager : undefined) ?? MANAGERS[use.library] ?? "other";
}

/** Everything that the line names is named by a RUN that installs: the line finds nothing to do. */
function isInstalled(facts: ProjectFacts, use: LibraryUse): boolean {
  const wanted =
    use.by === "command"
      ? use.name
          .split(" ")
          .filter(
            (word) =>
              !word.startsWith("-") &&
              !/^(?:python[\d.]*|pip[\d.]*|install|conda|mamba|npm|R|add|ci)$/.test(word),
          )
      : (use.wanted ?? "").split(" ");
  if (wanted.length === 0 || wanted.some((word) => word === "")) return false;
  const runs = lineage(facts.stages)
    .flatMap(({ stage }) => stage.instructions)
    .filter(({ keyword }) => keyword === "RUN")
    .map(scriptOf)
    .filter((text) => /install|add|restore|instantiate/.test(text));
  return wanted.every((word) => {
    const name = word.slice(word.lastIndexOf("/") + 1).replace(/[=<>@~[].*$/, "");
    return (
      name !== "" &&
      runs.some((text) =>
        text
          .split(/[\s"'(),]+/)
          .some(
            (part) => part === name || part.endsWith(`/${name}`) || part.replace(/[=<>@~[].*$/, "") === name,
          ),
      )
    );
  });
}
