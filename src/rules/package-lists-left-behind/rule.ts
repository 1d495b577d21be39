import type { ShellCommand } from "../../dockerfile/shell.ts";
import { at, cacheMounts, fixOf, hasOption, operands } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { endOfChain, optionAfterVerb, type RunStep, runSteps } from "../run-steps.ts";
import { SYSTEM_MANAGERS, type SystemManager, systemVerb } from "../system-packages.ts";

export default defineRule<"dockerfile">({
  id: "package-lists-left-behind",
  title: "Package lists and caches stay in the image",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  programs: SYSTEM_MANAGERS,
  requirements: ["IMG-06", "BG-02"],
  why: "What one RUN leaves behind stays in the image for good, even when a later RUN deletes it. The lists of the package manager are large, age at once and are of no use without a network.",
  fix: "Delete them in the same RUN: `rm -rf /var/lib/apt/lists/*` for apt-get, `--no-cache` for apk, `dnf clean all`, `zypper clean --all`.",
  aliases: [
    "hadolint:DL3009",
    "hadolint:DL3019",
    "hadolint:DL3032",
    "hadolint:DL3036",
    "hadolint:DL3040",
    "trivy:DS-0015",
    "trivy:DS-0019",
    "trivy:DS-0020",
    "trivy:DS-0025",
    "trivy:DS-0027",
    "dockle:DKL-DI-0004",
    "dockle:DKL-DI-0005",
  ],
  examples: {
    bad: [
      {
        title: "apt-get",
        dockerfile:
          "FROM python:3.12\nRUN apt-get update \\\n    && apt-get install -y --no-install-recommends git\n",
        lines: [3],
      },
      {
        title: "deleted too late",
        dockerfile:
          "FROM python:3.12\nRUN apt-get update && apt-get install -y git\nRUN rm -rf /var/lib/apt/lists/*\n",
        lines: [2],
      },
      { title: "apk", dockerfile: "FROM python:3.12-alpine\nRUN apk add git\n", lines: [2] },
      {
        title: "deleted too early",
        dockerfile: "FROM x\nRUN rm -rf /var/lib/apt/lists/* && apt-get update && apt-get install -y git\n",
        lines: [2],
      },
      {
        title: "apt-get clean is not enough",
        dockerfile: "FROM x\nRUN apt-get update && apt-get install -y git && apt-get clean\n",
        lines: [2],
      },
      { title: "an upgrade", dockerfile: "FROM x\nRUN apt-get update && apt-get -y upgrade\n", lines: [2] },
      {
        title: "yum, microdnf and zypper",
        dockerfile:
          "FROM x\nRUN yum -y install git\nRUN microdnf install -y git\nRUN zypper -n install git\nRUN yum clean all && yum install -y curl\nRUN yum install -y curl && yum clean metadata\n",
        lines: [2, 3, 4, 5, 6],
      },
      {
        title: "for a later build",
        dockerfile: "FROM x\nONBUILD RUN apk add git\n",
        lines: [2],
      },
      {
        title: "in a heredoc",
        dockerfile: "FROM x\nRUN <<EOF\nset -e\napt-get update\napt-get install -y git\nEOF\n",
        lines: [5],
      },
      { title: "dnf", dockerfile: "FROM rocker/r-ver:4\nRUN dnf install -y git\n", lines: [2] },
    ],
    good: [
      {
        title: "deleted in the same RUN",
        dockerfile:
          "FROM python:3.12\nRUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*\n",
      },
      {
        title: "kept in a cache mount",
        dockerfile:
          "FROM python:3.12\nRUN --mount=type=cache,target=/var/lib/apt --mount=type=cache,target=/var/cache/apt apt-get update && apt-get install -y git\n",
      },
      { title: "apk without cache", dockerfile: "FROM python:3.12-alpine\nRUN apk add --no-cache git\n" },
      { title: "cleaned", dockerfile: "FROM x\nRUN microdnf install -y git && microdnf clean all\n" },
      {
        title: "in a builder stage",
        dockerfile:
          "FROM debian AS b\nRUN apt-get update && apt-get install -y gcc\nFROM python:3.12\nCOPY --from=b /x /x\n",
      },
      {
        title: "others",
        dockerfile:
          "FROM x\nRUN yum -y install git && yum -q clean all\nRUN zypper -n in git && zypper -n cc -a\nRUN apk add git && rm -rf /var/cache/apk/*\nRUN dnf -y install a && rm -rf /var/cache/dnf\nRUN --mount=type=cache,target=/var/cache/dnf dnf -y install a\n",
      },
      {
        title: "a temporary file system",
        dockerfile:
          "FROM x\nRUN --mount=type=tmpfs,target=/var/lib/apt/lists apt-get update && apt-get install -y git\n",
      },
      {
        title: "update alone is another rule's business",
        dockerfile: "FROM python:3.12\nRUN apt-get update\n",
      },
    ],
  },
  *check(facts) {
    const steps = runSteps(facts);
    const needsLists = steps.findLastIndex((step) => installsFromOldLists(step));
    for (const [index, step] of steps.entries()) {
      if (!step.final) continue;
      const seen = new Set<SystemManager>();
      const clean = new Map<SystemManager, number>();
      for (const [place, command] of step.commands.entries()) {
        const { manager, verb = "" } = systemVerb(command);
        if (manager === undefined || seen.has(manager)) continue;
        const cleanUp = CLEAN_UP[manager];
        if (cleanUp?.fills.test(verb) !== true) continue;
        if (manager === "apk" && hasOption(command, "--no-cache")) continue;
        const until = clean.get(manager) ?? cleanUntil(manager, cleanUp, step);
        clean.set(manager, until);
        if (place < until) continue;
        seen.add(manager);
        const last = lastOf(manager, cleanUp, step.commands);
        const left = step.commands.slice(place).filter((one) => systemVerb(one).manager === manager);
        // Lists that a later RUN lives on stay, or its install would fail.
        const edits =
          manager === "apk"
            ? optionAfterVerb(facts, command, ["add"], "--no-cache")
            : manager === "apt" && (needsLists > index || usedAfter(last, step.commands))
              ? undefined
              : endOfChain(facts, step, last, cleanUp.command(last.name));
        yield {
          aliases: [...new Set(left.flatMap(peersOf))],
          message: cleanUp.message(command.name, verb),
          fix:
            manager === "apk"
              ? fixOf("Add --no-cache.", `RUN apk add --no-cache ${operands(command).slice(1, 6).join(" ")}`)
              : fixOf("End the same RUN with this line.", `&& ${cleanUp.command(command.name)}`),
          ...at(facts.dockerfile, command.range),
          subjects: [manager === "apt" ? "cache:apt-lists" : `cache:${manager}`],
          ...(edits === undefined ? {} : { edits }),
        };
      }
    }
  },
});

