import {
  at,
  copyParts,
  expandKnown,
  finalSteps,
  fixOf,
  hasOption,
  isWithin,
  optionValues,
  placedCommands,
  resolvePath,
  type Step,
} from "../helpers.ts";
import { installIn } from "../packages.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "home-installed-packages",
  title: "Software is installed in somebody's home directory",
  category: "users",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["UID-10"],
  why: "The job runs as a user that the image does not know, with another home directory. What lies in /root or in a home folder cannot be read or is not looked for.",
  fix: "Install for everyone: into the system, into /opt, or into a virtual environment there, readable for all.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "pip for the user",
        dockerfile: "FROM python:3.12\nRUN pip install --no-cache-dir --user numpy\n",
        lines: [2],
      },
      {
        title: "Julia's depot in /root",
        dockerfile: "FROM julia:1.11\nRUN julia -e 'using Pkg; Pkg.add(\"CSV\")'\n",
        lines: [2],
      },
      {
        title: "a depot in a home, filled by a script",
        dockerfile: "FROM julia:1.11\nENV JULIA_DEPOT_PATH=/home/me/.julia\nRUN julia /opt/install.jl\n",
        lines: [3],
      },
      { title: "code copied to /root", dockerfile: "FROM python:3.12\nCOPY main.py /root/\n", lines: [2] },
      {
        title: "relative to a home folder",
        dockerfile: "FROM python:3.12\nWORKDIR /root/app\nCOPY . .\n",
        lines: [3],
      },
      {
        title: "a Conda environment in a home",
        dockerfile: "FROM condaforge/miniforge3:24\nRUN conda create -p ~/env python=3.12\n",
        lines: [2],
      },
      {
        title: "an R library in a home",
        dockerfile:
          "FROM rocker/r-ver:4\nENV R_LIBS_USER=/root/R\nRUN Rscript -e 'install.packages(\"renv\")'\n",
        lines: [3],
      },
      {
        title: "an installer that takes the home",
        dockerfile: "FROM python:3.12\nRUN curl -LsSf https://astral.sh/uv/install.sh | sh\n",
        lines: [2],
      },
    ],
    good: [
      {
        title: "for everyone",
        dockerfile: "FROM python:3.12\nRUN pip install --no-cache-dir numpy\nCOPY main.py /opt/app/\n",
      },
      {
        title: "a shared depot",
        dockerfile:
          "FROM julia:1.11\nENV JULIA_DEPOT_PATH=/opt/julia\nRUN julia -e 'using Pkg; Pkg.add(\"CSV\")' && chmod -R a+rX /opt/julia\n",
      },
      {
        title: "a builder stage",
        dockerfile:
          "FROM python:3.12 AS b\nRUN pip install --user numpy\nFROM python:3.12\nCOPY --from=b /root/.local /opt/local\n",
      },
      {
        title: "pointed elsewhere",
        dockerfile: "FROM python:3.12\nENV PYTHONUSERBASE=/opt/py\nRUN pip install --user numpy\n",
      },
      {
        title: "uv told where",
        dockerfile:
          "FROM python:3.12\nRUN curl -LsSf https://astral.sh/uv/install.sh | UV_INSTALL_DIR=/usr/local/bin sh\n",
      },
      {
        title: "home made readable",
        dockerfile:
          "FROM python:3.12\nENV HOME=/opt/home\nRUN pip install --user numpy && chmod -R a+rX /opt/home\n",
      },
    ],
  },
  *check(facts) {
    for (const step of finalSteps(facts)) {
      const { instruction } = step;
      if (instruction.keyword === "COPY" || instruction.keyword === "ADD") {
        const { target } = copyParts(instruction);
        if (target === undefined) continue;
        const path = resolvePath(
          step.folder,
          expandKnown(target, step.variables).replace(/^~(?=\/|$)/, "/root"),
        );
        if (!isHome(path) || opened(facts, path)) continue;
        yield {
          message: `${instruction.keyword} puts files into ${path}, which the user that the job runs as may not read.`,
          fix: fixOf(
            "Put them where everyone can read them.",
            `${instruction.keyword} ${instruction.text.replace(/\s+\S+$/, "").slice(0, 200)} /opt/app/`,
          ),
          ...at(facts.dockerfile, instruction.range),
        };
      } else if (instruction.keyword === "RUN") {
        for (const { command } of placedCommands(step)) {
          const found = installedAtHome(step, command);
          if (found === undefined) continue;
          yield { message: found.message, fix: found.fix, ...at(facts.dockerfile, command.range) };
          break;
        }
      }
    }
  },
});

const isHome = (path: string): boolean => isWithin(path, "/root") || /^\/home\/[^/]+(?:\/|$)/.test(path);
const atHome = (text: string): boolean => /^(?:~|\$HOME|\$\{HOME\})(?:\/|$)/.test(text) || isHome(text);

