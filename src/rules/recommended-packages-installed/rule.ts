import { oncePerCommand } from "../../dockerfile/shell.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { mayHoldOptions, optionAfterVerb, runSteps, wordsOf } from "../run-steps.ts";
import { SYSTEM_MANAGERS, systemVerb } from "../system-packages.ts";

export default defineRule<"dockerfile">({
  id: "recommended-packages-installed",
  title: "apt-get also installs packages that were not asked for",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  programs: SYSTEM_MANAGERS,
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
      {
        title: "options before the verb",
        dockerfile: "FROM x\nRUN apt-get -o a=b -yq install git\n",
        lines: [2],
      },
      { title: "for a later build", dockerfile: "FROM x\nONBUILD RUN apt-get install -y git\n", lines: [2] },
    ],
    good: [
      {
        title: "in a variable",
        dockerfile: "FROM x\nENV LEAN='-y --no-install-recommends'\nRUN apt-get install $LEAN git\n",
      },
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
    for (const step of runSteps(facts)) {
      if (!step.final) continue;
      for (const command of step.commands) {
        if (!concerns(command.parsed)) continue;
        const words = wordsOf(step, command);
        const { manager, verb } = systemVerb(command, words);
        if (manager !== "apt") configured ||= words.some((word) => /APT::Install-Recommends/i.test(word));
        if (configured || manager !== "apt" || verb !== "install" || command.name === "aptitude") continue;
        if (words.some((word) => LEAN.test(word) || mayHoldOptions(word))) continue;
        const edits = optionAfterVerb(facts, command, ["install"], "--no-install-recommends");
        yield {
          ...(command.name === "apt-get" ? {} : { aliases: [] }),
          message: `“${command.name} install” also installs packages that the named ones only recommend.`,
          fix: fixOf("Add the option.", `${command.name} install -y --no-install-recommends ...`),
          ...at(facts.dockerfile, command.range),
          ...(edits === undefined ? {} : { edits }),
        };
      }
    }
  },
});

/** False for what neither installs with apt nor may change its settings. */
const concerns = oncePerCommand(
  ({ name, values }) =>
    /^apt/.test(name) ||
    values.some((value) => value.includes("$") || /APT::Install-Recommends/i.test(value)),
);

const LEAN = /^--no-install-recommends(?:=|$)|APT::Install-Recommends=(?:"?(?:0|false|no))/i;
