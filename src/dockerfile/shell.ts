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
import { type Keeper, onceFor, remembered } from "../remember.ts";
import { type Heredoc, type Instruction, oncePerInstruction, type Position, type Range } from "./model.ts";
import { lineLocator } from "./positions.ts";
import { parseScript } from "./shell-tree.ts";

/** One simple command of a RUN (or of a shell-form CMD, ENTRYPOINT or HEALTHCHECK). */
export interface ShellCommand {
  /** Base name of the program, without `sudo`, `env` and assignments before it: `apt-get`. */
  readonly name: string;
  readonly args: readonly ShellArgument[];
  /** Values of the arguments. */
  readonly values: readonly string[];
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
  /** What it is wherever it stands: what hangs on nothing else is worked out of this, once for many files. */
  readonly parsed: ParsedCommand;
  /** The same place with another program in it. */
  as(parsed: ParsedCommand): ShellCommand;
}

/** A command without its place. The same text is parsed once, in however many files it stands. */
export interface ParsedCommand extends Keeper, Span {
  readonly name: string;
  /** Values of the arguments. */
  readonly values: readonly string[];
  readonly words: readonly ParsedWord[];
  readonly assignments: ReadonlyMap<string, string>;
  readonly writesTo: readonly ParsedWord[];
  readonly program: ParsedWord | undefined;
  readonly wrappers: readonly string[];
  readonly around: Surroundings;
}

/** Offsets in the script. */
interface Span {
  readonly pos: number;
  readonly end: number;
}

export interface ParsedWord extends Span {
  readonly value: string;
}

/** Makes functions that do their work once for each parsed command: they may look at nothing else. */
export const oncePerCommand = onceFor<ParsedCommand>();

/** Names whose answers are held: files of a folder start the same programs again and again. */
const MOST_PROGRAMS = 1000;

/** A function of a program's name that does its work once for each name: most tables of programs have many patterns. */
export const oncePerProgram = <T>(make: (name: string) => T): ((name: string) => T) =>
  remembered(MOST_PROGRAMS, make);

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

/** All simple commands of an instruction in the order they stand, those in `$(...)`, loops and branches included. */
export const shellCommands = oncePerInstruction(readCommands);

/** The commands of a script that stands in a file of its own, or of a text whose first line is `firstLine`. */
export const scriptCommands = (text: string, firstLine = 1): readonly ShellCommand[] =>
  placed(text, { at: lineLocator(text, firstLine), exact: true });

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
  const commands = placed(instruction.text, {
    at: (offset) => instruction.positionAt(offset),
    exact: true,
  });
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
  command.values.every((value) => value.startsWith("-") || value.startsWith("<<"));

function heredocCommands(instruction: Instruction, heredoc: Heredoc): ShellCommand[] {
  // `<<-` takes tabs off, so columns are those of the text without them.
  const exact = !instruction.words.some(({ raw }) => /^\d*<<-/.test(raw));
  return placed(heredoc.body, { at: lineLocator(heredoc.body, heredoc.startLine), exact });
}

/** Scripts in scripts go no deeper than this: each is at least two quotes shorter, but nobody writes three. */
const DEEPEST_SCRIPT = 3;

