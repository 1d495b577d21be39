import { at, cacheMounts, finalSteps, fixOf, operands, placedCommands } from "../helpers.ts";
import { installIn } from "../packages.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "conda-cache-kept",
  title: "conda keeps its package cache in the image",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-06"],
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
    for (const step of finalSteps(facts)) {
      if (
        step.instruction.keyword !== "RUN" ||
        cacheMounts(step.instruction).some((path) => /\/pkgs$/.test(path))
      )
        continue;
      const commands = placedCommands(step).map(({ command }) => command);
      const clean = commands.some(
        (command) =>
          (/^(?:conda|mamba|micromamba)$/.test(command.name) && operands(command)[0] === "clean") ||
          (command.name === "rm" && command.args.some(({ value }) => /\/pkgs(?:\/.*)?$/.test(value))),
      );
      const install = commands.find(
        (command) =>
          installIn(command)?.manager === "conda" && /^(?:conda|mamba|micromamba)$/.test(command.name),
      );
      if (clean || install === undefined) continue;
      yield {
        message: `“${install.name}” keeps the package files it installed from in the image.`,
        fix: fixOf("End the same RUN with this line.", `&& ${install.name} clean --all --yes`),
        ...at(facts.dockerfile, install.range),
      };
    }
  },
});
