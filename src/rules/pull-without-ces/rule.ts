import type { Script } from "../../run-files/facts.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { engineCommands } from "../scripts.ts";

export default defineRule<"run-files">({
  id: "pull-without-ces",
  title: "A script pulls an image without ces-pull",
  category: "offline",
  needs: "run-files",
  severity: "error",
  requirements: ["REG-04"],
  why: "Inside the Safe Haven images come through a proxy that only ces-pull can use: any other pull waits for a network that is not there.",
  fix: "Pull with `ces-pull`, which knows the proxy.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "in a script for the Safe Haven",
        files: { "run.sh": "#!/bin/sh\npodman pull ghcr.io/lab/fit:1\nces-run ghcr.io/lab/fit:1\n" },
        lines: [2],
      },
      {
        title: "in a script that may be for elsewhere",
        files: { Makefile: "all:\n\t@docker pull ghcr.io/lab/fit:1\n" },
        lines: [2],
      },
    ],
    good: [{ title: "ces-pull", files: { "run.sh": 'ces-pull "$USER" "$TOKEN" ghcr.io/lab/fit:1\n' } }],
  },
  *check(facts) {
    const told = new Set<Script>();
    for (const { script, command, verb } of engineCommands(facts, /^pull$/)) {
      if (!script.usesCes && told.has(script)) continue;
      told.add(script);
      yield {
        message: script.usesCes
          ? `“${command.name} ${verb}” cannot use the proxy that images come through.`
          : `“${command.name} ${verb}” works outside the Safe Haven only.`,
        ...(script.usesCes ? {} : { severity: "info" as const }),
        fix: fixOf(
          "Inside the Safe Haven, write this.",
          "ces-pull <github user> <token> ghcr.io/<owner>/<name>:<tag>",
        ),
        ...at(script, command.range),
      };
    }
  },
});
