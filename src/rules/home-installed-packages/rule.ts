import type { ShellCommand } from "../../dockerfile/shell.ts";
import { at, copyParts, expandKnown, finalSteps, fixOf, isWithin, resolvePath } from "../helpers.ts";
import { homeInstall, isHome, mayInstallAtHome, renvCache } from "../home-installs.ts";
import { innerCommand } from "../inner-command.ts";
import { type DockerfileFacts, defineRule } from "../rule.ts";
import { runCode } from "../run-code.ts";
import { placeOf, runCommands } from "../run-commands.ts";
import { runSteps } from "../run-steps.ts";

export default defineRule<"dockerfile">({
  id: "home-installed-packages",
  title: "Software is installed in somebody's home directory",
  category: "users",
  needs: "dockerfile",
  severity: "warning",
  mentions: [
    "root",
    "home",
    "~",
    "user",
    "pipx",
    "julia",
    "uv",
    "cargo",
    "rustup",
    "go",
    "mamba",
    "conda",
    "forge",
    "poetry",
    "pixi",
    "nvm",
    "pyenv",
    "bun",
    "deno",
    "renv",
  ],
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
      {
        title: "a tool, a Python and a program of uv, cargo and go, on their lines",
        dockerfile:
          "FROM debian:12\nRUN apt-get update && \\\n    uv tool install ruff==0.6.0\nRUN uv python install 3.12\nRUN cargo install --locked ripgrep@14.1.1\nRUN go install example.org/cmd/x@v1\n",
        lines: [3, 4, 5, 6],
      },
      {
        title: "uv fetches Python where the image has none",
        dockerfile: "FROM ubuntu:24.04\nRUN uv sync --locked\n",
        lines: [2],
      },
      {
        title: "Conda's installer",
        dockerfile:
          "FROM debian:12\nRUN bash Miniforge3-Linux-x86_64.sh -b -p /root/miniforge3\nRUN bash /tmp/miniconda.sh -b\nRUN micromamba create -n job python=3.12\n",
        lines: [2, 3, 4],
      },
      {
        title: "Rust's installer with options",
        dockerfile:
          "FROM debian:12\nRUN curl -sSf https://sh.rustup.rs | sh -s -- -y --default-toolchain 1.82.0\n",
        lines: [2],
      },
      {
        title: "an installer that ADD brings",
        dockerfile:
          "FROM python:3.12\nADD https://astral.sh/uv/0.9.0/install.sh /uv-installer.sh\nRUN sh /uv-installer.sh && rm /uv-installer.sh\n",
        lines: [3],
      },
      {
        title: "npm's prefix in a home",
        dockerfile: "FROM node:22\nENV NPM_CONFIG_PREFIX=/home/node/.npm-global\nRUN npm install -g x@1\n",
        lines: [3],
      },
      {
        title: "pip as another user",
        dockerfile: "FROM python:3.12\nUSER 1000\nRUN pip install --no-cache-dir numpy==1.26.4\n",
        lines: [3],
      },
      {
        title: "renv's cache",
        dockerfile: "FROM rocker/r-ver:4.4.1\nRUN R -e 'install.packages(\"renv\")' -e 'renv::restore()'\n",
        lines: [2],
      },
      {
        title: "for the user, through Conda",
        dockerfile: "FROM x\nRUN conda run -n job pip install --user numpy\n",
        lines: [2],
      },
    ],
    good: [
      {
        title: "told where to go",
        dockerfile:
          "FROM debian:12\nENV UV_TOOL_DIR=/opt/t UV_PYTHON_INSTALL_DIR=/opt/python CARGO_HOME=/opt/cargo GOBIN=/usr/local/bin MAMBA_ROOT_PREFIX=/opt/conda\nRUN uv tool install ruff && uv python install 3.12 && cargo install x && go install x@v1 && micromamba create -n job\nRUN bash Miniforge3.sh -b -p /opt/conda\nRUN curl https://sh.rustup.rs | sh -s -- -y\n",
      },
      {
        title: "images that say so themselves",
        dockerfile: "FROM rust:1.82\nRUN cargo install --locked ripgrep@14.1.1\n",
      },
      {
        title: "an image with Python, and one where it is installed",
        dockerfile:
          "FROM ubuntu:24.04\nRUN apt-get update && apt-get install -y python3\nRUN uv sync --locked\n",
      },
      {
        title: "pip in a virtual environment as another user",
        dockerfile: "FROM python:3.12\nENV VIRTUAL_ENV=/opt/venv\nUSER me\nRUN pip install numpy\n",
      },
      {
        title: "renv copies",
        dockerfile:
          "FROM rocker/r-ver:4.4.1\nENV RENV_CONFIG_CACHE_SYMLINKS=FALSE\nRUN R -e 'renv::restore()'\n",
      },
      {
        title: "the home is opened to everyone",
        dockerfile: "FROM debian:12\nRUN cargo install x@1 && chmod -R a+rX /root\n",
      },
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
    let known: readonly string[] | undefined;
    const isOpen = (path: string): boolean => {
      known ??= openedFolders(facts);
      return isOpened(known, path);
    };
    for (const step of finalSteps(facts)) {
      const { instruction } = step;
      if (instruction.keyword === "COPY" || instruction.keyword === "ADD") {
        const { target } = copyParts(instruction);
        if (target === undefined) continue;
        const path = resolvePath(
          step.folder,
          expandKnown(target, step.variables).replace(/^~(?=\/|$)/, "/root"),
        );
        if (!isHome(path) || isOpen(path)) continue;
        yield {
          message: `${instruction.keyword} puts files into ${path}, which the user that the job runs as may not read.`,
          fix: fixOf(
            "Put them where everyone can read them.",
            `${instruction.keyword} ${instruction.text.replace(/\s+\S+$/, "").slice(0, 200)} /opt/app/`,
          ),
          ...at(facts.dockerfile, instruction.range),
        };
      }
    }
    for (const run of runSteps(facts)) {
      const code = runCode(run.instruction);
      if (code.length === 0 && !run.commands.some(mayInstall)) continue;
      const step = placeOf(facts, run.instruction);
      if (step === undefined || step.instruction !== run.instruction) continue;
      const commands = runCommands(facts, run);
      const found = commands
        .map(({ command, written, variable }) => {
          const install = !mayInstall(command) ? undefined : homeInstall(facts, step, command, variable);
          return install === undefined ? undefined : { ...install, range: written.range };
        })
        .find((one) => one !== undefined);
      const last = commands.at(-1);
      const first = found ?? (last === undefined ? undefined : renvCache(step, last.variable));
      if (first === undefined || isOpen(homeFolder(first.folder))) continue;
      yield { message: first.message, fix: first.fix, ...at(facts.dockerfile, first.range) };
    }
  },
});

const mayInstall = (command: ShellCommand): boolean => mayInstallAtHome(innerCommand(command));

/** `~/.cargo` as root has it. */
const homeFolder = (folder: string): string =>
  resolvePath("/", folder.replace(/^(?:~|\$\{?HOME\}?)(?=\/|$)/, "/root"));

const MOST_FOLDERS = 500;

/** Folders in homes that a `chmod` opens to everyone, so that they are readable after all. */
function openedFolders(facts: DockerfileFacts): string[] {
  const folders = new Set(
    runSteps(facts)
      .flatMap(({ commands }) => commands.filter(({ name }) => name === "chmod"))
      .flatMap(({ args }) => args.map(({ value }) => homeFolder(value)))
      .filter(isHome),
  );
  return [...folders].slice(0, MOST_FOLDERS);
}

const isOpened = (folders: readonly string[], path: string): boolean =>
  folders.some((folder) => isWithin(path, folder) || isWithin(folder, path));
