import { replacing } from "../edits.ts";
import { at, fixOf, operands } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { runSteps } from "../run-steps.ts";

/** Verbs that apt-get knows under the same name and with the same effect; `apt upgrade` does more than `apt-get upgrade`. */
const SAME_IN_APT_GET =
  /^(?:install|update|remove|purge|autoremove|clean|autoclean|build-dep|source|download)$/;
const IN_APT_CACHE = /^(?:search|show|showpkg|depends|rdepends|policy)$/;

export default defineRule<"dockerfile">({
  id: "apt-in-script",
  title: "The Dockerfile uses apt, which is meant for people",
  category: "style",
  needs: "dockerfile",
  severity: "info",
  programs: /^apt$/,
  requirements: [],
  why: "apt is made for people at a terminal: its options and its output may change from one Debian release to the next, and it says so itself. apt-get stays the same.",
  fix: "Write apt-get (or apt-cache) in place of apt.",
  aliases: ["hadolint:DL3027", "checkov:CKV_DOCKER_9"],
  examples: {
    bad: [
      {
        title: "install",
        dockerfile: "FROM python:3.12\nRUN apt update && \\\n    apt install -y git\n",
        lines: [2],
      },
      { title: "a path", dockerfile: "FROM x\nRUN /usr/bin/apt install -y git\n", lines: [2] },
      {
        title: "in a builder stage",
        dockerfile: "FROM x AS b\nRUN apt install -y gcc\nFROM y\n",
        lines: [2],
      },
      { title: "for a later build", dockerfile: "FROM x\nONBUILD RUN apt install -y gcc\n", lines: [2] },
      {
        title: "in a heredoc",
        dockerfile: "FROM x\nRUN <<EOF\nset -e\napt install -y gcc\nEOF\n",
        lines: [4],
      },
    ],
    good: [
      { title: "apt-get", dockerfile: "FROM python:3.12\nRUN apt-get update && apt-get install -y git\n" },
      {
        title: "apt as a word",
        dockerfile: "FROM x\nRUN echo apt && rm -rf /var/lib/apt/lists/* && ls /etc/apt\n",
      },
    ],
  },
  *check(facts) {
    for (const { instruction, commands } of runSteps(facts)) {
      const used = commands.filter(({ name, args }) => name === "apt" && args.length > 0);
      const [first] = used;
      if (first === undefined) continue;
      const verbs = used.map((command) => operands(command)[0] ?? "");
      const edits = used.flatMap(({ exact, program }) =>
        exact && program?.value === "apt" ? [replacing(facts.dockerfile, program.range, "apt-get")] : [],
      );
      const same = edits.length === used.length && verbs.every((verb) => SAME_IN_APT_GET.test(verb));
      yield {
        message: `“apt” is made for people, not for scripts${used.length > 1 ? ` (${used.length} times in this ${instruction.keyword})` : ""}.`,
        fix: fixOf("Write what is made for scripts in its place.", `${forScripts(verbs[0] ?? "")} ...`),
        ...at(facts.dockerfile, first.range),
        ...(same ? { edits } : {}),
      };
    }
  },
});

/** The same request to a program with a stable command line. */
function forScripts(verb: string): string {
  if (verb === "list") return "dpkg-query --list";
  if (verb === "full-upgrade") return "apt-get dist-upgrade";
  return `${IN_APT_CACHE.test(verb) ? "apt-cache" : "apt-get"} ${verb.slice(0, 40)}`;
}