/** Adds what `sh -c "..."` runs right after it. */
function withInnerScripts(commands: readonly ShellCommand[], depth = 0): readonly ShellCommand[] {
  if (depth >= DEEPEST_SCRIPT || !commands.some(isInnerScript)) return commands;
  return commands.flatMap((command, index) => {
    if (!isInnerScript(command)) return [command];
    const option = command.values.findIndex((value) => SCRIPT_OPTION.test(value));
    const script = command.args[option + 1];
    if (script === undefined) return [command];
    // In double quotes the outer shell runs what is in `$(...)`, and it is on the list already.
    const next = commands[index + 1];
    const expanded = next?.scope === "substitution" && isInside(next.range, script.range);
    const { range } = script;
    const inner = commandsIn(script.value)
      .filter(
        ({ around, program }) =>
          !expanded || (around.scope !== "substitution" && !/^(?:\$\(|`)/.test(program?.value ?? "")),
      )
      .map(
        (one) => new PlacedCommand(one, { at: () => range.start, exact: false, range, scope: "subshell" }),
      );
    return [command, ...withInnerScripts(inner, depth + 1)];
  });
}

const isInside = (inner: Range, outer: Range): boolean =>
  !isBefore(inner.start, outer.start) && !isBefore(outer.end, inner.end);

const isBefore = (a: Position, b: Position): boolean =>
  a.line < b.line || (a.line === b.line && a.column < b.column);

const SCRIPT_OPTION = /^-[a-z]*c$/;
const isInnerScript = (command: ShellCommand): boolean =>
  SHELL_PROGRAM.test(command.name) && command.values.some((value) => SCRIPT_OPTION.test(value));

/** Exec form runs one program; `["sh", "-c", "..."]` runs a script whose places we cannot tell apart. */
export function execCommand(instruction: Instruction, argv: readonly string[]): readonly ShellCommand[] {
  const [program, option, script] = argv;
  if (program === undefined) return [];
  const { range } = instruction;
  const at = (): Position => instruction.positionAt(0);
  if (SHELL_PROGRAM.test(baseName(program)) && /^-\w*c$/.test(option ?? "") && script !== undefined)
    return placed(script, { at, exact: false, range });
  const words = argv.map((value) => ({ value, pos: 0, end: 0 }));
  const given = new Map<string, string>();
  const parsed = { ...unwrapped(words, given), writesTo: NO_WORDS, around: TOP, kept: [], pos: 0, end: 0 };
  return [new PlacedCommand(parsed, { at, exact: false, range, wordRange: range })];
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** What holds for everything below a node of the tree. */
interface Surroundings {
  readonly pipe: (Omit<ShellPipe, "range"> & Span) | undefined;
  readonly piped: boolean;
  readonly list: Omit<ShellList, "range"> & Span;
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

/** Where a script stands in its file. */
interface Place {
  readonly at: Locator;
  readonly exact: boolean;
  /** Where its parts cannot be told apart, each command stands at this one. */
  readonly range?: Range;
  /** The same for each word. */
  readonly wordRange?: Range;
  /** What all of it is a part of. */
  readonly scope?: ShellScope;
}

/** A part of the script whose place is worked out when it is asked for: few rules do. */
class PlacedSpan implements Range {
  readonly #at: Locator;
  readonly #from: number;
  readonly #to: number;

  constructor(at: Locator, node: Span) {
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

class PlacedWord implements ShellArgument {
  readonly value: string;
  readonly #word: ParsedWord;
  readonly #place: Place;

  constructor(word: ParsedWord, place: Place) {
    this.value = word.value;
    this.#word = word;
    this.#place = place;
  }

  get range(): Range {
    return this.#place.wordRange ?? new PlacedSpan(this.#place.at, this.#word);
  }
}

class PlacedCommand implements ShellCommand {
  readonly parsed: ParsedCommand;
  readonly name: string;
  readonly values: readonly string[];
  readonly #place: Place;
  #args: readonly ShellArgument[] | undefined;

  constructor(parsed: ParsedCommand, place: Place) {
    this.parsed = parsed;
    this.name = parsed.name;
    this.values = parsed.values;
    this.#place = place;
  }

  as(parsed: ParsedCommand): ShellCommand {
    return parsed === this.parsed ? this : new PlacedCommand(parsed, this.#place);
  }

  get args(): readonly ShellArgument[] {
    this.#args ??= this.parsed.words.map((word) => new PlacedWord(word, this.#place));
    return this.#args;
  }

  get assignments(): ReadonlyMap<string, string> {
    return this.parsed.assignments;
  }

  get writesTo(): readonly ShellArgument[] {
    const { writesTo } = this.parsed;
    return writesTo.length === 0 ? NO_ARGUMENTS : writesTo.map((word) => new PlacedWord(word, this.#place));
  }

  get range(): Range {
    return this.#place.range ?? new PlacedSpan(this.#place.at, this.parsed);
  }

  get program(): ShellArgument | undefined {
    const { program } = this.parsed;
    return program === undefined ? undefined : new PlacedWord(program, this.#place);
  }

  get wrappers(): readonly string[] {
    return this.parsed.wrappers;
  }

  get piped(): boolean {
    return this.parsed.around.piped;
  }

  get pipe(): ShellPipe | undefined {
    const { pipe } = this.parsed.around;
    if (pipe === undefined) return undefined;
    const { length, index, id } = pipe;
    return { range: new PlacedSpan(this.#place.at, pipe), length, index, id };
  }

  get list(): ShellList {
    const { list } = this.parsed.around;
    const { operators, background, id } = list;
    const range = this.#place.wordRange ?? new PlacedSpan(this.#place.at, list);
    return { range, operators, background, id };
  }

  get scope(): ShellScope {
    return this.#place.scope ?? this.parsed.around.scope;
  }

  get condition(): boolean {
    return this.parsed.around.condition;
  }

  get exact(): boolean {
    return this.#place.exact && this.parsed.around.exact;
  }
}

const placed = (text: string, place: Place): ShellCommand[] =>
  commandsIn(text).map((parsed) => new PlacedCommand(parsed, place));

const farther = (scope: ShellScope, other: ShellScope): ShellScope =>
  SCOPES.indexOf(other) > SCOPES.indexOf(scope) ? other : scope;

/** A word without any of these holds no command. */
const MAY_HOLD_COMMANDS = /[$`]|[<>]\(/;

/** Scripts whose commands are held: enough for a folder of files that are made from one another. */
const MOST_SCRIPTS = 1000;

/** All simple commands of a script; none where it opens brackets or heredocs beyond all reason. */
const commandsIn = remembered(MOST_SCRIPTS, walkScript);

const NO_WORDS: readonly ParsedWord[] = [];
/** Outside of everything. */
const TOP: Surroundings = {
  pipe: undefined,
  piped: false,
  list: { pos: 0, end: 0, operators: NONE, background: false, id: 0 },
  scope: "script",
  condition: false,
  exact: true,
};

function walkScript(text: string): readonly ParsedCommand[] {
  const found: ParsedCommand[] = [];
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
  push(tree, { ...TOP, list: { ...TOP.list, end: text.length } });
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    let around = surroundings.pop() as Surroundings;
    const { type } = node;
    if (type === "Command") {
      const command = toCommand(node, around);
      if (command !== undefined) found.push(command);
    } else if (type === "Redirected") {
      addRedirects(node, found, around);
    } else if (type === "Statement") {
      around = { ...around, list: listOf(node, ++ids) };
    } else if (type === "Script" && node.source !== undefined) {
      // Places inside escaped backticks count in a text of their own.
      around = { ...around, exact: false };
    }
    const scope = SCOPE_OF[type];
    if (scope !== undefined) around = { ...around, scope: farther(around.scope, scope) };
    if (type === "Pipeline" || type === "AndOr") {
      const commands: readonly SyntaxNode[] = node.commands;
      const parts = partsOf(node, around, ++ids);
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

function listOf({ command, background }: Statement, id: number): Surroundings["list"] {
  return {
    // The statement may take in a `;` or `&`; what can be continued is the command.
    pos: command.pos,
    end: command.end,
    operators: command.type === "AndOr" ? command.operators : NONE,
    background: background === true,
    id,
  };
}

/** What the others mean for each part of `a | b` and of `a && b || c`. */
function partsOf(node: Pipeline | AndOr, around: Surroundings, id: number): Surroundings[] {
  const { length } = node.commands;
  const isPipe = node.type === "Pipeline" && length > 1;
  const negated = node.type === "Pipeline" && node.prefixes.some(({ type }) => type === "Negation");
  const lastOr = node.type === "AndOr" ? node.operators.lastIndexOf("||") : -1;
  const { pos, end } = node;
  return Array.from({ length }, (_, index) => {
    const condition = around.condition || negated || index <= lastOr;
    if (!isPipe && condition === around.condition) return around;
    const pipe = isPipe ? { pos, end, length, index, id } : around.pipe;
    return { ...around, condition, pipe, piped: around.piped || isPipe };
  });
}

/** Redirections on a group or loop count as a command without a name, so that what they write is not lost. */
function addRedirects({ redirects }: Redirected, found: ParsedCommand[], around: Surroundings): void {
  const writesTo = writeTargets(redirects);
  const [first] = writesTo;
  if (first === undefined) return;
  const { pos, end } = first;
  const alone = { ...around, piped: false, pipe: undefined };
  found.push({ ...NAMELESS, writesTo, pos, end, around: alone, kept: [] });
}

function writeTargets(redirects: readonly Redirection[]): readonly ParsedWord[] {
  if (redirects.length === 0) return NO_WORDS;
  return redirects.flatMap(({ operator, ...redirect }) =>
    operator.includes(">") && operator !== ">&" && "target" in redirect && redirect.target !== undefined
      ? [wordOf(redirect.target)]
      : [],
  );
}

/** `NAME=value` behind the program is a word like any other. */
const wordOf = (word: Word | Assignment): ParsedWord => ({
  value: word.type === "Word" ? word.value : word.text,
  pos: word.pos,
  end: word.end,
});

function toCommand(node: Command, around: Surroundings): ParsedCommand | undefined {
  const given = node.prefix.length > 0 ? new Map<string, string>() : undefined;
  for (const prefix of node.prefix) {
    if (prefix.type === "Assignment")
      given?.set(prefix.name, prefix.value.type === "Word" ? prefix.value.value : "");
  }
  const writesTo = writeTargets(node.redirects);
  const words = node.args.map(wordOf);
  const { pos, end } = node;
  if (node.name === undefined) {
    if (writesTo.length === 0 && (given?.size ?? 0) === 0) return undefined;
    const assignments = given ?? NO_ASSIGNMENTS;
    return {
      ...NAMELESS,
      words,
      values: words.map(({ value }) => value),
      assignments,
      writesTo,
      pos,
      end,
      around,
      kept: [],
    };
  }
  return { ...unwrapped([wordOf(node.name), ...words], given), writesTo, pos, end, around, kept: [] };
}

const NO_ARGUMENTS: readonly ShellArgument[] = [];
const NAMELESS = {
  name: "",
  values: NONE,
  words: NO_WORDS,
  assignments: NO_ASSIGNMENTS,
  program: undefined,
  wrappers: NONE,
};

const WRAPPERS: ReadonlySet<string> = new Set("env exec command time nice nohup sudo eatmydata".split(" "));

/** The program with its arguments, and apart from it what only starts it; `given` takes in what `env` sets. */
function unwrapped(
  all: readonly ParsedWord[],
  given: Map<string, string> | undefined,
): Pick<ParsedCommand, "name" | "values" | "words" | "assignments" | "program" | "wrappers"> {
  let skipped = 0;
  let assignments: ReadonlyMap<string, string> = given ?? NO_ASSIGNMENTS;
  if (WRAPPERS.has(baseName(all[0]?.value ?? ""))) {
    const own = given ?? new Map<string, string>();
    skipped = wrapperLength(all, own);
    assignments = own;
  }
  const program = all[skipped];
  const words = all.slice(skipped + 1);
  return {
    name: baseName(program?.value ?? ""),
    values: words.map(({ value }) => value),
    words,
    assignments,
    program,
    wrappers:
      skipped === 0
        ? NONE
        : all
            .slice(0, skipped)
            .map(({ value }) => baseName(value))
            .filter((name) => WRAPPERS.has(name)),
  };
}

/** How many words before the real program belong to `env A=b`, `exec`, `time`, `nice`, `sudo -E`, ... */
function wrapperLength(words: readonly ParsedWord[], assignments: Map<string, string>): number {
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
