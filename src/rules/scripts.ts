import type { ShellCommand } from "../dockerfile/shell.ts";
import type { RunFilesFacts, Script } from "../run-files/facts.ts";

const ENGINE = /^(?:docker|podman|apptainer|singularity|nerdctl)$/;

/** What scripts do with a container engine itself: `podman pull`, `apptainer run`. */
export function* engineCommands(
  facts: RunFilesFacts,
  verbs: RegExp,
): Iterable<{ script: Script; command: ShellCommand; verb: string }> {
  for (const script of facts.scripts) {
    for (const command of script.commands) {
      if (!ENGINE.test(command.name)) continue;
      const words = command.args.map(({ value }) => value).filter((value) => !value.startsWith("-"));
      const verb = /^(?:image|container)$/.test(words[0] ?? "") ? words[1] : words[0];
      if (verb !== undefined && verbs.test(verb)) yield { script, command, verb };
    }
  }
}