/** The peers' rules: each for one program, and most for installs only. */
function peersOf(command: ShellCommand): readonly string[] {
  const { manager, verb = "" } = systemVerb(command);
  if (manager === undefined || CLEAN_UP[manager]?.fills.test(verb) !== true) return [];
  switch (command.name) {
    case "apk":
      return hasOption(command, "--no-cache")
        ? []
        : ["hadolint:DL3019", "trivy:DS-0025", "dockle:DKL-DI-0004"];
    case "zypper":
      return ["hadolint:DL3036", ...(/^in/.test(verb) ? ["trivy:DS-0020"] : [])];
    case "yum":
      return INSTALLS.test(verb) ? ["hadolint:DL3032", "trivy:DS-0015"] : [];
    case "dnf":
      return INSTALLS.test(verb) ? ["hadolint:DL3040", "trivy:DS-0019"] : [];
    case "microdnf":
      return INSTALLS.test(verb) ? ["hadolint:DL3040", "trivy:DS-0027"] : [];
    default:
      return manager === "apt" ? ["hadolint:DL3009", "dockle:DKL-DI-0005"] : [];
  }
}

const INSTALLS = /^(?:group|local)?install$/;

interface CleanUp {
  /** Verbs that fill the cache. */
  readonly fills: RegExp;
  /** Verbs that empty it. */
  readonly empties: RegExp;
  readonly folders: RegExp;
  readonly mounts: RegExp;
  command(program: string): string;
  message(program: string, verb: string): string;
}

