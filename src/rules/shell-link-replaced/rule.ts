import { at, fixOf, operands } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { runSteps } from "../run-steps.ts";

export default defineRule<"dockerfile">({
  id: "shell-link-replaced",
  title: "The system's shell is replaced by another one",
  category: "style",
  needs: "dockerfile",
  severity: "warning",
  mentions: ["bin/sh"],
  requirements: [],
  why: "Programs of the base image were tested with the /bin/sh that it came with. SHELL gives the next RUN another shell and leaves the system as it is.",
  fix: 'Choose the shell of RUN with SHELL: `SHELL ["/bin/bash", "-c"]`.',
  aliases: ["hadolint:DL4005"],
  examples: {
    bad: [
      { title: "a link", dockerfile: "FROM ubuntu:24.04\nRUN ln -sf /bin/bash /bin/sh\n", lines: [2] },
      {
        title: "written in other ways",
        dockerfile:
          "FROM x\nRUN ln -sfv /bin/bash /bin/sh\nRUN rm /bin/sh && \\\n    ln -s /bin/bash /bin/sh\n",
        lines: [2, 4],
      },
      { title: "a copy", dockerfile: "FROM x\nRUN cp /bin/bash /usr/bin/sh\n", lines: [2] },
      { title: "for a later build", dockerfile: "FROM x\nONBUILD RUN ln -sf bash /bin/sh\n", lines: [2] },
    ],
    good: [
      { title: "SHELL", dockerfile: 'FROM x\nSHELL ["/bin/bash", "-c"]\nRUN ln -s /opt/a /usr/bin/a\n' },
      { title: "a link to the shell", dockerfile: "FROM x\nRUN ln -s /bin/sh /opt/sh\n" },
    ],
  },
  *check(facts) {
    for (const { commands } of runSteps(facts)) {
      for (const command of commands) {
        if (!/^(?:ln|cp|mv)$/.test(command.name)) continue;
        const [source = "", ...rest] = operands(command);
        const target = rest.at(-1);
        if (target === undefined || !/^\/(?:usr\/)?bin\/sh$/.test(target)) continue;
        yield {
          ...(command.name === "ln" ? {} : { aliases: [] }),
          message: `“${command.name}” puts another program in the place of ${target}.`,
          fix: fixOf(
            "Choose the shell for RUN, and leave the system's own alone.",
            `SHELL ["${source.startsWith("/") ? source.slice(0, 60) : "/bin/bash"}", "-c"]`,
          ),
          ...at(facts.dockerfile, command.range),
        };
      }
    }
  },
});
