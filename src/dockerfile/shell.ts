import {
  type AndOr,
  type Assignment,
  type Command,
  forEachChild,
  type Pipeline,
  type Redirected,
  type Redirection,
  type Statement,
  type SyntaxNode,
  type Word,
} from "unbash";
import type { Heredoc, Instruction, Position, Range } from "./model.ts";
import { lineLocator } from "./positions.ts";
import { parseScript } from "./shell-tree.ts";

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
  /** The word that names the program; undefined where there is only an assignment or a redirection. */
  readonly program: ShellArgument | undefined;
  /** Programs in front of it that only start it: `sudo`, `env`, `time`. */
  readonly wrappers: readonly string[];
  /** The innermost pipe that the command is a part of. */
  readonly pipe: ShellPipe | undefined;
  /** What `&&` and `||` join it with. */
  readonly list: ShellList;
  readonly scope: ShellScope;
  /** True where a failure only decides what runs next: `if a`, `while a`, `! a`, `a || b`. */
  readonly condition: boolean;
  /** False where the places are those of something around it (exec form, `sh -c "..."`), so that nothing may be edited. */
  readonly exact: boolean;
}

/** How far from the script itself a command stands; the outermost that matters counts. */
export type ShellScope = "script" | "branch" | "function" | "subshell" | "substitution";
const SCOPES: readonly ShellScope[] = ["script", "branch", "function", "subshell", "substitution"];

/** `a | b`. */
export interface ShellPipe {
  readonly range: Range;
  /** How many commands the pipe joins. */
  readonly length: number;
  /** Which of them this is, from 0. */
  readonly index: number;
  /** The same for all parts of one pipe, and different from any other's. */
  readonly id: number;
}

