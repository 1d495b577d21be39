import type { Range } from "../../dockerfile/model.ts";
import { oncePerCommand } from "../../dockerfile/shell.ts";
import { namedBase } from "../base-image.ts";
import { at, finalBase, finalPlacedCommands, listOf } from "../helpers.ts";
import { installOfCommand, type Manager, packageName } from "../packages.ts";
import { defineRule } from "../rule.ts";

const BY_PACKAGE: readonly (readonly [language: string, packages: RegExp])[] = [
  ["Python", /^(?:python3?(?:\.\d+)?(?:-pip|-venv|-minimal)?|py3-pip|miniconda|ipython3?)$/],
  ["R", /^(?:r-base(?:-core|-dev)?|r-recommended|r|r-essentials)$/],
  ["Julia", /^julia$/],
  ["Java", /^(?:default-jre|default-jdk|openjdk.*|temurin.*|java-.*-openjdk.*)$/],
  ["Node.js", /^(?:nodejs|node)$/],
  ["Octave", /^octave$/],
  ["Perl", /^(?:perl-doc|cpanminus)$/],
  ["Ruby", /^ruby(?:-full)?$/],
  ["Go", /^golang(?:-go)?$/],
  ["Rust", /^(?:rustc|cargo)$/],
  ["Haskell", /^(?:ghc|stack|cabal-install)$/],
  ["Stata", /^stata.*$/],
];
const BY_MANAGER: Partial<Record<Manager, string>> = {
  pip: "Python",
  uv: "Python",
  R: "R",
  julia: "Julia",
  npm: "Node.js",
  cargo: "Rust",
  gem: "Ruby",
  go: "Go",
};
const SERVERS =
  /^(?:jupyter|jupyterlab|notebook|jupyter-server|jupyterhub|rstudio-server|rstudio|code-server|shiny-server|streamlit|voila)$/;

export default defineRule<"dockerfile">({
  id: "tool-heap",
  title: "The image is a box of many tools",
  category: "base-image",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-03"],
  why: "The Safe Haven asks for one container for one job. Each further language or server is more to transfer, to scan and to justify to Information Governance.",
  fix: "Make one small image for each job, with one language and what that job needs.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "three languages",
        dockerfile: "FROM python:3.12\nRUN apt-get install -y r-base \\\n    octave\n",
        lines: [2],
      },
      {
        title: "a notebook server beside",
        dockerfile: "FROM python:3.12\nRUN pip install numpy jupyterlab\nRUN apt-get install -y r-base\n",
        lines: [2],
      },
    ],
    good: [
      { title: "one language", dockerfile: "FROM python:3.12\nRUN pip install numpy pandas\n" },
      {
        title: "R with the Python it calls",
        dockerfile: "FROM rocker/r-ver:4\nRUN apt-get install -y python3 && install2.r reticulate\n",
      },
      {
        title: "tools in builder stages",
        dockerfile:
          "FROM golang:1 AS a\nRUN go install x\nFROM rust:1 AS b\nRUN cargo install y\nFROM python:3.12\nRUN pip install numpy\n",
      },
      {
        title: "a server that is the image's own subject is reported by interactive-server",
        dockerfile: "FROM quay.io/jupyter/scipy-notebook:1\nRUN pip install numpy\n",
      },
    ],
  },
  *check(facts) {
    const found = new Map<string, Range | undefined>();
    const base = namedBase(finalBase(facts)?.base ?? "").known;
    // A base that is a heap itself is the business of grab-bag-base.
    if (base?.kind === "grab-bag") return;
    const [own] = base?.languages ?? [];
    if (own !== undefined) found.set(own, undefined);
    let server: { name: string; range: Range } | undefined;
    let others = 0;
    for (const { command } of finalPlacedCommands(facts)) {
      const brought = broughtBy(command.parsed);
      if (brought === undefined) continue;
      for (const language of brought.languages) if (!found.has(language)) found.set(language, command.range);
      const [name] = brought.servers;
      if (name !== undefined) server ??= { name, range: command.range };
      others += brought.others;
    }
    const languages = [...found.keys()];
    const first = [...found.values()].find((range) => range !== undefined);
    if (languages.length >= 3 && first !== undefined) {
      yield {
        message: `The image brings ${languages.length} languages: ${listOf(languages)}.`,
        fix: "Make one image for each job, with the one language that the job is written in.",
        ...at(facts.dockerfile, first),
      };
    } else if (server !== undefined && others > 0) {
      yield {
        message: `${server.name} is installed beside the software for the job; in the Safe Haven nobody can reach a server.`,
        fix: `Leave ${server.name} out of the image that goes to the Safe Haven.`,
        ...at(facts.dockerfile, server.range),
      };
    }
  },
});

interface Brought {
  readonly languages: readonly string[];
  readonly servers: readonly string[];
  /** How many packages are no servers. */
  readonly others: number;
}

/** What a command installs. */
const broughtBy = oncePerCommand((command): Brought | undefined => {
  const install = installOfCommand(command);
  if (install === undefined) return undefined;
  const names = install.packages.map(packageName);
  const ofSystem = /^(?:apt|apk|dnf|zypper|conda)$/.test(install.manager);
  const languages = [
    BY_MANAGER[install.manager],
    ...names.map((name) =>
      ofSystem ? BY_PACKAGE.find(([, packages]) => packages.test(name))?.[0] : undefined,
    ),
  ];
  const servers = names.filter((name) => SERVERS.test(name));
  return {
    languages: languages.filter((language) => language !== undefined),
    servers,
    others: names.length - servers.length,
  };
});
