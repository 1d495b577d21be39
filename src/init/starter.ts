import { isPython } from "./bases.ts";
import { notebook, quartoPython, quartoR } from "./programs/documents.ts";
import * as julia from "./programs/julia.ts";
import * as octave from "./programs/octave.ts";
import * as python from "./programs/python.ts";
import * as r from "./programs/r.ts";
import { JUPYTER, PAPERMILL, TRANSFORMERS } from "./programs/requirements.ts";
import {
  type ExpectedTable,
  type Files,
  type Language,
  type Packager,
  type Project,
  splitModel,
} from "./project.ts";
import { syntheticNotes, syntheticPeople } from "./synthetic.ts";

/** What the program of a new project does: work on a table, read text with a language model, train with PyTorch. */
export const TASKS = ["table", "text", "training"] as const;
export type Task = (typeof TASKS)[number];

export interface Starter {
  readonly project: Project;
  readonly files: Files;
  readonly data: Files;
  readonly outputs: readonly ExpectedTable[];
}

/** Why there is no such program; undefined where there is one. */
export function noStarter(language: Language, packager: Packager, task: Task): string | undefined {
  if (language === "quarto" && packager === "renv")
    return "A lock file of renv that has knitr in it can only be made from an R library that has it.";
  if (task === "table") return undefined;
  if (language !== "python" || packager !== "pip")
    return `The program for the task “${task}” is in Python, with packages from pip.`;
  return undefined;
}

/** A small program that works, with its lists of packages and made-up data. `noStarter` must have agreed. */
export function starter(
  name: string,
  language: Language,
  packager: Packager,
  task: Task,
  model: string,
): Starter {
  const [entry, program] = mainProgram(name, language, packager, task, model);
  const lists = packageLists(name, language, packager, task);
  const folder = entry.includes("/") ? entry.slice(0, entry.indexOf("/") + 1) : undefined;
  return {
    project: {
      language,
      packager,
      packageFiles: [...lists.keys()],
      sources: [folder ?? entry],
      endings: [entry.slice(entry.lastIndexOf(".") + 1)],
      entry,
      ...(language === "quarto" && packager !== "pip" && packager !== "renv"
        ? { missing: ["knitr", "rmarkdown"] }
        : {}),
    },
    files: new Map([...lists, [entry, program]]),
    data:
      task === "text"
        ? new Map([["test-data/notes.csv", syntheticNotes()]])
        : new Map([["test-data/people.csv", syntheticPeople()]]),
    outputs: [
      task === "text"
        ? { path: "token-counts.csv", rows: 20 }
        : task === "training"
          ? { path: "losses.csv", rows: 20 }
          : { path: "summary.csv", rows: 2 },
      ...(language === "quarto" ? [{ path: "report.html" }] : []),
      ...(language === "notebook" ? [{ path: "analysis.ipynb" }] : []),
    ],
  };
}

/** Another revision than the usual one is in the image under its own name alone. */
function modelArguments(model: string): string {
  const [name, revision] = splitModel(model);
  return revision === undefined ? `"${name}"` : `"${name}", revision="${revision}"`;
}

function mainProgram(
  name: string,
  language: Language,
  packager: Packager,
  task: Task,
  model: string,
): [path: string, text: string] {
  switch (language) {
    case "python":
      return [
        "src/main.py",
        task === "text"
          ? python.text(modelArguments(model))
          : task === "training"
            ? python.training
            : python.table,
      ];
    case "r":
      return ["src/main.R", r.table];
    case "julia":
      return ["src/main.jl", julia.table];
    case "octave":
      return ["src/main.m", octave.table];
    case "notebook":
      return ["notebooks/analysis.ipynb", notebook(name)];
    case "quarto":
      return ["report.qmd", isPython(language, packager) ? quartoPython(name) : quartoR(name)];
  }
}

/** The lists of packages, the one that is installed from first. */
function packageLists(name: string, language: Language, packager: Packager, task: Task): Files {
  switch (packager) {
    case "pip":
      return new Map([["requirements.txt", requirements(language, task)]]);
    case "uv":
      return new Map([
        ["pyproject.toml", pyproject(name, "[tool.uv]\npackage = false\n")],
        ["uv.lock", UV_LOCK(name)],
      ]);
    case "poetry":
      return new Map([
        ["pyproject.toml", pyproject(name, "[tool.poetry]\npackage-mode = false\n")],
        ["poetry.lock", POETRY_LOCK],
      ]);
    case "conda":
      return new Map([["environment.yml", CONDA]]);
    case "renv":
      return new Map([["renv.lock", RENV]]);
    case "description":
      return new Map([["DESCRIPTION", description(name)]]);
    case "julia":
      return new Map([
        ["Project.toml", "[deps]\n"],
        ["Manifest.toml", JULIA_MANIFEST],
      ]);
    case "none":
      return new Map();
  }
}

const NO_PACKAGES = `# Packages of the job, each with its version: pandas==3.0.1, for example.
# The program as it is needs none.
`;

const requirements = (language: Language, task: Task): string =>
  language === "notebook"
    ? PAPERMILL
    : language === "quarto"
      ? JUPYTER
      : task === "text"
        ? TRANSFORMERS
        : NO_PACKAGES;

const pyproject = (name: string, tool: string): string => `[project]
name = "${name}"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = []

${tool}`;

/** As uv 0.13 writes it. */
const UV_LOCK = (name: string): string => `version = 1
revision = 5
requires-python = ">=3.10"

[[package]]
name = "${name}"
version = "0.1.0"
source = { virtual = "." }
`;

/** As Poetry 2.5 writes it; the hash is that of what the project asks for. */
const POETRY_LOCK = `# This file is automatically @generated by Poetry 2.5.1 and should not be changed by hand.
package = []

[metadata]
lock-version = "2.1"
python-versions = ">=3.10"
content-hash = "b08227dc5674045d1a6b5ab20f461c6a08d2d9bdfd724891aceb1a0c2b3614b1"
`;

const CONDA = `name: base
channels:
  - conda-forge
dependencies:
  - python=3.12.8
`;

const RENV = `{
  "R": {
    "Version": "4.4.1",
    "Repositories": [{ "Name": "CRAN", "URL": "https://cloud.r-project.org" }]
  },
  "Packages": {}
}
`;

const description = (name: string): string => `Package: ${name.replace(/-/g, ".")}
Title: A Job for a Safe Haven
Version: 0.1.0
Imports:
    stats,
    utils
`;

const JULIA_MANIFEST = `julia_version = "1.11.0"
manifest_format = "2.0"

[deps]
`;
