import type { ShellCommand } from "../../dockerfile/shell.ts";
import { at, cacheMounts, fixOf } from "../helpers.ts";
import { installIn } from "../packages.ts";
import { defineRule } from "../rule.ts";
import { runSteps } from "../run-steps.ts";
import { SYSTEM_MANAGERS, systemVerb } from "../system-packages.ts";

export default defineRule<"dockerfile">({
  id: "package-update-alone",
  title: "Package lists are fetched in a RUN of their own",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  programs: SYSTEM_MANAGERS,
  requirements: ["IMG-06", "BG-02"],
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
      {
        title: "options before the verb",
        dockerfile: "FROM x\nRUN apt-get -qq update\nRUN apt-get install -y git\n",
        lines: [2],
      },
      {
        title: "zypper and dnf",
        dockerfile: "FROM x\nRUN zypper -n refresh\nRUN dnf makecache\n",
        lines: [2, 3],
      },
      { title: "in a builder stage", dockerfile: "FROM x AS b\nRUN apt-get update\nFROM y\n", lines: [2] },
      { title: "for a later build", dockerfile: "FROM x\nONBUILD RUN apt-get update\n", lines: [2] },
    ],
    good: [
      {
        title: "in a cache mount",
        dockerfile: "FROM x\nRUN --mount=type=cache,target=/var/lib/apt apt-get update\n",
      },
      { title: "zypper", dockerfile: "FROM x\nRUN zypper ref && zypper -n in git\n" },
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
    for (const { instruction, commands } of runSteps(facts)) {
      const update = commands.find(fetchesLists);
      // In a cache mount the lists outlive the RUN, and the next one with that mount has them.
      if (update === undefined || cacheMounts(instruction).some((path) => /^\/var\/(?:lib|cache)/.test(path)))
        continue;
      const used = commands.some(
        (command) =>
          installIn(command) !== undefined ||
          /\.(?:sh|bash)$|^(?:sh|bash|xargs|make)$/.test(command.name) ||
          /upgrade|^(?:build-dep|download|source|satisfy|in|up|update|dup|patch|install)$/.test(
            fetchesLists(command) ? "" : (systemVerb(command).verb ?? ""),
          ),
      );
      if (used) continue;
      yield {
        aliases: peersOf(update),
        message: `“${update.name} ${systemVerb(update).verb ?? ""}” stands in a RUN of its own, so later installs use whatever lists the builder has kept.`,
        fix: fixOf("Do it in one RUN.", ...together(update)),
        ...at(facts.dockerfile, update.range),
      };
    }
  },
});

const FETCHES: Readonly<Partial<Record<string, RegExp>>> = {
  apt: /^update$/,
  apk: /^update$/,
  dnf: /^(?:makecache|check-update)$/,
  zypper: /^(?:refresh|ref)$/,
};

function fetchesLists(command: ShellCommand): boolean {
  const { manager, verb } = systemVerb(command);
  return manager !== undefined && FETCHES[manager]?.test(verb ?? "") === true;
}

/** The peers' rules: they know the word `update` only, and one of them apt alone. */
function peersOf(update: ShellCommand): string[] {
  const { manager, verb } = systemVerb(update);
  if (verb !== "update") return [];
  return ["trivy:DS-0017", "checkov:CKV_DOCKER_5", ...(manager === "apt" ? ["dockle:CIS-DI-0007"] : [])];
}

function together(update: ShellCommand): readonly string[] {
  switch (systemVerb(update).manager) {
    case "apk":
      return ["RUN apk add --no-cache <packages>"];
    case "dnf":
      return [`RUN ${update.name} install -y <packages> \\`, `    && ${update.name} clean all`];
    case "zypper":
      return ["RUN zypper install -y <packages> \\", "    && zypper clean --all"];
    default:
      return [
        "RUN apt-get update \\",
        "    && apt-get install -y --no-install-recommends <packages> \\",
        "    && rm -rf /var/lib/apt/lists/*",
      ];
  }
}
