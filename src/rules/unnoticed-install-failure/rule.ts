import { type Unnoticed, unnoticedFailures } from "../../dockerfile/flow.ts";
import type { Instruction } from "../../dockerfile/model.ts";
import { type Call, callsIn } from "../code-calls.ts";
import { misplacedPackages, packagesOf } from "../code-pins.ts";
import { replacing } from "../edits.ts";
import { at, fixOf, hasOption, someOf } from "../helpers.ts";
import { innerCommand } from "../inner-command.ts";
import { installIn } from "../packages.ts";
import { defineRule } from "../rule.ts";
import { oncePerCode, type RunCode, runCode } from "../run-code.ts";
import { type RunStep, runSteps } from "../run-steps.ts";

export default defineRule<"dockerfile">({
  id: "unnoticed-install-failure",
  title: "An installation may fail without the build noticing",
  category: "reproducibility",
  needs: "dockerfile",
  severity: "warning",
  mentions: [
    "apt",
    "apk",
    "dnf",
    "yum",
    "zypper",
    "pip",
    "uv",
    "conda",
    "mamba",
    "pixi",
    "poetry",
    "pdm",
    "npm",
    "npx",
    "yarn",
    "install",
    "restore",
    "hydrate",
    "pak",
    "p_load",
    "bioclite",
    "julia",
    "cargo",
    "gem",
    "go",
    "tlmgr",
    "cpan",
  ],
  requirements: [],
  why: "The image is built although something is missing. That shows only when the job stops inside the Safe Haven, where nothing can be installed any more.",
  fix: "Join commands with &&, leave out || true, and make R stop at the first package that it cannot install.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "R only warns",
        dockerfile: 'FROM rocker/r-ver:4.4.1\nRUN Rscript -e \'install.packages(c("dplyr", "readr"))\'\n',
        lines: [2],
      },
      {
        title: "on its line in a long RUN",
        dockerfile:
          'FROM rocker/r-ver:4.4.1\nRUN apt-get update && \\\n    R -e \'install.packages("remotes")\' \\\n      -e \'remotes::install_version("x", "1"); \\\n      BiocManager::install("limma")\'\n',
        lines: [5],
      },
      {
        title: "only some are looked at",
        dockerfile:
          'FROM rocker/r-ver:4.4.1\nRUN R -e \'install.packages(c("dplyr", "readr")); library(dplyr)\'\n',
        lines: [2],
      },
      {
        title: "install2.r without --error",
        dockerfile: "FROM rocker/r-ver:4.4.1\nRUN install2.r dplyr\n",
        lines: [2],
      },
      {
        title: "forgiven",
        dockerfile: "FROM python:3.12\nRUN pip install numpy==1.26.4 || true\n",
        lines: [2],
      },
      {
        title: "the next command runs all the same",
        dockerfile: "FROM python:3.12\nRUN pip install numpy==1.26.4; rm -rf /tmp/x\n",
        lines: [2],
      },
      {
        title: "ended well whatever happened",
        dockerfile: "FROM python:3.12\nRUN apt-get install -y git && pip install x==1; exit 0\n",
        lines: [2],
      },
      {
        title: "a heredoc without set -e",
        dockerfile:
          "FROM python:3.12\nRUN <<EOF\napt-get update\napt-get install -y git\nrm -rf /var/lib/apt/lists/*\nEOF\n",
        lines: [4],
      },
      {
        title: "set +e",
        dockerfile: "FROM python:3.12\nRUN set -e; set +e; pip install x==1; true\n",
        lines: [2],
      },
      {
        title: "a loop",
        dockerfile: "FROM python:3.12\nRUN for p in a b; do pip install $p; done\n",
        lines: [2],
      },
      {
        title: "set -e does not look before &&",
        dockerfile: "FROM python:3.12\nRUN <<EOF\nset -e\npip install x==1 && echo done\nls\nEOF\n",
        lines: [4],
      },
    ],
    good: [
      {
        title: "joined",
        dockerfile: "FROM python:3.12\nRUN apt-get update && pip install x==1 && rm -rf /tmp/x\n",
      },
      {
        title: "set -e",
        dockerfile:
          "FROM python:3.12\nRUN set -eux; pip install x==1; ls\nRUN <<EOF\n#!/bin/bash -e\npip install x==1\nls\nEOF\n",
      },
      {
        title: "a shell that stops",
        dockerfile:
          'FROM python:3.12\nSHELL ["/bin/bash", "-euo", "pipefail", "-c"]\nRUN pip install x==1; ls\n',
      },
      {
        title: "the last command counts",
        dockerfile: "FROM python:3.12\nRUN export A=1; cd /opt; pip install x==1\n",
      },
      {
        title: "answered",
        dockerfile:
          "FROM python:3.12\nRUN pip install x==1 || exit 1; ls\nRUN pip install x==1 || pip install y==1\nRUN if pip install x==1; then ls; fi\nRUN pip install x==1 || (echo no; exit 1)\n",
      },
      {
        title: "another command's failure",
        dockerfile: "FROM python:3.12\nRUN pip install x==1 && (rm /tmp/x || true)\n",
      },
      {
        title: "R looked at afterwards",
        dockerfile:
          'FROM rocker/r-ver:4.4.1\nRUN R -e \'install.packages(c("dplyr", "readr")); library(dplyr); readr::read_csv\'\n',
      },
      {
        title: "R looked at in a later RUN",
        dockerfile:
          "FROM rocker/r-ver:4.4.1\nRUN R -e 'install.packages(c(\"dplyr\"))'\nRUN R -e 'stopifnot(all(c(\"dplyr\") %in% rownames(installed.packages())))'\n",
      },
      {
        title: "warnings are errors",
        dockerfile:
          "FROM rocker/r-ver:4.4.1\nRUN Rscript -e 'options(warn = 2)' -e 'install.packages(\"dplyr\")'\n",
      },
      {
        title: "warnings are errors for all",
        dockerfile:
          "FROM rocker/r-ver:4.4.1\nRUN echo 'options(warn = 2)' >> /usr/local/lib/R/etc/Rprofile.site\nRUN Rscript -e 'install.packages(\"dplyr\")'\n",
      },
      {
        title: "what stops by itself",
        dockerfile:
          'FROM rocker/r-ver:4.4.1\nRUN install2.r --error dplyr && R -e \'renv::restore(); pak::pak("dplyr"); remotes::install_github("a/b@v1")\'\n',
      },
      {
        title: "nothing is named",
        dockerfile: "FROM rocker/r-ver:4.4.1\nRUN R -e 'BiocManager::install(ask = FALSE)'\n",
      },
      {
        title: "used at once",
        dockerfile:
          'FROM rocker/r-ver:4.4.1\nRUN R -e \'install.packages("remotes")\' -e \'remotes::install_version("x", "1")\'\n',
      },
    ],
  },
  *check(facts) {
    const steps = runSteps(facts);
    let known: boolean | undefined;
    const isStrict = (): boolean => {
      known ??= facts.dockerfile.instructions.some(makesWarningsErrors);
      return known;
    };
    const checks = checksFrom(steps);
    for (const [index, step] of steps.entries()) {
      const lost = lostInstalls(step);
      const [first] = lost;
      if (first !== undefined) {
        const more = lost.length === 1 ? "" : `, as may ${lost.length - 1} more in this RUN`;
        yield {
          message:
            first.how === "forgiven"
              ? `This installation may fail and the build goes on${more}: what follows “||” takes the failure away.`
              : `This installation may fail and the build goes on${more}: the next command runs all the same.`,
          fix:
            first.how === "forgiven"
              ? fixOf("Leave out what follows the installation.", first.line)
              : fixOf("Make the RUN stop at the first failure.", "set -e"),
          ...at(facts.dockerfile, first.range),
        };
        continue;
      }
      for (const command of step.commands) {
        const inner = innerCommand(command);
        if (inner.name !== "install2.r" || hasOption(inner, "--error", "-e") || isStrict()) continue;
        const program = command.program?.range.end;
        yield {
          message:
            "install2.r only warns when a package cannot be installed, and the build goes on without it.",
          fix: fixOf("Add the option.", "install2.r --error ..."),
          ...at(facts.dockerfile, command.range),
          ...(command.exact && inner === command && program !== undefined
            ? { edits: [replacing(facts.dockerfile, { start: program, end: program }, " --error")] }
            : {}),
        };
      }
      const calls = warningCalls(step);
      if (calls.length === 0 || isStrict()) continue;
      for (const { code, call } of calls) {
        const missing = unproven(call, code, checks[index] ?? []);
        if (missing === undefined) continue;
        yield {
          message: `${call.name} only warns when ${
            missing.length === 0
              ? "a package"
              : someOf(
                  missing.map((name) => name.slice(0, 60)),
                  4,
                )
          } cannot be installed, and the build goes on.`,
          fix: fixOf(
            "Make R stop at the first warning, or load the packages afterwards.",
            `RUN Rscript -e 'options(warn = 2); ${call.name}(${missing[0] === undefined ? "..." : `"${missing[0].slice(0, 60)}"`})'`,
          ),
          ...at(facts.dockerfile, code.rangeOf(call.start, call.end)),
        };
      }
    }
  },
});

