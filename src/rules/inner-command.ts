import { oncePerCommand, type ParsedCommand, type ShellCommand } from "../dockerfile/shell.ts";

/** Options of `conda run` and its like that take the next word. */
const WITH_VALUE =
  /^(?:-n|-p|-e|-C|--name|--prefix|--cwd|--environment|--extra|--with|--group|--project|--directory|--manifest-path)$/;
const RUNNERS = /^(?:conda|mamba|micromamba|uv|poetry|pixi|pdm|pipenv|hatch)$/;

/** The program that a line runs in the end: `conda run -n job pip install x` and `python -m pip install x` run pip. */
export const innerCommand = (command: ShellCommand): ShellCommand => command.as(pastRunners(command.parsed));

const pastRunners = oncePerCommand((command): ParsedCommand => {
  let { name, values } = command;
  let skipped = 0;
  for (let turn = 0; turn < 4; turn++) {
    const from = handsOver(name, values);
    if (from === undefined) break;
    const program = values[from] ?? "";
    name = program.slice(program.lastIndexOf("/") + 1);
    values = values.slice(from + 1);
    skipped += from + 1;
  }
  return skipped === 0
    ? command
    : { ...command, name, values, words: command.words.slice(skipped), kept: [] };
});

/** The index of the word that is the next program, if this one only runs another. */
function handsOver(name: string, args: readonly string[]): number | undefined {
  if (RUNNERS.test(name) && args[0] === "run") {
    let index = 1;
    while (index < args.length) {
      const value = args[index] ?? "";
      if (!value.startsWith("-")) return index;
      index += WITH_VALUE.test(value) ? 2 : 1;
      if (value === "--") return index < args.length ? index : undefined;
    }
    return undefined;
  }
  if (/^(?:xvfb-run|nice|ionice|retry|unbuffer|gosu|su-exec|runuser)$/.test(name)) {
    const index = args.findIndex((value) => !value.startsWith("-"));
    return index < 0 ? undefined : name === "gosu" || name === "su-exec" ? index + 1 : index;
  }
  if (/^(?:python[\d.]*|pypy3?)$/.test(name)) {
    const index = args.findIndex((value) => !/^-[BEIOsSuv]+$|^-[WX]/.test(value));
    if (args[index] === "-m" && /^(?:pip|pipx|uv|conda|poetry|spacy)$/.test(args[index + 1] ?? ""))
      return index + 1;
  }
  return undefined;
}
