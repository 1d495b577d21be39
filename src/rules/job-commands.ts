import type { Range } from "../dockerfile/model.ts";
import { scriptCommands } from "../dockerfile/shell.ts";
import type { JobFacts } from "../job/facts.ts";
import { type Container, containersOf, listIn, type Pod, textOf } from "./jobs.ts";

/** One command that a container of a job runs. */
export interface JobCommand {
  readonly container: Container;
  /** Program, without wrappers such as `exec`, and its arguments. */
  readonly words: readonly string[];
  readonly range: Range;
}

/** The commands that `command` and `args` of each container run, those of a script given to a shell one by one. */
export function jobCommands(facts: JobFacts, pod: Pod): JobCommand[] {
  return containersOf(pod).flatMap((container) => {
    const given = (["command", "args"] as const).flatMap((field) =>
      listIn(container.spec[field]).map((word, index) => ({
        text: textOf(word) ?? "",
        path: [...container.path, field, index],
      })),
    );
    const [first] = given;
    if (first === undefined) return [];
    const option = given.findIndex(({ text }) => /^-[a-z]*c$/.test(text));
    const script = given[option + 1];
    const isShell = /(?:^|\/)(?:ba|da|k|z|a)?sh$/.test(first.text);
    if (!isShell || option < 1 || script === undefined) {
      const range = pod.document.rangeOf(first.path);
      return [{ container, words: given.map(({ text }) => text), range }];
    }
    const start = pod.document.rangeOf(script.path);
    return commandsOf(script.text).map(({ name, args, range }) => ({
      container,
      words: [name, ...args.map(({ value }) => value)],
      range: placed(facts, start, range),
    }));
  });
}

function commandsOf(script: string) {
  try {
    return scriptCommands(script.slice(0, 200_000));
  } catch {
    // What the shell's parser cannot take is not a script that we can speak about.
    return [];
  }
}

/** A place inside a literal block (`|`) is known; inside any other text it is that of the text. */
function placed(facts: JobFacts, start: Range, inside: Range): Range {
  const header = (facts.lines[start.start.line - 1] ?? "").slice(start.start.column - 1);
  if (!header.startsWith("|")) return start;
  const first = facts.lines.slice(start.start.line).find((line) => line.trim() !== "") ?? "";
  const indent = first.length - first.trimStart().length;
  const line = start.start.line + inside.start.line;
  const length = (facts.lines[line - 1] ?? "").length;
  const from = Math.min(indent + inside.start.column, Math.max(1, length));
  const to = inside.end.line === inside.start.line ? indent + inside.end.column : length + 1;
  return { start: { line, column: from }, end: { line, column: Math.max(from + 1, to) } };
}