function lostInstalls(step: RunStep) {
  if (!step.commands.some((command) => installIn(innerCommand(command)) !== undefined)) return [];
  const stops = step.shell.some((word) => /^-[a-z]*e[a-z]*$/.test(word) || word === "errexit");
  const lost: ReadonlyMap<string, Unnoticed> = unnoticedFailures(step.instruction, stops);
  if (lost.size === 0) return [];
  return step.commands.flatMap((command) => {
    const how = lost.get(`${command.range.start.line}:${command.range.start.column}`);
    const install = how === undefined ? undefined : installIn(innerCommand(command));
    return how === undefined || install === undefined
      ? []
      : [{ how, range: command.range, line: `RUN ${install.program} ...` }];
  });
}

/** `options(warn = 2)`, also where it is written to R's own profile. */
const makesWarningsErrors = (instruction: Instruction): boolean =>
  (instruction.keyword === "RUN" || instruction.keyword === "COPY") &&
  /Rprofile/.test(instruction.text.slice(0, 50_000)) &&
  [instruction.text, ...instruction.heredocs.map(({ body }) => body)].some((text) =>
    /\bwarn\s{0,5}=\s{0,5}[2-9]/.test(text.slice(0, 50_000)),
  );

/** Installing functions that end well although a package is missing. */
const WARNS = /^(?:(?:utils::)?install\.packages|BiocManager::install|biocLite|pacman::p_load|p_load)$/;

