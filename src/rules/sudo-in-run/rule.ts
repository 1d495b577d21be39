import { shellCommands } from "../../dockerfile/shell.ts";
import { at, finalSteps, fixOf } from "../helpers.ts";
import { installIn } from "../packages.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "sudo-in-run",
  title: "sudo is used or installed",
  category: "security",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "In the Safe Haven a job may not gain rights that it does not have, so sudo never works there. While building, USER root does the same in the open.",
  fix: "Do what needs root before the USER instruction, and leave sudo out of the image.",
  aliases: ["hadolint:DL3004", "trivy:DS-0010", "dockle:DKL-DI-0001", "checkov:CKV2_DOCKER_1"],
  examples: {
    bad: [
      { title: "used", dockerfile: "FROM python:3.12\nRUN sudo apt-get update\n", lines: [2] },
      { title: "installed", dockerfile: "FROM python:3.12\nRUN apt-get install -y git sudo\n", lines: [2] },
    ],
    good: [
      { title: "not at all", dockerfile: "FROM python:3.12\nUSER root\nRUN apt-get update\nUSER nobody\n" },
      { title: "only mentioned", dockerfile: 'FROM python:3.12\nRUN echo "no sudo here" > /etc/motd\n' },
    ],
  },
  *check(facts) {
    for (const { instruction } of finalSteps(facts)) {
      if (instruction.keyword !== "RUN") continue;
      const text = [
        instruction.exec?.join(" ") ?? instruction.text,
        ...instruction.heredocs.map(({ body }) => body),
      ].join("\n");
      const used = /(?:^|[;&|(\n]|\bthen\b|\bdo\b)[ \t]*(?:[A-Z_]+=\S*[ \t]+){0,5}sudo[ \t]+[-\w/]/.test(
        text.slice(0, 50_000),
      );
      const installed = shellCommands(instruction).find((command) =>
        installIn(command)?.packages.some((name) => name === "sudo"),
      );
      if (!used && installed === undefined) continue;
      yield {
        message: used
          ? "RUN uses sudo, which the Safe Haven does not allow and the build does not need."
          : "sudo is installed, and can never be used in the Safe Haven.",
        fix: used
          ? fixOf("Switch the user instead.", "USER root", "RUN <command>", "USER nonroot")
          : "Leave sudo out of the list of packages.",
        ...at(facts.dockerfile, installed === undefined || used ? instruction.range : installed.range),
      };
    }
  },
});
