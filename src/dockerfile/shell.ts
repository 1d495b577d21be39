import { parse } from "unbash";
import type { Instruction, Position, Range } from "./model.ts";
import { locate, type Segment } from "./positions.ts";

/** One simple command of a RUN (or of a shell-form CMD, ENTRYPOINT or HEALTHCHECK). */
export interface ShellCommand {
  /** Base name of the program, without `sudo`, `env` and assignments before it: `apt-get`. */
  readonly name: string;
  readonly args: readonly ShellArgument[];
  /** `NAME=value` before the command. */
  readonly assignments: ReadonlyMap<string, string>;
  /** Files that `>` and `>>` write to. */
  readonly writesTo: readonly ShellArgument[];
  readonly range: Range;
  /** True for a stage of `a | b`. */
  readonly piped: boolean;
}

export interface ShellArgument {
  /** Quotes removed, variables left in place. */
  readonly value: string;
  readonly range: Range;
}

const cache = new WeakMap<Instruction, readonly ShellCommand[]>();

/** All simple commands of an instruction in the order they stand, those in `$(...)`, loops and branches included. */
export function shellCommands(instruction: Instruction): readonly ShellCommand[] {
  const known = cache.get(instruction);
  if (known !== undefined) return known;
  const commands = readCommands(instruction);
  cache.set(instruction, commands);
  return commands;
}

