import { needlessChange } from "../folder-changes.ts";
import { at, fixOf, operands } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { runSteps } from "../run-steps.ts";

export default defineRule<"dockerfile">({
  id: "cd-in-run",
  title: "RUN changes the folder where WORKDIR would do",
  category: "style",
  needs: "dockerfile",
  severity: "info",
  programs: /^(?:cd|pushd)$/,
  requirements: [],
  why: "A change of folder ends with its RUN. WORKDIR says where things happen, makes the folder when it is missing, and holds for what comes after, the start of the job included.",
  fix: "Put a WORKDIR with the folder before the RUN.",
  aliases: ["hadolint:DL3003", "trivy:DS-0013"],
  examples: {
    bad: [
      { title: "at the start", dockerfile: "FROM python:3.12\nRUN cd /opt/tool && make\n", lines: [2] },
      { title: "on its own", dockerfile: "FROM python:3.12\nRUN cd /opt/tool\nRUN make\n", lines: [2] },
      {
        title: "after something else",
        dockerfile: "FROM x\nRUN git fetch \\\n    && cd /usr/share/nginx/html \\\n    && make\n",
        lines: [3],
      },
      { title: "with a semicolon", dockerfile: "FROM x\nRUN set -e; cd /opt; make\n", lines: [2] },
      { title: "in a builder stage", dockerfile: "FROM x AS b\nRUN cd /src && make\nFROM y\n", lines: [2] },
      { title: "for a later build", dockerfile: "FROM x\nONBUILD RUN cd /src && make\n", lines: [2] },
      { title: "in a heredoc", dockerfile: "FROM x\nRUN <<EOF\ncd /src\nmake\nEOF\n", lines: [3] },
    ],
    good: [
      { title: "WORKDIR", dockerfile: "FROM python:3.12\nWORKDIR /opt/tool\nRUN make\n" },
      { title: "in a subshell", dockerfile: "FROM x\nRUN (cd /opt/tool && make) && make test\n" },
      {
        title: "in a substitution or a loop",
        dockerfile: "FROM x\nRUN D=$(cd / && pwd); for i in a b; do cd /opt/$i; make; done\n",
      },
      {
        title: "into what the RUN has just made",
        dockerfile:
          "FROM x\nRUN git clone --depth 1 https://github.com/lab/tool /opt/tool && cd /opt/tool && make\nRUN tar xzf a.tgz && cd a-1.2 && make && cd .. && rm -r a-1.2\nRUN mkdir -p /tmp/b && cd /tmp/b && make && cd / && rm -r /tmp/b\n",
      },
      { title: "the word in a text", dockerfile: "FROM x\nRUN echo cd /opt > /etc/motd && pip install cd\n" },
      {
        title: "temporary work in a folder that is deleted again",
        dockerfile: "FROM x\nRUN cd /tmp && wget -q https://e.org/a.tgz && tar xf a.tgz && rm a.tgz\n",
      },
    ],
  },
  *check(facts) {
    for (const step of runSteps(facts)) {
      const command = needlessChange(step);
      if (command === undefined) continue;
      const [folder = ""] = operands(command);
      const alone = step.commands.at(-1) === command;
      yield {
        message: alone
          ? `“cd ${shown(folder)}” has no effect on what comes after this RUN.`
          : `“cd ${shown(folder)}” in RUN does what WORKDIR is there for.`,
        ...(command.name === "cd" ? {} : { aliases: [] }),
        fix: fixOf("Put this before the RUN.", `WORKDIR ${shown(folder)}`),
        ...(alone ? { severity: "warning" as const } : {}),
        ...at(facts.dockerfile, command.range),
      };
    }
  },
});

const shown = (folder: string): string => folder.slice(0, 80);
