import type { Range } from "../../dockerfile/model.ts";
import type { ShellCommand } from "../../dockerfile/shell.ts";
import type { Severity } from "../../findings/finding.ts";
import { type LooseCall, looseCalls, looseScript } from "../code-pins.ts";
import { at, fixOf, someOf } from "../helpers.ts";
import { innerCommand } from "../inner-command.ts";
import { type LooseInstall, type LoosePackage, looseInstall, mayInstallLoosely } from "../pins.ts";
import { hasBioconductorRelease, hasDatedRepository } from "../r-repository.ts";
import { defineRule } from "../rule.ts";
import { runCode } from "../run-code.ts";
import { runCommands } from "../run-commands.ts";
import { runSteps } from "../run-steps.ts";
import { hideSecrets } from "../secrets.ts";

export default defineRule<"dockerfile">({
  id: "unpinned-package",
  title: "A package is installed in whatever version is newest",
  category: "reproducibility",
  needs: "dockerfile",
  severity: "warning",
  mentions: [
    "pip",
    "uv",
    "poetry",
    "pdm",
    "conda",
    "mamba",
    "pixi",
    "npm",
    "bun",
    "yarn",
    "gem",
    "go",
    "cargo",
    "install",
    "pak",
    "p_load",
    "bioclite",
    "julia",
  ],
  requirements: [],
  why: "The next build takes other versions than the one that was tested: results change, or the build fails on the day it is needed. Which versions made a published result can no longer be told.",
  fix: "Give each package the version it was tested with, or install from a lock file.",
  aliases: ["hadolint:DL3013", "hadolint:DL3016", "hadolint:DL3028", "hadolint:DL3062"],
  examples: {
    bad: [
      { title: "pip", dockerfile: "FROM python:3.12\nRUN pip install numpy pandas==2.2.2\n", lines: [2] },
      {
        title: "pip as a module, at the package in a long RUN",
        dockerfile:
          "FROM python:3.12\nRUN apt-get update && \\\n    python3 -m pip install --no-cache-dir \\\n      scipy==1.14.0 \\\n      'numpy[extra]'\n",
        lines: [5],
      },
      {
        title: "a lower bound holds nothing",
        dockerfile: 'FROM python:3.12\nRUN pip3 install "numpy>=1.20"\n',
        lines: [2],
      },
      {
        title: "beside a requirements file",
        dockerfile: "FROM python:3.12\nRUN pip install -r r.txt numpy\n",
        lines: [2],
      },
      {
        title: "a branch",
        dockerfile: "FROM python:3.12\nRUN pip install git+https://github.com/lab/tool.git@main\n",
        lines: [2],
      },
      { title: "pip itself", dockerfile: "FROM python:3.12\nRUN pip install --upgrade pip\n", lines: [2] },
      {
        title: "a list in a variable",
        dockerfile: 'FROM python:3.12\nARG TOOLS="numpy scipy"\nRUN pip install $TOOLS\n',
        lines: [3],
      },
      {
        title: "in a builder stage",
        dockerfile: "FROM python:3.12 AS b\nRUN pip install numpy\nFROM python:3.12\nRUN true\n",
        lines: [2],
      },
      {
        title: "pip in a Conda environment",
        dockerfile: "FROM x\nRUN conda run -n job pip install numpy\n",
        lines: [2],
      },
      {
        title: "for those who build on the image",
        dockerfile: "FROM python:3.12\nONBUILD RUN pip install numpy\n",
        lines: [2],
      },
      { title: "without FROM", dockerfile: "RUN pip install numpy\n", lines: [1] },
      { title: "a script in a script", dockerfile: "FROM x\nRUN bash -lc 'pip install numpy'\n", lines: [2] },
      { title: "exec form", dockerfile: 'FROM python:3.12\nRUN ["pip", "install", "numpy"]\n', lines: [2] },
      {
        title: "in a heredoc",
        dockerfile: "FROM python:3.12\nRUN <<EOF\nset -e\npip install numpy\nEOF\n",
        lines: [4],
      },
      { title: "pipx", dockerfile: "FROM python:3.12\nRUN pipx install ruff\n", lines: [2] },
      {
        title: "uv",
        dockerfile:
          "FROM python:3.12\nRUN uv pip install --system numpy && uv tool install ruff && uv add polars\n",
        lines: [2, 2, 2],
      },
      {
        title: "Conda",
        dockerfile:
          "FROM condaforge/miniforge3:24.9.2-0\nRUN mamba install -y -c conda-forge python=3.12 'numpy>=1.26' scipy && mamba clean -afy\n",
        lines: [2],
      },
      { title: "pixi", dockerfile: "FROM x\nRUN pixi add numpy\n", lines: [2] },
      {
        title: "npm, yarn and pnpm",
        dockerfile:
          "FROM node:22\nRUN npm install -g express\nRUN yarn add left-pad\nRUN pnpm add @lab/tool@latest\nRUN npm i lab/tool\n",
        lines: [2, 3, 4, 5],
      },
      { title: "gem", dockerfile: "FROM ruby:3.3\nRUN gem install --no-document bundler\n", lines: [2] },
      {
        title: "go",
        dockerfile:
          "FROM golang:1.23\nRUN go install example.org/cmd/tool@latest\nRUN go get example.org/lib\n",
        lines: [2, 3],
      },
      { title: "cargo", dockerfile: "FROM rust:1.82\nRUN cargo install --locked ripgrep\n", lines: [2] },
      {
        title: "R",
        dockerfile: 'FROM r-base:4.4.1\nRUN Rscript -e \'install.packages(c("dplyr", "readr"))\'\n',
        lines: [2],
      },
      {
        title: "R from the newest repository, on its line",
        dockerfile:
          'FROM ubuntu:24.04\nRUN apt-get update && \\\n    R -e \'options(repos = "https://cloud.r-project.org"); \\\n      install.packages("dplyr")\'\n',
        lines: [4],
      },
      {
        title: "R in a heredoc",
        dockerfile:
          'FROM r-base:4.4.1\nRUN <<EOF\n#!/usr/bin/env Rscript\n# install.packages("not this")\ninstall.packages("dplyr")\nEOF\n',
        lines: [5],
      },
      {
        title: "R code as input",
        dockerfile: 'FROM r-base:4.4.1\nRUN Rscript - <<EOF\ninstall.packages("dplyr")\nEOF\n',
        lines: [3],
      },
      {
        title: "from GitHub, also in rocker's images",
        dockerfile:
          "FROM rocker/r-ver:4.4.1\nRUN R -e \"remotes::install_github('lab/tool')\" && installGithub.r lab/tool\n",
        lines: [2, 2],
      },
      {
        title: "rocker without a version of R",
        dockerfile: "FROM rocker/r-ver\nRUN install2.r --error dplyr\n",
        lines: [2],
      },
      {
        title: "Bioconductor",
        dockerfile: "FROM r-base:4.4.1\nRUN R -e 'BiocManager::install(\"limma\")'\n",
        lines: [2],
      },
      {
        title: "pak",
        dockerfile: 'FROM r-base:4.4.1\nRUN R -e \'pak::pkg_install(c("dplyr", "readr@2.1.5"))\'\n',
        lines: [2],
      },
      {
        title: "Julia",
        dockerfile: 'FROM julia:1.11\nRUN julia -e \'using Pkg; Pkg.add(["CSV", "DataFrames"])\'\n',
        lines: [2],
      },
    ],
    good: [
      {
        title: "versions",
        dockerfile:
          "FROM python:3.12\nRUN pip install --no-cache-dir numpy==1.26.4 'pandas[excel]~=2.2' \"scipy==1.14.*; python_version < '4'\"\n",
      },
      {
        title: "files",
        dockerfile:
          "FROM python:3.12\nRUN pip install -r requirements.txt && pip install --requirement=dev.txt && uv pip install -r x.txt && uv pip sync x.txt\n",
      },
      {
        title: "constraints",
        dockerfile: "FROM python:3.12\nENV PIP_CONSTRAINT=/c.txt\nRUN pip install numpy\n",
      },
      {
        title: "constraints by option",
        dockerfile: "FROM python:3.12\nRUN pip install -c constraints.txt numpy\n",
      },
      {
        title: "the project itself",
        dockerfile:
          "FROM python:3.12\nRUN pip install . && pip install -e . && pip install -e .[dev] && pip install './lib[extra]' /opt/src\n",
      },
      {
        title: "wheels and archives",
        dockerfile:
          "FROM python:3.12\nRUN pip install dist/tool-1.0-py3-none-any.whl tool-2.tar.gz https://example.org/tool-3.whl\n",
      },
      {
        title: "a revision",
        dockerfile:
          "FROM python:3.12\nRUN pip install git+https://github.com/lab/tool.git@v1.2 'tool @ git+https://github.com/lab/tool@3f2a9c1#egg=tool'\n",
      },
      {
        title: "versions in variables",
        dockerfile:
          'FROM python:3.12\nARG V=1\nRUN pip install numpy==${V} torch$TORCH $PACKAGES "$(cat list)"\n',
      },
      {
        title: "only what is on the disk",
        dockerfile: "FROM python:3.12\nRUN pip install --no-index --find-links /wheels tool\n",
      },
      {
        title: "values of options are no packages",
        dockerfile:
          "FROM python:3.12\nRUN pip install --index-url https://pypi.org/simple --extra-index-url x --platform linux -t /opt numpy==1.26.4\n",
      },
      {
        title: "as of one day",
        dockerfile: "FROM python:3.12\nRUN uv pip install --exclude-newer 2025-06-01 numpy\n",
      },
      {
        title: "Conda",
        dockerfile:
          "FROM x\nRUN conda install -y -n base numpy=1.26 'conda-forge::scipy==1.14.0' \"pandas 2.2.*\" && conda create -n e --file explicit.lock && conda env create -f environment.yml && micromamba create -y -f env.yaml\n",
      },
      {
        title: "npm",
        dockerfile:
          "FROM node:22\nRUN npm ci && npm install && yarn install --frozen-lockfile && yarn && npm install -g npm@10.9.0 @lab/tool@1.2.3 ./here git+https://example.org/x.git#v1 && npm i x.tgz\n",
      },
      {
        title: "gem",
        dockerfile:
          "FROM ruby:3.3\nRUN gem install bundler:2.5.0 && gem install rake -v 13.2.1 && gem install ./own.gem && gem install rouge --version=4.3.0\n",
      },
      {
        title: "go",
        dockerfile:
          "FROM golang:1.23\nRUN go install example.org/cmd/tool@v1.2.3 && go install ./... && go run ./cmd/x && go run main.go && go install std && go get -d ./...\n",
      },
      {
        title: "cargo",
        dockerfile:
          "FROM rust:1.82\nRUN cargo install --locked ripgrep@14.1.1 && cargo install --path . && cargo install fd-find --version 10.2.0\n",
      },
      {
        title: "rocker's versions have a day of their own",
        dockerfile:
          "FROM docker.io/rocker/r-ver:4.4.1@sha256:0\nRUN install2.r --error dplyr && R -e 'install.packages(\"readr\")'\n",
      },
      {
        title: "R from a dated repository",
        dockerfile:
          'FROM r-base:4.4.1\nRUN R -e \'install.packages("dplyr", repos = "https://packagemanager.posit.co/cran/2025-06-02")\'\n',
      },
      {
        title: "R told before",
        dockerfile:
          'FROM ubuntu:24.04\nENV CRAN=https://p3m.dev/cran/__linux__/noble/2025-06-02\nRUN Rscript -e \'install.packages("dplyr", repos = Sys.getenv("CRAN"))\'\n',
      },
      {
        title: "R's exact versions",
        dockerfile:
          'FROM r-base:4.4.1\nRUN R -e \'remotes::install_version("dplyr", version = "1.1.4"); remotes::install_github("lab/tool@v1"); renv::restore(); install.packages("x.tar.gz", repos = NULL); pak::pak("lab/tool@1f3c2d")\'\n',
      },
      {
        title: "Bioconductor's release",
        dockerfile: 'FROM r-base:4.4.1\nRUN R -e \'BiocManager::install("limma", version = "3.20")\'\n',
      },
      {
        title: "R in variables",
        dockerfile: "FROM r-base:4.4.1\nRUN R -e 'install.packages(readLines(\"p.txt\"))'\n",
      },
      {
        title: "R's name in a text",
        dockerfile: 'FROM r-base:4.4.1\nRUN R -e \'cat("install.packages(x)") # install.packages("y")\'\n',
      },
      {
        title: "Julia",
        dockerfile:
          'FROM julia:1.11\nRUN julia -e \'using Pkg; Pkg.add(name="CSV", version="0.10.14"); Pkg.add(url="https://x/y", rev="v1"); Pkg.add("JSON@0.21"); Pkg.instantiate()\'\n',
      },
      {
        title: "not an installation",
        dockerfile:
          "FROM python:3.12\nRUN pip list && pip download numpy && echo pip install numpy && pip install --help\n",
      },
    ],
  },
  *check(facts) {
    const dated = hasDatedRepository(facts);
    const released = hasBioconductorRelease(facts);
    for (const step of runSteps(facts)) {
      for (const { command, variable } of step.commands.some(mayInstall) ? runCommands(facts, step) : []) {
        if (!mayInstall(command)) continue;
        const install = looseInstall(command, variable);
        const [first] = install?.packages ?? [];
        if (install !== undefined && first !== undefined) {
          yield shellFinding(facts.dockerfile, command.name, install, first.argument.range);
          continue;
        }
        const script = looseScript(command, dated);
        if (script !== undefined) yield codeFinding(facts.dockerfile, command.name, script, script.range);
      }
      for (const code of runCode(step.instruction)) {
        for (const loose of looseCalls(code, dated, released)) {
          const { start, end, name } = loose.call;
          yield codeFinding(facts.dockerfile, name, loose, code.rangeOf(start, end));
        }
      }
    }
  },
});