/** A later `chmod` that opens the folder to everyone makes it readable after all. */
function opened(facts: Parameters<typeof finalSteps>[0], path: string): boolean {
  return finalSteps(facts).some(
    (step) =>
      step.instruction.keyword === "RUN" &&
      placedCommands(step).some(
        ({ command }) =>
          command.name === "chmod" &&
          command.args.some(
            ({ value }) =>
              isHome(value) && (isWithin(path, value.replace(/\/+$/, "")) || isWithin(value, path)),
          ),
      ),
  );
}

function installedAtHome(
  step: Step,
  command: Parameters<typeof installIn>[0],
): { message: string; fix: string } | undefined {
  const variable = (name: string): string | undefined =>
    command.assignments.get(name) ?? step.variables.get(name);
  // A home that was moved on purpose is the fix that EPCC itself uses.
  const homeMoved = variable("HOME") !== undefined && !atHome(variable("HOME") ?? "");
  const install = installIn(command);
  const text = command.args.map(({ value }) => value).join(" ");
  if (
    install?.manager === "pip" &&
    hasOption(command, "--user") &&
    variable("PYTHONUSERBASE") === undefined &&
    !homeMoved
  ) {
    return {
      message:
        "“pip install --user” installs into the home of the user who builds, where the job does not look.",
      fix: fixOf("Install for everyone.", "RUN pip install --no-cache-dir ..."),
    };
  }
  if (
    install?.manager === "pip" &&
    install.program === "pipx" &&
    variable("PIPX_HOME") === undefined &&
    !homeMoved
  ) {
    return {
      message: "“pipx install” installs into the home of the user who builds, where the job does not look.",
      fix: fixOf("Choose a place for everyone.", "ENV PIPX_HOME=/opt/pipx PIPX_BIN_DIR=/usr/local/bin"),
    };
  }
  const depot = variable("JULIA_DEPOT_PATH");
  const addsToHome = install?.manager === "julia" && !homeMoved && depot === undefined;
  if (addsToHome || (command.name === "julia" && depot !== undefined && atHome(depot))) {
    return {
      message: `Julia's packages go to ${depot ?? "~/.julia"}, in the home of the user who builds, where the job does not look.`,
      fix: fixOf(
        "Use a depot for everyone before packages are added.",
        "ENV JULIA_DEPOT_PATH=/opt/julia-depot",
        "RUN julia -e 'using Pkg; Pkg.add(...)' && chmod -R a+rX /opt/julia-depot",
        "ENV JULIA_DEPOT_PATH=/scratch/julia:/opt/julia-depot",
      ),
    };
  }
  if (install?.manager === "R") {
    const library = [variable("R_LIBS_USER"), variable("RENV_PATHS_LIBRARY"), variable("R_LIBS")].find(
      (value) => value !== undefined && atHome(value),
    );
    const inCode = /lib\s*=\s*["'](?:~|\/root|\/home\/)/.test(text);
    if (library !== undefined || inCode) {
      return {
        message: "R packages go to a library in a home directory, where the job does not look.",
        fix: fixOf("Install into the site library.", "ENV R_LIBS_SITE=/usr/local/lib/R/site-library"),
      };
    }
  }
  if (install?.manager === "conda") {
    const prefix = optionValues(command, "-p", "--prefix").find(atHome);
    if (prefix !== undefined) {
      return {
        message: `The Conda environment is made in ${prefix}, which the user that the job runs as may not read.`,
        fix: fixOf("Make it below /opt.", `${command.name} create -y -p /opt/env ...`),
      };
    }
  }
  if (
    /^(?:ba)?sh$/.test(command.name) &&
    command.piped &&
    command.args.every(({ value }) => value.startsWith("-"))
  ) {
    const script = step.instruction.text;
    const installer =
      /astral\.sh\/uv|sh\.rustup\.rs|install\.julialang\.org|install\.python-poetry\.org|pixi\.sh\/install/.exec(
        script.slice(0, 20_000),
      )?.[0];
    const chosen = ["UV_INSTALL_DIR", "XDG_BIN_HOME", "CARGO_HOME", "POETRY_HOME", "PIXI_HOME"].some(
      (name) => variable(name) !== undefined && !atHome(variable(name) ?? ""),
    );
    if (installer !== undefined && !chosen && !homeMoved) {
      return {
        message:
          "The installer puts the program into the home of the user who builds, where the job does not look.",
        fix: fixOf(
          "Tell it a place for everyone, for uv for example.",
          "RUN curl -LsSf <installer> | UV_INSTALL_DIR=/usr/local/bin sh",
        ),
      };
    }
  }
  return undefined;
}
