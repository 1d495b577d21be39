import { at, cacheMounts, fixOf, hasOption, operands } from "../helpers.ts";
import { innerCommand } from "../inner-command.ts";
import { removes } from "../kept-caches.ts";
import { installIn } from "../packages.ts";
import { defineRule } from "../rule.ts";
import { endOfChain, runSteps } from "../run-steps.ts";

const CONDA = /^(?:conda|mamba|micromamba)$/;

export default defineRule<"dockerfile">({
  id: "conda-cache-kept",
  title: "conda keeps its package cache in the image",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  programs: CONDA,
  requirements: ["IMG-06", "BG-02"],
  why: "conda keeps every package twice: unpacked in the environment and as a file in its cache. The second copy often doubles the size of an image that has to be carried into the Safe Haven.",
  fix: "End the RUN that installs with `conda clean --all --yes`.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "conda install",
        dockerfile: "FROM condaforge/miniforge3:24.9.2-0\nRUN conda install -y numpy\n",
        lines: [2],
      },
      {
        title: "an environment",
        dockerfile: "FROM mambaorg/micromamba:2\nRUN micromamba create -y -n job python=3.12\n",
        lines: [2],
      },
    ],
    good: [
      {
        title: "in a builder stage",
        dockerfile:
          "FROM condaforge/miniforge3:24 AS b\nRUN conda install -y numpy\nFROM debian:12\nRUN true\n",
      },
      {
        title: "cleaned",
        dockerfile:
          "FROM condaforge/miniforge3:24.9.2-0\nRUN conda env update -n base -f e.yml && conda clean -afy\n",
      },
      {
        title: "in a cache mount",
        dockerfile:
          "FROM condaforge/miniforge3:24\nRUN --mount=type=cache,target=/opt/conda/pkgs mamba install -y numpy\n",
      },
      {
        title: "deleted",
        dockerfile: "FROM condaforge/miniforge3:24\nRUN conda install -y numpy && rm -rf /opt/conda/pkgs\n",
      },
    ],
  },
  *check(facts) {
    for (const step of runSteps(facts)) {
      if (!step.final || cacheMounts(step.instruction).some((path) => /\/pkgs$/.test(path))) continue;
      const commands = step.commands.map(innerCommand);
      const installs = step.commands.filter((command) => {
        const inner = innerCommand(command);
        return (
          isConda(inner) && installIn(inner)?.manager === "conda" && !hasOption(inner, "--dry-run", "--help")
        );
      });
      const last = installs.at(-1);
      const clean = commands.some(
        (command) =>
          (isConda(command) && operands(command)[0] === "clean") || removes(command, /\/pkgs(?:\/.*)?$/),
      );
      if (clean || last === undefined) continue;
      const line = `${innerCommand(last).name} clean --all --yes`;
      const edits = endOfChain(facts, step, last, line);
      yield {
        message: `“${innerCommand(last).name}” keeps the package files it installed from in the image.`,
        fix: fixOf("End the same RUN with this line.", `&& ${line}`),
        ...at(facts.dockerfile, last.range),
        subjects: ["cache:conda"],
        ...(edits === undefined ? {} : { edits }),
      };
    }
  },
});

const isConda = ({ name }: { readonly name: string }): boolean => CONDA.test(name);