const mayInstall = (command: ShellCommand): boolean => {
  const inner = innerCommand(command);
  return mayInstallLoosely(inner.parsed) || inner.name.endsWith(".r");
};

type File = Parameters<typeof at>[0];

/** Tools that install the others: their version rarely changes a result. */
const INSTALLERS = new Set([
  "pip",
  "setuptools",
  "wheel",
  "build",
  "uv",
  "conda",
  "mamba",
  "npm",
  "yarn",
  "pnpm",
]);

const isMinor = ({ text, hold }: LoosePackage): boolean =>
  hold === "open" || INSTALLERS.has(text.toLowerCase());

const shown = (packages: readonly string[]): string =>
  hideSecrets(
    someOf(
      packages.map((text) => hideSecrets(text).slice(0, 60)),
      4,
    ),
  ).replace(/\s+/g, " ");

function shellFinding(file: File, program: string, install: LooseInstall, range: Range) {
  const { packages, manager } = install;
  const severity: Severity = packages.every(isMinor) ? "info" : "warning";
  const moving = packages.every(({ hold }) => hold === "moving");
  const names = shown(packages.map(({ text }) => text));
  return {
    severity,
    aliases: packages.every(({ hold }) => hold === "open") ? [] : (PEERS[peerProgram(program)] ?? []),
    message: moving
      ? `${program} installs ${names}, which is something else whenever its authors change it.`
      : `${program} installs ${names} in whatever version is newest on the day of the build.`,
    fix: fixOf("Give the version that was tested.", LINES[manager]),
    ...at(file, range),
  };
}