const CLEAN_UP: Readonly<Partial<Record<SystemManager, CleanUp>>> = {
  apt: {
    fills: /^(?:install|upgrade|dist-upgrade|full-upgrade|safe-upgrade|build-dep)$/,
    empties: /^distclean$/,
    folders: /^\/var\/lib\/apt(?:\/lists(?:\/.*)?|\/\*|\/\{.*)?$|^\/var\/lib\/\{?apt/,
    mounts: /^\/var\/lib\/apt(?:\/lists)?$/,
    command: () => "rm -rf /var/lib/apt/lists/*",
    message: (program, verb) => `“${program} ${verb}” leaves the package lists of “update” in the image.`,
  },
  apk: {
    fills: /^add$/,
    empties: /^cache$/,
    folders: /^\/var\/cache\/(?:apk|\*)/,
    mounts: /^\/var\/cache(?:\/apk.*)?$|^\/etc\/apk\/cache$/,
    command: () => "rm -rf /var/cache/apk/*",
    message: () => "“apk add” leaves its package index in the image.",
  },
  dnf: {
    fills: /^(?:install|groupinstall|localinstall|reinstall|update|upgrade|distro-sync)$/,
    empties: /^clean$/,
    folders: /^\/var\/cache\/(?:dnf|yum|libdnf5|\*)|^\/var\/cache\/\{/,
    mounts: /^\/var\/cache(?:\/(?:dnf|yum|libdnf5).*)?$/,
    command: (program) => `${program} clean all`,
    message: (program, verb) => `“${program} ${verb}” leaves its package cache in the image.`,
  },
  zypper: {
    fills: /^(?:install|in|update|up|dist-upgrade|dup|patch)$/,
    empties: /^(?:clean|cc)$/,
    folders: /^\/var\/cache\/(?:zypp|\*)/,
    mounts: /^\/var\/cache(?:\/zypp.*)?$/,
    command: () => "zypper clean --all",
    message: (_program, verb) => `“zypper ${verb}” leaves its package cache in the image.`,
  },
};

const isUpdate = (command: ShellCommand): boolean => {
  const { manager, verb } = systemVerb(command);
  return manager === "apt" && verb === "update";
};

/** Commands before this index are cleaned up behind; all of them where nothing is left from the start. */
function cleanUntil(manager: SystemManager, cleanUp: CleanUp, { instruction, commands }: RunStep): number {
  // Lists exist only where this RUN fetched them, or where an earlier one did and left them there.
  if (manager === "apt" && !commands.some(isUpdate)) return commands.length;
  const mounts = cacheMounts(instruction);
  if (mounts.some((path) => cleanUp.mounts.test(path))) return commands.length;
  if (manager === "apt" && mounts.includes("/var/cache/apt") && mounts.length > 1) return commands.length;
  const cleans = (command: ShellCommand): boolean => {
    if (command.name === "rm" || command.name === "find")
      return command.args.some(({ value }) => cleanUp.folders.test(value));
    const said = systemVerb(command);
    if (said.manager !== manager || !cleanUp.empties.test(said.verb ?? "")) return false;
    // `yum clean dbcache` leaves the rest.
    return manager !== "dnf" || said.rest.includes("all");
  };
  // A function stands before the place that calls it.
  if (commands.some((command) => command.scope === "function" && cleans(command))) return commands.length;
  return commands.findLastIndex(cleans);
}

/** The last command that fills the same cache: what cleans up goes behind it. */
const lastOf = (
  manager: SystemManager,
  cleanUp: CleanUp,
  commands: readonly ShellCommand[],
): ShellCommand => {
  const last = commands.findLast((command) => {
    const said = systemVerb(command);
    return said.manager === manager && cleanUp.fills.test(said.verb ?? "");
  });
  return last as ShellCommand;
};

/** Something in the same RUN, but not in the same chain, may still need the lists. */
const usedAfter = (command: ShellCommand, commands: readonly ShellCommand[]): boolean =>
  commands
    .slice(commands.indexOf(command) + 1)
    .some(
      (other) =>
        other.list.id !== command.list.id && (systemVerb(other).manager === "apt" || isScript(other)),
    );

/** A script of the project's own may install from lists that were fetched before. */
const isScript = ({ name }: ShellCommand): boolean =>
  /\.(?:sh|bash)$|^(?:sh|bash|xargs|source|\.)$/.test(name);

function installsFromOldLists({ commands }: RunStep): boolean {
  const fetched = commands.findIndex(isUpdate);
  if (fetched >= 0) return false;
  return commands.some(
    (command) =>
      isScript(command) ||
      (systemVerb(command).manager === "apt" &&
        CLEAN_UP.apt?.fills.test(systemVerb(command).verb ?? "") === true),
  );
}
