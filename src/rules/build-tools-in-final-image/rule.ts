import { oncePerCommand, shellCommands } from "../../dockerfile/shell.ts";
import { namedBase } from "../base-image.ts";
import { at, finalBase, finalSteps, fixOf, operands, someOf } from "../helpers.ts";
import { installOfCommand, packageName } from "../packages.ts";
import { defineRule } from "../rule.ts";

/** Compilers and what is only needed to compile. R packages are often built from source, so R's own -dev is meant too. */
const TOOLS =
  /^(?:build-essential|build-base|gcc(?:-\d+)?|g\+\+(?:-\d+)?|gcc-c\+\+|gfortran(?:-\d+)?|clang(?:-\d+)?|make|cmake|ninja-build|autoconf|automake|bison|flex|cargo|rustc|golang(?:-go)?|python3?(?:\.\d+)?-dev|.+-dev|.+-devel|musl-dev|linux-headers.*|nvidia-cuda-toolkit|cuda-toolkit.*|cuda-nvcc.*|gcc_linux-64|gxx_linux-64|compilers)$/;

/** Where a language keeps what was built for it. */
const BUILT: readonly (readonly [language: string, folder: string])[] = [
  ["R", "/usr/local/lib/R/site-library"],
  ["Python", "/opt/venv"],
];

export default defineRule<"dockerfile">({
  id: "build-tools-in-final-image",
  title: "Compilers and build tools stay in the image",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  programs: /^(?:apt-get|apt|aptitude|apk|dnf|yum|microdnf|tdnf|zypper|conda|mamba|micromamba|pixi)$/,
  requirements: ["IMG-08", "BG-03"],
  why: "Tools that are only needed to build make the image larger, bring vulnerabilities of their own and are more for the reviewers to ask about.",
  fix: "Build in a first stage and copy the result into a lean last stage, or remove the tools in the RUN that installs them.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a compiler for a Python package",
        dockerfile:
          "FROM python:3.12-slim\nRUN apt-get update && apt-get install -y build-essential && pip install x\n",
        lines: [2],
      },
      {
        title: "header files",
        dockerfile: "FROM rocker/r-ver:4\nRUN apt-get install -y libcurl4-openssl-dev git\n",
        lines: [2],
      },
    ],
    good: [
      {
        title: "a builder stage",
        dockerfile:
          "FROM python:3.12 AS b\nRUN apt-get install -y gcc\nFROM python:3.12-slim\nCOPY --from=b /opt/venv /opt/venv\n",
      },
      {
        title: "removed in the same RUN",
        dockerfile:
          "FROM python:3.12-slim\nRUN apt-get install -y gcc libpq-dev && pip install psycopg2 && apt-get purge -y --auto-remove gcc libpq-dev\n",
      },
      {
        title: "virtual packages of apk",
        dockerfile:
          "FROM python:3.12-alpine\nRUN apk add --no-cache --virtual .build gcc musl-dev && pip install x && apk del .build\n",
      },
      {
        title: "names that only look alike",
        dockerfile: "FROM python:3.12-slim\nRUN apt-get install -y libgomp1 git && pip install make-it-so\n",
      },
    ],
  },
  *check(facts) {
    const languages = namedBase(finalBase(facts)?.base ?? "").known?.languages ?? [];
    const built = BUILT.find(([language]) => languages.includes(language))?.[1] ?? "/opt/app";
    for (const step of finalSteps(facts)) {
      if (step.instruction.keyword !== "RUN") continue;
      const commands = shellCommands(step.instruction);
      if (!commands.some(({ parsed }) => toolsIn(parsed).length > 0)) continue;
      const removed = new Set<string>();
      for (const command of commands) {
        if (
          /^(?:apt-get|apt|apk|dnf|yum|microdnf)$/.test(command.name) &&
          /^(?:purge|remove|autoremove|del|erase)$/.test(operands(command)[0] ?? "")
        ) {
          for (const word of operands(command).slice(1))
            removed.add(word.startsWith("$") || word.startsWith(".") ? "*" : packageName(word));
        }
      }
      if (removed.has("*")) continue;
      for (const command of commands) {
        const tools = toolsIn(command.parsed).filter((name) => !removed.has(name));
        if (tools.length === 0) continue;
        yield {
          message: `${someOf(tools)} ${tools.length === 1 ? "is" : "are"} only needed to build, and ${tools.length === 1 ? "stays" : "stay"} in the image.`,
          fix: fixOf(
            "Build in a first stage and copy the result.",
            `FROM ${step.stage.base || "<base>"} AS build`,
            "RUN <install the tools and build>",
            `FROM ${step.stage.base || "<base>"}`,
            `COPY --from=build ${built} ${built}`,
          ),
          ...at(facts.dockerfile, command.range),
          subjects: ["build-tools"],
        };
      }
    }
  },
});

/** What a command installs that is only needed to build. */
const toolsIn = oncePerCommand((command): readonly string[] => {
  const install = installOfCommand(command);
  return install === undefined || !/^(?:apt|apk|dnf|zypper|conda)$/.test(install.manager)
    ? []
    : [...new Set(install.packages.map(packageName))].filter((name) => TOOLS.test(name));
});
