import type { Script } from "../../run-files/facts.ts";
import { at, fixOf, hasOption } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { engineCommands } from "../scripts.ts";

export default defineRule<"run-files">({
  id: "run-without-ces",
  title: "A script runs a container without ces-run",
  category: "directories",
  needs: "run-files",
  severity: "error",
  requirements: ["CES-02"],
  why: "ces-run mounts the data and the output folder. A container that is run directly sees neither, and what it writes is lost with it.",
  fix: "Run with `ces-run`, which mounts the folders.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "in a script for the Safe Haven",
        files: { "run.sh": "ces-pull a b ghcr.io/lab/fit:1\npodman run --rm ghcr.io/lab/fit:1\n" },
        lines: [2],
      },
      {
        title: "as the project manager does it",
        files: { "run.sh": "ces-pull a b ghcr.io/lab/fit:1\npodman run --pull=never ghcr.io/lab/fit:1\n" },
        lines: [2],
      },
      {
        title: "in a script that may be for elsewhere",
        files: { "test.sh": "docker run --rm fit\n" },
        lines: [1],
      },
    ],
    good: [{ title: "ces-run", files: { "run.sh": "ces-run --env-file=run.env ghcr.io/lab/fit:1\n" } }],
  },
  *check(facts) {
    const told = new Set<Script>();
    for (const { script, command, verb } of engineCommands(facts, /^(?:run|exec|create|shell)$/)) {
      if (verb === "exec" && /^(?:docker|podman|nerdctl)$/.test(command.name)) continue;
      if (!script.usesCes && told.has(script)) continue;
      told.add(script);
      // The documents' own example for the Project Manager app runs the image that ces-pull has fetched directly.
      const excepted = hasOption(command, "--pull=never", "--pull", "--no-https") || !script.usesCes;
      yield {
        message: !script.usesCes
          ? `“${command.name} ${verb}” works outside the Safe Haven only.`
          : excepted
            ? `“${command.name} ${verb}” is for the Project Manager app, which mounts the folders itself; elsewhere it sees no data.`
            : `“${command.name} ${verb}” mounts neither the data nor the output folder.`,
        ...(excepted ? { severity: "info" as const } : {}),
        fix: fixOf("Inside the Safe Haven, write this.", "ces-run ghcr.io/<owner>/<name>:<tag>"),
        ...at(script, command.range),
      };
    }
  },
});