function readCommands(instruction: Instruction): readonly ShellCommand[] {
  if (instruction.exec !== undefined) return execCommand(instruction, instruction.exec);
  // `RUN <<EOF` hands the body itself to the shell; `RUN cat <<EOF` gives it to cat as input.
  const script = instruction.heredocs.find(() => instruction.words[0]?.raw.startsWith("<<") === true);
  if (script !== undefined) {
    if (script.body.startsWith("#!") && !/^#!\s*\S*(?:sh|env\s+\S*sh)\b/.test(script.body.slice(0, 200)))
      return [];
    return walkScript(script.body, lineLocator(script.body, script.startLine));
  }
  return walkScript(instruction.text, instruction.positionAt);
}

/** Exec form runs one program; `["sh", "-c", "..."]` runs a script whose places we cannot tell apart. */
function execCommand(instruction: Instruction, argv: readonly string[]): readonly ShellCommand[] {
  const [program, option, script] = argv;
  if (program === undefined) return [];
  const range = instruction.range;
  if (/(?:^|\/)(?:ba|da|k|z|a)?sh$/.test(program) && /^-\w*c$/.test(option ?? "") && script !== undefined) {
    return walkScript(script, () => instruction.positionAt(0)).map((command) => ({ ...command, range }));
  }
  return [
    {
      name: baseName(program),
      args: argv.slice(1).map((value) => ({ value, range })),
      assignments: new Map(),
      writesTo: [],
      range,
      piped: false,
    },
  ];
}

function lineLocator(text: string, firstLine: number): (offset: number) => Position {
  const segments: Segment[] = [{ offset: 0, line: firstLine, column: 1 }];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    segments.push({ offset: at + 1, line: firstLine + segments.length, column: 1 });
  }
  return (offset) => locate(segments, offset);
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** The parts of unbash's tree that the walk reads; every node is one of these or is walked through. */
interface Node {
  readonly type?: string;
  readonly pos?: number;
  readonly end?: number;
}
interface WordNode extends Node {
  readonly value: string;
  readonly pos: number;
  readonly end: number;
}
interface CommandNode extends Node {
  readonly pos: number;
  readonly end: number;
  readonly name?: WordNode;
  readonly prefix: readonly (Node & {
    readonly name?: string;
    readonly value?: Node & { readonly value?: string };
  })[];
  readonly suffix: readonly (WordNode & { readonly text?: string })[];
  readonly redirects?: readonly (Node & { readonly operator?: string; readonly target?: WordNode })[];
}

function walkScript(text: string, at: (offset: number) => Position): ShellCommand[] {
  const found: ShellCommand[] = [];
  const rangeOf = (pos: number, end: number): Range => {
    const last = at(Math.max(pos, end - 1));
    return { start: at(pos), end: { line: last.line, column: last.column + 1 } };
  };
  const argument = (word: { value?: unknown; text?: unknown; pos: number; end: number }): ShellArgument => ({
    value: typeof word.value === "string" ? word.value : String(word.text ?? ""),
    range: rangeOf(word.pos, word.end),
  });

  // An explicit stack: nesting in hostile scripts must not become our own recursion.
  const stack: { node: unknown; piped: boolean }[] = [{ node: parse(text), piped: false }];
  while (stack.length > 0) {
    const top = stack.pop();
    if (top === undefined) break;
    const { node } = top;
    if (Array.isArray(node)) {
      for (let i = node.length - 1; i >= 0; i--) stack.push({ node: node[i], piped: top.piped });
      continue;
    }
    if (typeof node !== "object" || node === null) continue;
    const piped = top.piped || (isNode(node) && node.type === "Pipeline" && pipelineLength(node) > 1);
    if (isNode(node) && node.type === "Command") {
      const command = toCommand(node as CommandNode, argument, rangeOf, top.piped);
      if (command !== undefined) found.push(command);
    }
    if (isNode(node) && node.type === "Redirected") addRedirects(node, found, argument);
    for (const value of children(node)) {
      if (typeof value === "object" && value !== null) stack.push({ node: value, piped });
    }
  }
  return found;
}

/** A node's parts, last first. unbash works some of them out only when they are asked for, by accessors. */
function children(node: object): unknown[] {
  const own = Object.values(node).reverse();
  for (const name of ["parts", "script", "value", "operation", "expression"]) {
    if (!Object.hasOwn(node, name) && name in node) own.unshift((node as Record<string, unknown>)[name]);
  }
  return own;
}

const isNode = (value: object): value is Node => "type" in value;

const pipelineLength = (node: Node): number =>
  "commands" in node && Array.isArray(node.commands) ? node.commands.length : 0;

/** Redirections on a group or loop count as a command without a name, so that what they write is not lost. */
function addRedirects(node: Node, found: ShellCommand[], argument: (word: WordNode) => ShellArgument): void {
  if (!("redirects" in node) || !Array.isArray(node.redirects)) return;
  const writesTo = writeTargets(node.redirects, argument);
  const [first] = writesTo;
  if (first === undefined) return;
  found.push({ name: "", args: [], assignments: new Map(), writesTo, range: first.range, piped: false });
}

function writeTargets(
  redirects: readonly (Node & { readonly operator?: string; readonly target?: WordNode })[],
  argument: (word: WordNode) => ShellArgument,
): ShellArgument[] {
  return redirects.flatMap((redirect) =>
    redirect.operator?.includes(">") === true && redirect.operator !== ">&" && redirect.target !== undefined
      ? [argument(redirect.target)]
      : [],
  );
}

function toCommand(
  node: CommandNode,
  argument: (word: WordNode & { text?: string }) => ShellArgument,
  rangeOf: (pos: number, end: number) => Range,
  piped: boolean,
): ShellCommand | undefined {
  const assignments = new Map<string, string>();
  for (const prefix of node.prefix) {
    if (prefix.type === "Assignment" && prefix.name !== undefined) {
      assignments.set(prefix.name, prefix.value?.value ?? "");
    }
  }
  const redirects = node.redirects ?? node.suffix.filter((part) => part.type === "Redirect");
  const words = node.suffix
    .filter((part) => part.type === "Word" || part.type === "Assignment")
    .map(argument);
  const writesTo = writeTargets(redirects, argument);
  if (node.name === undefined) {
    if (writesTo.length === 0 && assignments.size === 0) return undefined;
    return { name: "", args: words, assignments, writesTo, range: rangeOf(node.pos, node.end), piped };
  }
  const all = [argument(node.name), ...words];
  const skipped = wrapperLength(all, assignments);
  const [program, ...args] = all.slice(skipped);
  return {
    name: baseName(program?.value ?? ""),
    args,
    assignments,
    writesTo,
    range: rangeOf(node.pos, node.end),
    piped,
  };
}

/** How many words before the real program belong to `env A=b`, `exec`, `time`, `nice`, `sudo -E`, ... */
function wrapperLength(words: readonly ShellArgument[], assignments: Map<string, string>): number {
  let index = 0;
  for (;;) {
    const name = baseName(words[index]?.value ?? "");
    if (!["env", "exec", "command", "time", "nice", "nohup", "sudo", "eatmydata"].includes(name))
      return index;
    let next = index + 1;
    while (next < words.length) {
      const value = words[next]?.value ?? "";
      const equals = value.indexOf("=");
      if (name === "env" && equals > 0 && !value.startsWith("-")) {
        assignments.set(value.slice(0, equals), value.slice(equals + 1));
      } else if (!value.startsWith("-")) {
        break;
      }
      next++;
    }
    if (next >= words.length) return index;
    index = next;
  }
}
