import { at, finalSteps, fixOf, operands, placedCommands } from "../helpers.ts";
import { installIn } from "../packages.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "package-update-alone",
  title: "Package lists are fetched in a RUN of their own",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-06"],
  why: "The builder keeps the result of this RUN and later installs from old lists: the build fails or takes outdated packages. The lists also stay in the image.",
  fix: "Fetch, install and clean up in one RUN.",
  aliases: ["trivy:DS-0017", "checkov:CKV_DOCKER_5", "dockle:CIS-DI-0007"],
  examples: {
    bad: [
      {
        title: "apt-get update",
        dockerfile: "FROM python:3.12\nRUN apt-get update\nRUN apt-get install -y git\n",
        lines: [2],
      },
      { title: "apk update", dockerfile: "FROM python:3.12-alpine\nRUN apk update\n", lines: [2] },
    ],
    good: [
      { title: "together", dockerfile: "FROM python:3.12\nRUN apt-get update && apt-get install -y git\n" },
      {
        title: "together with an upgrade",
        dockerfile: "FROM python:3.12\nRUN apt-get update && apt-get upgrade -y\n",
      },
      {
        title: "with an install script",
        dockerfile: "FROM rocker/r-ver:4\nRUN apt-get update && /rocker_scripts/install_python.sh\n",
      },
    ],
  },
  *check(facts) {
    for (const step of finalSteps(facts)) {
      if (step.instruction.keyword !== "RUN") continue;
      const commands = placedCommands(step).map(({ command }) => command);
      const update = commands.find(
        (command) => /^(?:apt-get|apt|aptitude|apk)$/.test(command.name) && operands(command)[0] === "update",
      );
      if (update === undefined) continue;
      const used = commands.some(
        (command) =>
          installIn(command) !== undefined ||
          /\.(?:sh|bash)$|^(?:sh|bash|xargs|make)$/.test(command.name) ||
          (/^(?:apt-get|apt|aptitude|apk)$/.test(command.name) &&
            /upgrade|build-dep|download|source|satisfy/.test(operands(command)[0] ?? "")),
      );
      if (used) continue;
      yield {
        message: `“${update.name} update” stands in a RUN of its own, so later installs use whatever lists the builder has kept.`,
        fix: fixOf(
          "Do it in one RUN.",
          ...(update.name === "apk"
            ? ["RUN apk add --no-cache <packages>"]
            : [
                "RUN apt-get update \\",
                "    && apt-get install -y --no-install-recommends <packages> \\",
                "    && rm -rf /var/lib/apt/lists/*",
              ]),
        ),
        ...at(facts.dockerfile, update.range),
      };
    }
  },
});