/** `BiocManager::install(ask = FALSE)` only brings up to date what is there. */
const namesPackages = ({ args }: Call): boolean =>
  args.some(({ name }) => name === undefined || /^pkgs?$/.test(name));

function warningCalls(step: RunStep): { code: RunCode; call: Call }[] {
  return runCode(step.instruction).flatMap((code) =>
    code.language === "R"
      ? callsIn(code.text, "R", (name) => WARNS.test(name))
          .filter((call) => namesPackages(call) && misplacedPackages(call).length === 0)
          .map((call) => ({ code, call }))
      : [],
  );
}

/** For each RUN the R code that runs from there on in the same stage. */
function checksFrom(steps: readonly RunStep[]): readonly (readonly RunCode[])[] {
  const all = steps.map((step) => runCode(step.instruction).filter(({ language }) => language === "R"));
  const flat = all.flat();
  let from = 0;
  return all.map((own) => {
    const rest = flat.slice(from, from + 200);
    from += own.length;
    return rest;
  });
}

/** What code looks at: packages that it loads, and whether it stops by itself where something is missing. */
interface Checks {
  readonly loaded: ReadonlySet<string>;
  readonly stops: boolean;
}

const checksOf = oncePerCode(({ text }): Checks => checksIn(text));

function checksIn(text: string): Checks {
  const loaded = new Set<string>();
  let stops = false;
  for (const { name, args } of callsIn(text, "R", () => true)) {
    if (name === "stop" || (/^(?:stopifnot|quit|q)$/.test(name) && args.length > 0)) stops = true;
    if (/^(?:base::)?(?:library|loadNamespace|attachNamespace)$|packageVersion$/.test(name))
      loaded.add(args[0]?.literal ?? args[0]?.text ?? "");
  }
  for (const match of text.slice(0, 100_000).matchAll(/\b([A-Za-z][\w.]{0,60})::/g))
    loaded.add(match[1] ?? "");
  return { loaded, stops };
}

/** Packages that nothing loads or looks for after the call; undefined when all are accounted for. */
function unproven(call: Call, code: RunCode, later: readonly RunCode[]): string[] | undefined {
  const names = packagesOf(call);
  let missing = names;
  for (const one of later) {
    const { loaded, stops } = one === code ? checksIn(code.text.slice(call.end)) : checksOf(one);
    if (stops) return undefined;
    missing = missing.filter((name) => !loaded.has(name));
    if (names.length > 0 && missing.length === 0) return undefined;
  }
  // A setting counts for what comes after it in the same program.
  const program = later.filter(
    (one) => one === code || (code.command !== undefined && one.command === code.command),
  );
  return program.some((one) => setsStrict(one.text)) ? undefined : missing;
}

const setsStrict = (text: string): boolean =>
  callsIn(text, "R", (name) => /^(?:base::)?(?:options|tryCatch|withCallingHandlers)$/.test(name)).some(
    ({ name, args }) =>
      name.endsWith("options")
        ? args.some((one) => one.name === "warn" && /^[2-9]/.test(one.text))
        : args.some((one) => one.name === "warning"),
  );
