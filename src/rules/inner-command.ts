import type { ShellArgument, ShellCommand } from "../dockerfile/shell.ts";

/** Options of `conda run` and its like that take the next word. */
const WITH_VALUE =
  /^(?:-n|-p|-e|-C|--name|--prefix|--cwd|--environment|--extra|--with|--group|--project|--directory|--manifest-path)$/;
const RUNNERS = /^(?:conda|mamba|micromamba|uv|poetry|pixi|pdm|pipenv|hatch)$/;

const known = new WeakMap<ShellCommand, ShellCommand>();

/** The program that a line runs in the end: `conda run -n job pip install x` and `python -m pip install x` run pip. */
export function innerCommand(command: ShellCommand): ShellCommand {
  const before = known.get(command);
  if (before !== undefined) return before;
  const inner = pastRunners(command);
  known.set(command, inner);
  return inner;
}

function pastRunners(command: ShellCommand): ShellCommand {
  let { name, args } = command;
  for (let turn = 0; turn < 4; turn++) {
    const from = handsOver(name, args);
    if (from === undefined) break;
    const program = args[from]?.value ?? "";
    name = program.slice(program.lastIndexOf("/") + 1);
    args = args.slice(from + 1);
  }
  return args === command.args ? command : { ...command, name, args };
}

/** The index of the word that is the next program, if this one only runs another. */
function handsOver(name: string, args: readonly ShellArgument[]): number | undefined {
  if (RUNNERS.test(name) && args[0]?.value === "run") {
    let index = 1;
    while (index < args.length) {
      const value = args[index]?.value ?? "";
      if (!value.startsWith("-")) return index;
      index += WITH_VALUE.test(value) ? 2 : 1;
      if (value === "--") return index < args.length ? index : undefined;
    }
    return undefined;
  }
  if (/^(?:xvfb-run|nice|ionice|retry|unbuffer|gosu|su-exec|runuser)$/.test(name)) {
    const index = args.findIndex(({ value }) => !value.startsWith("-"));
    return index < 0 ? undefined : name === "gosu" || name === "su-exec" ? index + 1 : index;
  }
  if (/^(?:python[\d.]*|pypy3?)$/.test(name)) {
    const index = args.findIndex(({ value }) => !/^-[BEIOsSuv]+$|^-[WX]/.test(value));
    if (
      args[index]?.value === "-m" &&
      /^(?:pip|pipx|uv|conda|poetry|spacy)$/.test(args[index + 1]?.value ?? "")
    )
      return index + 1;
  }
  return undefined;
}
