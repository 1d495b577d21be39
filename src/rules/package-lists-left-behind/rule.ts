import type { Instruction } from "../../dockerfile/model.ts";
import type { ShellCommand } from "../../dockerfile/shell.ts";
import { at, cacheMounts, finalSteps, fixOf, hasOption, operands, placedCommands } from "../helpers.ts";
import { installIn } from "../packages.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "package-lists-left-behind",
  title: "Package lists and caches stay in the image",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-06"],
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
        title: "update alone is another rule's business",
        dockerfile: "FROM python:3.12\nRUN apt-get update\n",
      },
    ],
  },
  *check(facts) {
    for (const step of finalSteps(facts)) {
      if (step.instruction.keyword !== "RUN") continue;
      const commands = placedCommands(step).map(({ command }) => command);
      const seen = new Set<string>();
      for (const command of commands) {
        const install = installIn(command);
        if (install === undefined || seen.has(install.manager)) continue;
        const left = leftBy(install.manager, command, commands, step.instruction);
        if (left === undefined) continue;
        seen.add(install.manager);
        yield { message: left.message, fix: left.fix, ...at(facts.dockerfile, command.range) };
      }
    }
  },
});

function leftBy(
  manager: string,
  command: ShellCommand,
  commands: readonly ShellCommand[],
  instruction: Instruction,
): { message: string; fix: string } | undefined {
  const mounts = cacheMounts(instruction);
  const removes = (folder: RegExp): boolean =>
    commands.some(
      ({ name, args }) => (name === "rm" || name === "find") && args.some(({ value }) => folder.test(value)),
    );
  const cleans = (program: RegExp): boolean =>
    commands.some((other) => program.test(other.name) && operands(other)[0] === "clean");
  if (manager === "apt") {
    // Lists exist only where this RUN fetched them, or where an earlier one did and left them there.
    if (
      !commands.some(
        (other) => /^(?:apt-get|apt|aptitude)$/.test(other.name) && operands(other)[0] === "update",
      )
    )
      return undefined;
    if (
      removes(/^\/var\/lib\/apt(?:\/lists(?:\/.*)?|\/\*|\/\{.*)?$|^\/var\/lib\/\{?apt/) ||
      mounts.some((path) => /^\/var\/lib\/apt(?:\/lists)?$/.test(path))
    )
      return undefined;
    if (mounts.includes("/var/cache/apt") && mounts.length > 1) return undefined;
    return {
      message: `“${command.name} install” leaves the package lists of “update” in the image.`,
      fix: fixOf("End the same RUN with this line.", "&& rm -rf /var/lib/apt/lists/*"),
    };
  }
  if (manager === "apk") {
    if (
      hasOption(command, "--no-cache") ||
      removes(/^\/var\/cache\/apk/) ||
      mounts.some((path) => path.startsWith("/var/cache/apk") || path === "/etc/apk/cache")
    )
      return undefined;
    return {
      message: "“apk add” leaves its package index in the image.",
      fix: fixOf("Add --no-cache.", `RUN apk add --no-cache ${operands(command).slice(1, 6).join(" ")}`),
    };
  }
  if (manager === "dnf") {
    if (
      cleans(/^(?:dnf|yum|microdnf|tdnf)$/) ||
      removes(/^\/var\/cache\/(?:dnf|yum|libdnf5|\*)/) ||
      mounts.some((path) => /^\/var\/cache\/(?:dnf|yum|libdnf5)/.test(path))
    )
      return undefined;
    return {
      message: `“${command.name} install” leaves its package cache in the image.`,
      fix: fixOf("End the same RUN with this line.", `&& ${command.name} clean all`),
    };
  }
  if (manager === "zypper") {
    if (
      commands.some((other) => other.name === "zypper" && /^(?:clean|cc)$/.test(operands(other)[0] ?? "")) ||
      removes(/^\/var\/cache\/zypp/) ||
      mounts.some((path) => path.startsWith("/var/cache/zypp"))
    )
      return undefined;
    return {
      message: "“zypper install” leaves its package cache in the image.",
      fix: fixOf("End the same RUN with this line.", "&& zypper clean --all"),
    };
  }
  return undefined;
}
