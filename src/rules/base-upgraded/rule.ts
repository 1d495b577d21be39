import type { ShellCommand } from "../../dockerfile/shell.ts";
import { at, fixOf } from "../helpers.ts";
import { installIn } from "../packages.ts";
import { defineRule } from "../rule.ts";
import { runSteps } from "../run-steps.ts";
import { SYSTEM_MANAGERS, systemVerb } from "../system-packages.ts";

export default defineRule<"dockerfile">({
  id: "base-upgraded",
  title: "All packages of the base image are upgraded",
  category: "base-image",
  needs: "dockerfile",
  severity: "info",
  programs: SYSTEM_MANAGERS,
  requirements: ["IMG-04"],
  why: "An upgrade changes what the makers of the base image put together, and two builds of the same Dockerfile then differ. The documents disagree about it, so this is only a remark.",
  fix: "Take a newer base image instead of upgrading an old one.",
  aliases: ["trivy:DS-0017", "trivy:DS-0024", "dockle:DKL-DI-0003", "hadolint:DL3035"],
  examples: {
    bad: [
      {
        title: "apt-get upgrade",
        dockerfile: "FROM python:3.12\nRUN apt-get update && apt-get -y upgrade\n",
        lines: [2],
      },
      { title: "zypper", dockerfile: "FROM x\nRUN zypper dup\n", lines: [2] },
      {
        title: "options first",
        dockerfile:
          "FROM x\nRUN apt-get update && \\\n    apt-get -o Dpkg::Use-Pty=0 -y dist-upgrade\nRUN zypper -n dist-upgrade\nRUN yum -y update && yum clean all\n",
        lines: [3, 4, 5],
      },
      {
        title: "in a builder stage",
        dockerfile: "FROM x AS b\nRUN apt-get -y upgrade\nFROM y\n",
        lines: [2],
      },
      { title: "for a later build", dockerfile: "FROM x\nONBUILD RUN apt-get -y dist-upgrade\n", lines: [2] },
    ],
    good: [
      {
        title: "some packages",
        dockerfile: "FROM x\nRUN yum -y update openssl && zypper -n up openssl && apk upgrade openssl\n",
      },
      {
        title: "one package",
        dockerfile: "FROM python:3.12\nRUN apt-get install -y --only-upgrade openssl\n",
      },
      { title: "pip upgrades itself", dockerfile: "FROM python:3.12\nRUN pip install --upgrade pip\n" },
    ],
  },
  *check(facts) {
    for (const { commands } of runSteps(facts)) {
      for (const command of commands) {
        const { manager, verb = "", rest } = systemVerb(command);
        const all = manager !== undefined && EVERYTHING[manager]?.test(verb) === true;
        if (!all || (manager !== "apt" && rest.length > 0)) continue;
        const alone = commands.some(isUpdate) && !commands.some((one) => installIn(one) !== undefined);
        yield {
          aliases: [...(alone ? ["trivy:DS-0017"] : []), ...peersOf(command.name, verb)],
          message: `“${command.name} ${verb}” changes the base image to whatever is newest on the day of the build.`,
          fix: fixOf("Take a newer base image instead.", "FROM <image>:<newer version>@sha256:<digest>"),
          ...at(facts.dockerfile, command.range),
        };
      }
    }
  },
});

/** The word `update`, whatever it means to the package manager. */
const isUpdate = (command: ShellCommand): boolean => /^up(?:date)?$/.test(systemVerb(command).verb ?? "");

/** The peers' rules for one way to upgrade everything. */
function peersOf(program: string, verb: string): string[] {
  if (program === "zypper") return /^(?:dist-upgrade|dup)$/.test(verb) ? ["hadolint:DL3035"] : [];
  if (verb !== "dist-upgrade") return [];
  if (program === "apt-get") return ["trivy:DS-0024", "dockle:DKL-DI-0003"];
  return program === "apt" ? ["dockle:DKL-DI-0003"] : [];
}

/** Verbs that upgrade every package when no package is named. */
const EVERYTHING: Readonly<Partial<Record<string, RegExp>>> = {
  apt: /^(?:upgrade|dist-upgrade|full-upgrade|safe-upgrade)$/,
  dnf: /^(?:upgrade|update|distro-sync|system-upgrade)$/,
  zypper: /^(?:update|up|dist-upgrade|dup|patch)$/,
  apk: /^upgrade$/,
};
