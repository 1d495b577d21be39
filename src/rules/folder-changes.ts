import type { ShellCommand } from "../dockerfile/shell.ts";
import { operands } from "./helpers.ts";
import type { RunStep } from "./run-steps.ts";

/** The first `cd` that WORKDIR could take the place of. */
export function needlessChange({ commands }: RunStep): ShellCommand | undefined {
  let changed = false;
  const madeHere: string[] = [];
  for (const command of commands) {
    if (command.name === "cd" || command.name === "pushd") {
      const [folder] = operands(command);
      const own = command.scope === "script" && command.pipe === undefined && !command.condition;
      if (!changed && own && folder !== undefined && isPlain(folder)) {
        // After something else, only a folder that does not come from this RUN can be named before it.
        const leading = madeHere.length === 0;
        const free = leading || (folder.startsWith("/") && !madeHere.some((path) => isRelated(path, folder)));
        const temporary = /^\/(?:tmp|var\/tmp|dev\/shm)(?:\/|$)/.test(folder);
        if (free && !temporary) return command;
      }
      changed = true;
    } else if (command.name !== "set" && command.name !== "") {
      madeHere.push(...command.args.map(({ value }) => value));
      madeHere.push(command.name);
    }
  }
  return undefined;
}

/** Known before the RUN starts: no substitution, no pattern, and nothing that leads elsewhere. */
const isPlain = (folder: string): boolean =>
  !/[`*?]|\$\(|^[~-]|^\.{1,2}(?:\/|$)/.test(folder) && !/^\$(?:OLDPWD|HOME|\{)/.test(folder);

/** `/opt/tool` when something was put into `/opt/tool` or `/opt`, in any way the words show. */
function isRelated(word: string, folder: string): boolean {
  if (word.length > 1000) return true;
  const path = word.slice(word.indexOf("/")).replace(/\/+$/, "");
  return (
    path.length > 1 &&
    word.includes("/") &&
    !word.includes("://") &&
    (folder.startsWith(path) || path.startsWith(folder))
  );
}
