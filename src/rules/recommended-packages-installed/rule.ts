import { at, expandKnown, finalSteps, fixOf, hasOption, placedCommands } from "../helpers.ts";
import { installIn } from "../packages.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "recommended-packages-installed",
  title: "apt-get also installs packages that were not asked for",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-06"],
  why: "By default apt-get adds what packages recommend: documentation, mail programs, whole desktops. Each one is more to transfer, to scan and to explain to the reviewers.",
  fix: "Install with `apt-get install -y --no-install-recommends`, and name what is then missing.",
  aliases: ["hadolint:DL3015", "trivy:DS-0029"],
  examples: {
    bad: [
      {
        title: "without the option",
        dockerfile:
          "FROM python:3.12\nRUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*\n",
        lines: [2],
      },
      {
        title: "only one of two",
        dockerfile:
          "FROM python:3.12\nRUN apt-get install -y --no-install-recommends git && \\\n    apt-get install -y curl\n",
        lines: [3],
      },
    ],
    good: [
      {
        title: "with the option",
        dockerfile: "FROM python:3.12\nRUN apt-get install -y --no-install-recommends git\n",
      },
      {
        title: "as a setting",
        dockerfile: "FROM python:3.12\nRUN apt-get -o APT::Install-Recommends=0 install -y git\n",
      },
      {
        title: "as a configuration file",
        dockerfile:
          "FROM python:3.12\nRUN echo 'APT::Install-Recommends \"false\";' > /etc/apt/apt.conf.d/99lean\nRUN apt-get install -y git\n",
      },
      {
        title: "in a builder stage",
        dockerfile: "FROM debian AS b\nRUN apt-get install -y gcc\nFROM python:3.12\nRUN true\n",
      },
    ],
  },
  *check(facts) {
    let configured = false;
    for (const step of finalSteps(facts)) {
      if (step.instruction.keyword !== "RUN") continue;
      for (const { command } of placedCommands(step)) {
        const text = command.args.map(({ value }) => expandKnown(value, step.variables)).join(" ");
        if (/APT::Install-Recommends/i.test(text) && command.name !== "apt-get" && command.name !== "apt")
          configured = true;
        if (configured || installIn(command)?.manager !== "apt" || command.name === "aptitude") continue;
        if (
          hasOption(command, "--no-install-recommends") ||
          /--no-install-recommends|APT::Install-Recommends=(?:"?(?:0|false|no))/i.test(text)
        )
          continue;
        yield {
          message: `“${command.name} install” also installs packages that the named ones only recommend.`,
          fix: fixOf("Add the option.", `${command.name} install -y --no-install-recommends ...`),
          ...at(facts.dockerfile, command.range),
        };
      }
    }
  },
});
