import { baseStarts } from "../base-image.ts";
import { at, finalBase, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { serverName, startCommand } from "../start-command.ts";

export default defineRule<"dockerfile">({
  id: "interactive-server",
  title: "The image starts an interactive server",
  category: "start-up",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["INT-03", "IMG-14"],
  why: "Jobs on the GPU cluster are batch jobs: no port can be reached and nobody can open a browser page. A server keeps the GPUs reserved until the time limit ends it.",
  fix: "Start the analysis itself: a script, `jupyter nbconvert --execute`, `quarto render` or `papermill`.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "Jupyter",
        dockerfile: 'FROM python:3.12-slim\nCMD ["jupyter", "lab", "--ip=0.0.0.0"]\n',
        lines: [2],
      },
      {
        title: "a dashboard in a shell form",
        dockerfile: "FROM python:3.12-slim\nCMD cd /app && exec streamlit run app.py\n",
        lines: [2],
      },
      {
        title: "what the base image starts",
        dockerfile: "FROM docker.io/rocker/rstudio:4.4.1\nRUN true\n",
        lines: [1],
      },
      {
        title: "a tag that starts a notebook server",
        dockerfile: "FROM tensorflow/tensorflow:2.17.0-jupyter\nCOPY a.py /opt/\n",
        lines: [1],
      },
      { title: "its init", dockerfile: 'FROM rocker/tidyverse:4.4.1\nCMD ["/init"]\n', lines: [2] },
      {
        title: "Shiny from R",
        dockerfile: 'FROM rocker/r-ver:4.4.1\nCMD ["R", "-e", "shiny::runApp(\'/app\')"]\n',
        lines: [2],
      },
    ],
    good: [
      {
        title: "a notebook run to its end",
        dockerfile:
          'FROM quay.io/jupyter/scipy-notebook:2025-01-06\nCMD ["jupyter", "nbconvert", "--execute", "--to", "html", "/opt/a.ipynb"]\n',
      },
      {
        title: "a base that starts nothing by itself",
        dockerfile: "FROM tensorflow/tensorflow:2.17.0-gpu\nCOPY a.py /opt/\n",
      },
      {
        title: "a script on an RStudio base",
        dockerfile: 'FROM rocker/rstudio:4.4.1\nCMD ["Rscript", "/opt/a.R"]\n',
      },
    ],
  },
  *check(facts) {
    const start = startCommand(facts);
    const bottom = finalBase(facts);
    const last = facts.stages.at(-1);
    if (last === undefined) return;
    const known = baseStarts(bottom?.base ?? "");
    const isInit = start?.words.length === 1 && start.words[0]?.[0] === "/init";
    const server =
      start === undefined || isInit
        ? known.server
        : start.words.map(serverName).find((name) => name !== undefined);
    if (server === undefined) return;
    const isR = /RStudio|Shiny/.test(server);
    yield {
      message:
        start === undefined
          ? `The base image starts ${server}, and the Dockerfile names no other program: in the Safe Haven nobody can reach it.`
          : `The image starts ${server}: in the Safe Haven nobody can reach it, and the job never ends by itself.`,
      fix: fixOf(
        "Start the analysis itself.",
        isR
          ? 'ENTRYPOINT ["Rscript", "--vanilla", "/opt/app/main.R"]'
          : 'ENTRYPOINT ["python", "/opt/app/main.py"]',
      ),
      ...at(facts.dockerfile, start?.instruction.range ?? last.stage.from.range),
      subjects: ["config:start-command"],
    };
  },
});