/** The peers' rules by program; bounds are enough for them. */
const PEERS: Readonly<Partial<Record<string, readonly string[]>>> = {
  pip: ["hadolint:DL3013"],
  pipx: ["hadolint:DL3013"],
  npm: ["hadolint:DL3016"],
  gem: ["hadolint:DL3028"],
  go: ["hadolint:DL3062"],
};

/** `pip3.12` is pip. */
const peerProgram = (program: string): string => program.replace(/^(pip)[\d.]+$/, "$1");

const LINES: Readonly<Record<LooseInstall["manager"], string>> = {
  pip: "pip install --no-cache-dir <package>==<version>",
  pipx: "pipx install <package>==<version>",
  uv: "uv pip install <package>==<version>",
  "uv-tool": "uv tool install <package>==<version>",
  conda: "conda install --yes <package>=<version>",
  pixi: 'pixi add "<package>==<version>"',
  npm: "npm install <package>@<version>",
  gem: "gem install <package>:<version>",
  go: "go install <module>@<version>",
  cargo: "cargo install --locked <package>@<version>",
};

function codeFinding(file: File, program: string, loose: Pick<LooseCall, "kind" | "packages">, range: Range) {
  const names = shown(loose.packages);
  return {
    aliases: [],
    message:
      loose.kind === "repository"
        ? `${program} installs ${names} as its authors have it on the day of the build.`
        : `${program} installs ${names} in whatever version is newest on the day of the build.`,
    fix: FIXES[loose.kind],
    ...at(file, range),
  };
}

const FIXES: Readonly<Record<LooseCall["kind"], string>> = {
  cran: fixOf(
    "Take packages from the repository as it was on one day, or restore them with renv from a lock file.",
    `RUN Rscript -e 'install.packages("<package>", repos = "https://packagemanager.posit.co/cran/<yyyy-mm-dd>")'`,
  ),
  repository: fixOf(
    "Name a tag or a commit.",
    `RUN Rscript -e 'remotes::install_github("<owner>/<package>@<tag>")'`,
  ),
  bioconductor: fixOf(
    "Name the release of Bioconductor that fits your R.",
    `RUN Rscript -e 'BiocManager::install("<package>", version = "<release>", update = FALSE, ask = FALSE)'`,
  ),
  julia: fixOf(
    "Name the version, or copy Project.toml and Manifest.toml and use Pkg.instantiate().",
    `RUN julia -e 'using Pkg; Pkg.add(name="<package>", version="<version>")'`,
  ),
};
