import type { BaseImage } from "../../knowledge/bases.ts";
import { namedBase } from "../base-image.ts";
import {
  at,
  copyParts,
  expandKnown,
  finalBase,
  finalSteps,
  fixOf,
  isWithin,
  operands,
  placedCommands,
  resolvePath,
  type Step,
} from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { startCommand } from "../start-command.ts";

/** Where images keep what they start their own services with. */
const OWN = [
  "/etc/s6-overlay",
  "/etc/cont-init.d",
  "/etc/services.d",
  "/etc/fix-attrs.d",
  "/init",
  "/rocker_scripts",
];
const CHANGES = /^(?:rm|mv|cp|ln|sed|tee|touch|truncate|install|chmod|patch)$/;

export default defineRule<"dockerfile">({
  id: "base-set-up-changed",
  title: "The base image's own set-up is changed",
  category: "base-image",
  needs: "dockerfile",
  severity: "info",
  requirements: ["IMG-04"],
  why: "Images that prepare an environment or start services do it in a program of their own. When it is replaced or patched the image may start differently after the next change of the base, and reviewers no longer know what they have.",
  fix: "Keep the base's ENTRYPOINT and name the job in CMD; leave its service scripts as they are.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "the conda environment is not activated",
        dockerfile: 'FROM mambaorg/micromamba:2.0.5\nENTRYPOINT ["python", "/opt/fit.py"]\n',
        lines: [2],
      },
      {
        title: "a service removed",
        dockerfile:
          'FROM rocker/rstudio:4.4.1\nRUN rm -rf /etc/services.d/rstudio\nCMD ["Rscript", "/opt/a.R"]\n',
        lines: [2],
      },
      {
        title: "a service script replaced",
        dockerfile:
          'FROM rocker/tidyverse:4.4.1\nCOPY 02_userconf /etc/cont-init.d/\nCMD ["Rscript", "/opt/a.R"]\n',
        lines: [2],
      },
    ],
    good: [
      {
        title: "the job in CMD",
        dockerfile: 'FROM mambaorg/micromamba:2.0.5\nCMD ["python", "/opt/fit.py"]\n',
      },
      {
        title: "the program of the base runs first",
        dockerfile:
          'FROM mambaorg/micromamba:2.0.5\nENTRYPOINT ["/usr/local/bin/_entrypoint.sh", "python", "/opt/fit.py"]\n',
      },
      {
        title: "the environment is named otherwise",
        dockerfile:
          'FROM mambaorg/micromamba:2.0.5\nENTRYPOINT ["micromamba", "run", "python", "/opt/fit.py"]\n',
      },
      {
        title: "a batch job on an interactive image",
        dockerfile:
          'FROM rocker/rstudio:4.4.1\nRUN /rocker_scripts/install_python.sh\nENTRYPOINT ["Rscript", "/opt/a.R"]\n',
      },
    ],
  },
  *check(facts) {
    const base = namedBase(finalBase(facts)?.base ?? "");
    const setUp = base.known?.setUp;
    if (base.known === undefined || setUp === undefined) return;
    const entrypoint = startCommand(facts)?.entrypoint;
    if (entrypoint !== undefined && base.known.kind === "application" && !prepares(entrypoint.text, setUp)) {
      const path = facts.stages.at(-1)?.environment.get("PATH")?.expanded ?? "";
      // With the environment's folder in PATH its programs are found all the same.
      if (!/conda|mamba/.test(path))
        yield {
          message: `ENTRYPOINT takes the place of ${setUp.program} of ${base.name}, which ${setUp.does}.`,
          fix: fixOf("Leave ENTRYPOINT to the base and name the job in CMD.", `CMD ${entrypoint.text}`),
          ...at(facts.dockerfile, entrypoint.range),
        };
    }
    for (const step of finalSteps(facts)) {
      const path = changed(step);
      if (path === undefined) continue;
      yield {
        message: `${path} belongs to the set-up of ${base.name}, and is changed here.`,
        fix: "Leave the base's service scripts as they are, or start from an image without services.",
        ...at(facts.dockerfile, step.instruction.range),
      };
    }
  },
});

const prepares = (text: string, { program }: NonNullable<BaseImage["setUp"]>): boolean =>
  text.includes(program) ||
  /\b(?:micromamba|mamba|conda|pixi)["',\s]+(?:run|shell)\b|\/opt\/conda\//.test(text);

/** The first file of the base's set-up that an instruction changes. */
function changed(step: Step): string | undefined {
  const { instruction } = step;
  const own = (path: string): boolean => OWN.some((folder) => isWithin(path, folder));
  if (instruction.keyword === "COPY" || instruction.keyword === "ADD") {
    const { target } = copyParts(instruction);
    const path = target === undefined ? "/" : resolvePath(step.folder, expandKnown(target, step.variables));
    return own(path) ? path : undefined;
  }
  if (instruction.keyword !== "RUN") return undefined;
  for (const { command, folder } of placedCommands(step)) {
    const words = [
      ...(CHANGES.test(command.name) ? operands(command) : []),
      ...command.writesTo.map(({ value }) => value),
    ];
    const path = words.map((word) => resolvePath(folder, expandKnown(word, step.variables))).find(own);
    if (path !== undefined) return path;
  }
  return undefined;
}