/** `a && b || c`, down to a single command; `a; b` are two lists. */
export interface ShellList {
  readonly range: Range;
  readonly operators: readonly string[];
  /** `a &`. */
  readonly background: boolean;
  /** The same for all parts of one list. */
  readonly id: number;
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

/** The commands of a script that stands in a file of its own, or of a text whose first line is `firstLine`. */
export const scriptCommands = (text: string, firstLine = 1): readonly ShellCommand[] =>
  walkScript(text, lineLocator(text, firstLine), true);

const SHELL_PROGRAM = /^(?:ba|da|k|z|a)?sh$/;

function readCommands(instruction: Instruction): readonly ShellCommand[] {
  if (instruction.exec !== undefined) return execCommand(instruction, instruction.exec);
  // `RUN <<EOF` hands the body itself to the shell; `RUN cat <<EOF` gives it to cat as input.
  const script = instruction.heredocs.find(() => instruction.words[0]?.raw.startsWith("<<") === true);
  if (script !== undefined) {
    if (script.body.startsWith("#!") && !/^#!\s*\S*(?:sh|env\s+\S*sh)\b/.test(script.body.slice(0, 200)))
      return [];
    return heredocCommands(instruction, script);
  }
  const commands = walkScript(instruction.text, instruction.positionAt, true);
  const [input] = instruction.heredocs;
  const [first] = commands;
  if (input !== undefined && first !== undefined && readsScript(first))
    commands.push(...heredocCommands(instruction, input));
  // What starts a container is looked at as it is written.
  return instruction.keyword === "RUN" ? withInnerScripts(commands) : commands;
}

/** `bash <<EOF` and `bash -e -s <<EOF`. */
const readsScript = (command: ShellCommand): boolean =>
  SHELL_PROGRAM.test(command.name) &&
  command.args.every(({ value }) => value.startsWith("-") || value.startsWith("<<"));

function heredocCommands(instruction: Instruction, heredoc: Heredoc): ShellCommand[] {
  // `<<-` takes tabs off, so columns are those of the text without them.
  const exact = !instruction.words.some(({ raw }) => /^\d*<<-/.test(raw));
  return walkScript(heredoc.body, lineLocator(heredoc.body, heredoc.startLine), exact);
}

/** Scripts in scripts go no deeper than this: each is at least two quotes shorter, but nobody writes three. */
const DEEPEST_SCRIPT = 3;

/** Adds what `sh -c "..."` runs right after it. */
function withInnerScripts(commands: readonly ShellCommand[], depth = 0): readonly ShellCommand[] {
  if (depth >= DEEPEST_SCRIPT || !commands.some(isInnerScript)) return commands;
  return commands.flatMap((command, index) => {
    if (!isInnerScript(command)) return [command];
    const option = command.args.findIndex(({ value }) => SCRIPT_OPTION.test(value));
    const script = command.args[option + 1];
    if (script === undefined) return [command];
    // In double quotes the outer shell runs what is in `$(...)`, and it is on the list already.
    const next = commands[index + 1];
    const expanded = next?.scope === "substitution" && isInside(next.range, script.range);
    const inner = walkScript(script.value, () => script.range.start, false)
      .filter(
        ({ scope, program }) =>
          !expanded || (scope !== "substitution" && !/^(?:\$\(|`)/.test(program?.value ?? "")),
      )
      .map((one) => ({ ...one, range: script.range, scope: "subshell" as const }));
    return [command, ...withInnerScripts(inner, depth + 1)];
  });
}

const isInside = (inner: Range, outer: Range): boolean =>
  !isBefore(inner.start, outer.start) && !isBefore(outer.end, inner.end);

const isBefore = (a: Position, b: Position): boolean =>
  a.line < b.line || (a.line === b.line && a.column < b.column);

const SCRIPT_OPTION = /^-[a-z]*c$/;
const isInnerScript = (command: ShellCommand): boolean =>
  SHELL_PROGRAM.test(command.name) && command.args.some(({ value }) => SCRIPT_OPTION.test(value));

/** Exec form runs one program; `["sh", "-c", "..."]` runs a script whose places we cannot tell apart. */
function execCommand(instruction: Instruction, argv: readonly string[]): readonly ShellCommand[] {
  const [program, option, script] = argv;
  if (program === undefined) return [];
  const range = instruction.range;
  if (SHELL_PROGRAM.test(baseName(program)) && /^-\w*c$/.test(option ?? "") && script !== undefined) {
    return walkScript(script, () => instruction.positionAt(0), false).map((command) => ({
      ...command,
      range,
    }));
  }
  const words = argv.map((value) => ({ value, range }));
  const assignments = new Map<string, string>();
  const skipped = wrapperLength(words, assignments);
  return [
    {
      name: baseName(words[skipped]?.value ?? ""),
      args: words.slice(skipped + 1),
      assignments,
      writesTo: [],
      range,
      piped: false,
      program: words[skipped],
      wrappers: wrappersIn(words.slice(0, skipped)),
      pipe: undefined,
      list: { range, operators: [], background: false, id: 0 },
      scope: "script",
      condition: false,
      exact: false,
    },
  ];
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** What holds for everything below a node of the tree. */
interface Surroundings {
  readonly pipe: ShellPipe | undefined;
  readonly piped: boolean;
  readonly list: ShellList;
  readonly scope: ShellScope;
  readonly condition: boolean;
  readonly exact: boolean;
}

const SCOPE_OF: Partial<Readonly<Record<SyntaxNode["type"], ShellScope>>> = {
  If: "branch",
  For: "branch",
  ArithmeticFor: "branch",
  Select: "branch",
  While: "branch",
  Case: "branch",
  BraceGroup: "branch",
  Function: "function",
  Coproc: "subshell",
  Subshell: "subshell",
  CommandExpansion: "substitution",
  ProcessSubstitution: "substitution",
  ArithmeticCommandExpansion: "substitution",
};

const NONE: readonly string[] = [];
const NO_ASSIGNMENTS: ReadonlyMap<string, string> = new Map();

type Locator = (offset: number) => Position;

/** A part of the script whose place is worked out when it is asked for: few rules do. */
class Span implements Range {
  readonly #at: Locator;
  readonly #from: number;
  readonly #to: number;

  constructor(at: Locator, node: { readonly pos: number; readonly end: number }) {
    this.#at = at;
    this.#from = node.pos;
    this.#to = node.end;
  }

  get start(): Position {
    return this.#at(this.#from);
  }

  get end(): Position {
    const last = this.#at(Math.max(this.#from, this.#to - 1));
    return { line: last.line, column: last.column + 1 };
  }
}

const farther = (scope: ShellScope, other: ShellScope): ShellScope =>
  SCOPES.indexOf(other) > SCOPES.indexOf(scope) ? other : scope;

/** A word without any of these holds no command. */
const MAY_HOLD_COMMANDS = /[$`]|[<>]\(/;

/** All simple commands of a script; none where it opens brackets or heredocs beyond all reason. */
function walkScript(text: string, at: Locator, exact: boolean): ShellCommand[] {
  const found: ShellCommand[] = [];
  const tree = parseScript(text);
  if (tree === undefined) return found;
  let ids = 0;
  // An explicit stack: nesting in hostile scripts must not become our own recursion.
  const nodes: SyntaxNode[] = [];
  const surroundings: Surroundings[] = [];
  const push = (node: SyntaxNode, around: Surroundings): void => {
    if ((node.type === "Word" || node.type === "Assignment") && !MAY_HOLD_COMMANDS.test(node.text)) return;
    nodes.push(node);
    surroundings.push(around);
  };
  push(tree, {
    pipe: undefined,
    piped: false,
    list: {
      range: new Span(at, { pos: 0, end: text.length }),
      operators: NONE,
      background: false,
      id: 0,
    },
    scope: "script",
    condition: false,
    exact,
  });
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    let around = surroundings.pop() as Surroundings;
    const { type } = node;
    if (type === "Command") {
      const command = toCommand(node, at, around);
      if (command !== undefined) found.push(command);
    } else if (type === "Redirected") {
      addRedirects(node, found, at, around);
    } else if (type === "Statement") {
      around = { ...around, list: listOf(node, at, ++ids) };
    } else if (type === "Script" && node.source !== undefined) {
      // Places inside escaped backticks count in a text of their own.
      around = { ...around, exact: false };
    }
    const scope = SCOPE_OF[type];
    if (scope !== undefined) around = { ...around, scope: farther(around.scope, scope) };
    if (type === "Pipeline" || type === "AndOr") {
      const commands: readonly SyntaxNode[] = node.commands;
      const parts = partsOf(node, around, at, ++ids);
      for (let index = commands.length - 1; index >= 0; index--)
        push(commands[index] as SyntaxNode, parts[index] ?? around);
      continue;
    }
    const decides = "clause" in node ? node.clause : undefined;
    const below = around;
    const first = nodes.length;
    forEachChild(node, (child) => {
      push(child, child === decides ? { ...below, condition: true } : below);
    });
    // The last one pushed is the next one looked at.
    if (nodes.length - first > 1) {
      reverseFrom(nodes, first);
      reverseFrom(surroundings, first);
    }
  }
  return found;
}

function reverseFrom(list: unknown[], first: number): void {
  for (let low = first, high = list.length - 1; low < high; low++, high--) {
    const other = list[low];
    list[low] = list[high];
    list[high] = other;
  }
}

function listOf({ command, background }: Statement, at: Locator, id: number): ShellList {
  return {
    // The statement may take in a `;` or `&`; what can be continued is the command.
    range: new Span(at, command),
    operators: command.type === "AndOr" ? command.operators : NONE,
    background: background === true,
    id,
  };
}

/** What the others mean for each part of `a | b` and of `a && b || c`. */
function partsOf(node: Pipeline | AndOr, around: Surroundings, at: Locator, id: number): Surroundings[] {
  const { length } = node.commands;
  const isPipe = node.type === "Pipeline" && length > 1;
  const negated = node.type === "Pipeline" && node.prefixes.some(({ type }) => type === "Negation");
  const lastOr = node.type === "AndOr" ? node.operators.lastIndexOf("||") : -1;
  const range = new Span(at, node);
  return Array.from({ length }, (_, index) => {
    const condition = around.condition || negated || index <= lastOr;
    if (!isPipe && condition === around.condition) return around;
    const pipe = isPipe ? { range, length, index, id } : around.pipe;
    return { ...around, condition, pipe, piped: around.piped || isPipe };
  });
}

/** Redirections on a group or loop count as a command without a name, so that what they write is not lost. */
function addRedirects(
  { redirects }: Redirected,
  found: ShellCommand[],
  at: Locator,
  around: Surroundings,
): void {
  const writesTo = writeTargets(redirects, at);
  const [first] = writesTo;
  if (first === undefined) return;
  found.push({ ...NAMELESS, writesTo, range: first.range, ...around, piped: false, pipe: undefined });
}

function writeTargets(redirects: readonly Redirection[], at: Locator): readonly ShellArgument[] {
  if (redirects.length === 0) return NO_ARGUMENTS;
  return redirects.flatMap(({ operator, ...redirect }) =>
    operator.includes(">") && operator !== ">&" && "target" in redirect && redirect.target !== undefined
      ? [argument(redirect.target, at)]
      : [],
  );
}

/** `NAME=value` behind the program is a word like any other. */
const argument = (word: Word | Assignment, at: Locator): ShellArgument => ({
  value: word.type === "Word" ? word.value : word.text,
  range: new Span(at, word),
});

function toCommand(node: Command, at: Locator, around: Surroundings): ShellCommand | undefined {
  const given = node.prefix.length > 0 ? new Map<string, string>() : undefined;
  for (const prefix of node.prefix) {
    if (prefix.type === "Assignment")
      given?.set(prefix.name, prefix.value.type === "Word" ? prefix.value.value : "");
  }
  const writesTo = writeTargets(node.redirects, at);
  const words = node.args.map((word) => argument(word, at));
  const range = new Span(at, node);
  if (node.name === undefined) {
    if (writesTo.length === 0 && (given?.size ?? 0) === 0) return undefined;
    const assignments = given ?? NO_ASSIGNMENTS;
    return { ...NAMELESS, args: words, assignments, writesTo, range, ...around };
  }
  const first = argument(node.name, at);
  const name = baseName(first.value);
  let program: ShellArgument | undefined = first;
  let args: readonly ShellArgument[] = words;
  let wrappers = NONE;
  let assignments: ReadonlyMap<string, string> = given ?? NO_ASSIGNMENTS;
  if (WRAPPERS.has(name)) {
    const all = [first, ...words];
    const own = given ?? new Map<string, string>();
    const skipped = wrapperLength(all, own);
    assignments = own;
    program = all[skipped];
    args = all.slice(skipped + 1);
    wrappers = wrappersIn(all.slice(0, skipped));
  }
  return {
    name: baseName(program?.value ?? ""),
    args,
    assignments,
    writesTo,
    range,
    program,
    wrappers,
    pipe: around.pipe,
    piped: around.piped,
    list: around.list,
    scope: around.scope,
    condition: around.condition,
    exact: around.exact,
  };
}

const NO_ARGUMENTS: readonly ShellArgument[] = [];
const NAMELESS = {
  name: "",
  args: NO_ARGUMENTS,
  assignments: NO_ASSIGNMENTS,
  program: undefined,
  wrappers: NONE,
};

const WRAPPERS: ReadonlySet<string> = new Set("env exec command time nice nohup sudo eatmydata".split(" "));

const wrappersIn = (words: readonly ShellArgument[]): readonly string[] =>
  words.length === 0 ? NONE : words.map(({ value }) => baseName(value)).filter((name) => WRAPPERS.has(name));

/** How many words before the real program belong to `env A=b`, `exec`, `time`, `nice`, `sudo -E`, ... */
function wrapperLength(words: readonly ShellArgument[], assignments: Map<string, string>): number {
  let index = 0;
  for (;;) {
    const name = baseName(words[index]?.value ?? "");
    if (!WRAPPERS.has(name)) return index;
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
