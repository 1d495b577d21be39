import { at, fixOf } from "../helpers.ts";
import { installIn } from "../packages.ts";
import { defineRule } from "../rule.ts";
import { runSteps } from "../run-steps.ts";

export default defineRule<"dockerfile">({
  id: "sudo-in-run",
  title: "sudo is used or installed",
  category: "security",
  needs: "dockerfile",
  severity: "warning",
  mentions: ["sudo"],
  requirements: [],
  why: "In the Safe Haven a job may not gain rights that it does not have, so sudo never works there. While building, USER root does the same in the open.",
  fix: "Do what needs root before the USER instruction, and leave sudo out of the image.",
  aliases: ["hadolint:DL3004", "trivy:DS-0010", "dockle:DKL-DI-0001", "checkov:CKV2_DOCKER_1"],
  examples: {
    bad: [
      { title: "used", dockerfile: "FROM python:3.12\nRUN sudo apt-get update\n", lines: [2] },
      { title: "installed", dockerfile: "FROM python:3.12\nRUN apt-get install -y git sudo\n", lines: [2] },
      {
        title: "inside a long RUN",
        dockerfile:
          "FROM x\nRUN make && \\\n    A=1 sudo -E make install\nRUN (cd /a; sudo make)\nRUN if a; then sudo b; fi\n",
        lines: [3, 4, 5],
      },
      { title: "in exec form", dockerfile: 'FROM x\nRUN ["sudo", "make", "install"]\n', lines: [2] },
      { title: "in a builder stage", dockerfile: "FROM x AS b\nRUN sudo make\nFROM y\n", lines: [2] },
      { title: "for a later build", dockerfile: "FROM x\nONBUILD RUN sudo make\n", lines: [2] },
      { title: "in an inner shell", dockerfile: "FROM x\nRUN bash -c 'sudo make'\n", lines: [2] },
    ],
    good: [
      {
        title: "a folder of that name",
        dockerfile: "FROM x\nRUN rm -rf /etc/sudoers.d && echo sudo && man sudo\n",
      },
      { title: "not at all", dockerfile: "FROM python:3.12\nUSER root\nRUN apt-get update\nUSER nobody\n" },
      { title: "only mentioned", dockerfile: 'FROM python:3.12\nRUN echo "no sudo here" > /etc/motd\n' },
    ],
  },
  *check(facts) {
    for (const { commands } of runSteps(facts)) {
      const used = commands.find(({ name, wrappers }) => wrappers.includes("sudo") || name === "sudo");
      const installed = commands.find((command) => installIn(command)?.packages.includes("sudo"));
      const place = used ?? installed;
      if (place === undefined) continue;
      yield {
        message:
          used === undefined
            ? "sudo is installed, and can never be used in the Safe Haven."
            : "RUN uses sudo, which the Safe Haven does not allow and the build does not need.",
        fix:
          used === undefined
            ? "Leave sudo out of the list of packages."
            : fixOf("Switch the user instead.", "USER root", "RUN <command>", "USER nonroot"),
        ...at(facts.dockerfile, place.range),
        // Some look for the word alone.
        ...(used === undefined ? { aliases: ["dockle:DKL-DI-0001", "checkov:CKV2_DOCKER_1"] } : {}),
      };
    }
  },
});
