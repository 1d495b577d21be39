import { at, finalPlacedCommands, fixOf, operands } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "base-upgraded",
  title: "All packages of the base image are upgraded",
  category: "base-image",
  needs: "dockerfile",
  severity: "info",
  requirements: ["IMG-04"],
  why: "An upgrade changes what the makers of the base image put together, and two builds of the same Dockerfile then differ. The documents disagree about it, so this is only a remark.",
  fix: "Take a newer base image instead of upgrading an old one.",
  aliases: ["trivy:DS-0024", "dockle:DKL-DI-0003", "hadolint:DL3035"],
  examples: {
    bad: [
      {
        title: "apt-get upgrade",
        dockerfile: "FROM python:3.12\nRUN apt-get update && apt-get -y upgrade\n",
        lines: [2],
      },
      { title: "zypper", dockerfile: "FROM x\nRUN zypper dup\n", lines: [2] },
    ],
    good: [
      {
        title: "one package",
        dockerfile: "FROM python:3.12\nRUN apt-get install -y --only-upgrade openssl\n",
      },
      { title: "pip upgrades itself", dockerfile: "FROM python:3.12\nRUN pip install --upgrade pip\n" },
    ],
  },
  *check(facts) {
    for (const { command } of finalPlacedCommands(facts)) {
      const [verb, ...rest] = operands(command);
      const all =
        (/^(?:apt-get|apt|aptitude)$/.test(command.name) &&
          /^(?:upgrade|dist-upgrade|full-upgrade|safe-upgrade)$/.test(verb ?? "")) ||
        (/^(?:dnf|yum|microdnf)$/.test(command.name) &&
          /^(?:upgrade|update)$/.test(verb ?? "") &&
          rest.length === 0) ||
        (command.name === "zypper" &&
          /^(?:update|up|dist-upgrade|dup)$/.test(verb ?? "") &&
          rest.length === 0) ||
        (command.name === "apk" && verb === "upgrade" && rest.length === 0);
      if (!all) continue;
      yield {
        message: `“${command.name} ${verb ?? ""}” changes the base image to whatever is newest on the day of the build.`,
        fix: fixOf("Take a newer base image instead.", "FROM <image>:<newer version>@sha256:<digest>"),
        ...at(facts.dockerfile, command.range),
      };
    }
  },
});
