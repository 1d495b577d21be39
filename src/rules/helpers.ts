import { type Dockerfile, type Instruction, oncePerInstruction, type Range } from "../dockerfile/model.ts";
import { Scope } from "../dockerfile/scope.ts";
import { type ShellCommand, shellCommands } from "../dockerfile/shell.ts";
import {
  assignments,
  bounded,
  type Environment,
  expand,
  lineage,
  type ResolvedStage,
} from "../dockerfile/variables.ts";
import type { Draft, FileLocation } from "../findings/finding.ts";
import { type Keeper, onceFor, remembered } from "../remember.ts";
import { type DockerfileFacts, oncePerFile } from "./rule.ts";
import { hideSecrets } from "./secrets.ts";

/** Location and source line of a range of the Dockerfile, ready to spread into a draft. */
export function at(
  dockerfile: Pick<Dockerfile, "file" | "lines">,
  range: Range,
): Pick<Draft, "location" | "excerpt"> {
  const location: FileLocation = {
    file: dockerfile.file,
    startLine: range.start.line,
    startColumn: range.start.column,
    endLine: range.end.line,
    endColumn: range.end.column,
  };
  const line = dockerfile.lines[range.start.line - 1];
  return line === undefined ? { location } : { location, excerpt: excerptOf(line) };
}

/** Lines come again, with each finding in them and in the next file. */
const MOST_LINES = 1000;
const excerptOf = remembered(MOST_LINES, (line) => hideSecrets(line.slice(0, 2000)).slice(0, 300));

/** The last stage with where it starts from outside the file: its own base, or that of the stage it builds on. */
export function finalBase(facts: DockerfileFacts): ResolvedStage | undefined {
  return lineage(facts.stages).at(-1);
}

/** The last instruction of a kind that counts in the final image. */
export function lastInstruction(facts: DockerfileFacts, keyword: string): Instruction | undefined {
  for (const { stage } of lineage(facts.stages)) {
    const last = stage.instructions.findLast((instruction) => instruction.keyword === keyword);
    if (last !== undefined) return last;
  }
  return undefined;
}

/** Arguments that are not options. */
export function operands(command: ShellCommand): string[] {
  return command.values.filter(isOperand);
}

const isOperand = (value: string): boolean => !value.startsWith("-");

export const hasOption = (command: ShellCommand, ...names: readonly string[]): boolean =>
  command.values.some((value) => value.startsWith("-") && names.some((name) => isOption(value, name)));

const isOption = (value: string, name: string): boolean =>
  value.startsWith(name) && (value.length === name.length || value[name.length] === "=");

/** A path below `folder`, or the folder itself. */
export const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(`${folder}/`);

/** One instruction of the final image with what holds where it stands. */
export interface Step extends Keeper {
  readonly instruction: Instruction;
  readonly stage: ResolvedStage;
  /** Absolute; `/` until a WORKDIR says otherwise. */
  readonly folder: string;
  /** True once a WORKDIR was seen, so that `folder` is known whatever the base image says. */
  readonly folderKnown: boolean;
  /** ENV and ARG as far as they are known before the instruction. */
  readonly variables: Environment;
  /** What the last USER said; undefined when the base image decides. */
  readonly user: string | undefined;
}

/** The instructions of the final image in order, with folder, variables and user at each. */
export const finalSteps = oncePerFile((facts): readonly Step[] => {
  const chain = new Set(lineage(facts.stages));
  return allSteps(facts).filter(({ stage }) => chain.has(stage));
});

/** The same for any stage, given with the stages it builds on, itself first. */
export function stepsOf(facts: DockerfileFacts, chain: readonly ResolvedStage[]): readonly Step[] {
  const steps: Step[] = [];
  const globals = globalValues(facts.dockerfile);
  let state = START;
  for (const stage of [...chain].reverse()) state = walkStage(stage, state, globals, steps);
  return steps;
}

/** The instructions of every stage in order, each stage going on from where the one it builds on has ended. */
export const allSteps = oncePerFile((facts): readonly Step[] => {
  const steps: Step[] = [];
  const globals = globalValues(facts.dockerfile);
  const ends = new Map<ResolvedStage, State>();
  for (const stage of facts.stages) {
    const start = stage.parent === undefined ? START : (ends.get(stage.parent) ?? START);
    ends.set(stage, walkStage(stage, start, globals, steps));
  }
  return steps;
});

/** Longer ones name no place where a program is kept. */
const LONGEST_PATH = 1024;

type State = Omit<Step, "instruction" | "stage" | "kept">;
const START: State = { folder: "/", folderKnown: false, variables: new Map(), user: undefined };

/** What the ARGs before the first FROM are set to. */
export function globalValues(dockerfile: Dockerfile): Environment {
  const globals = new Map<string, string>();
  for (const instruction of dockerfile.globalArgs) {
    for (const { name, value } of assignments(instruction)) {
      if (value !== undefined) globals.set(name, expand(value, globals));
    }
  }
  return globals;
}

/** Adds the steps of one stage, and gives what holds at its end. */
function walkStage(stage: ResolvedStage, start: State, globals: Environment, steps: Step[]): State {
  let { folder, folderKnown, variables, user } = start;
  const scope = new Scope(variables);
  for (const instruction of stage.stage.instructions) {
    steps.push({ instruction, stage, folder, folderKnown, variables, user, kept: [] });
    if (instruction.keyword === "WORKDIR") {
      const next = resolvePath(folder, expandKnown(unquote(instruction.text), variables));
      // A path that grows with each line would cost more with each line.
      if (next.length <= LONGEST_PATH) folder = next;
      folderKnown = true;
    } else if (instruction.keyword === "USER") {
      user = expandKnown(unquote(instruction.text), variables);
    } else if (instruction.keyword === "ENV" || instruction.keyword === "ARG") {
      extend(scope, instruction, globals);
      variables = scope.view();
    }
  }
  return { folder, folderKnown, variables, user };
}

function extend(scope: Scope, instruction: Instruction, globals: Environment): void {
  // All pairs of one ENV see the values from before it.
  const before = scope.view();
  const seen = new Set<string>();
  for (const { name, value, word } of assignments(instruction)) {
    const isSet = before.has(name) || seen.has(name);
    const given = value === undefined ? globals.get(name) : word.expands ? expandKnown(value, before) : value;
    const wins = instruction.keyword === "ENV" && value !== undefined;
    if (given === undefined || (isSet && !wins)) continue;
    scope.set(name, given);
    seen.add(name);
  }
}

const unquote = (text: string): string => text.trim().replace(/^(["'])(.*)\1$/s, "$2");

/** Expands a text whose variables are all known, and leaves any other as it is written. */
export function expandKnown(text: string, variables: Environment): string {
  if (!text.includes("$")) return text;
  const references = text.matchAll(/\$\{?([A-Za-z_]\w*)(:?[-+])?/g);
  const complete = [...references].every(
    ([whole, name = "", operator]) =>
      variables.has(name) || (operator !== undefined && whole.startsWith("${")),
  );
  return complete ? bounded(expand(text, variables), text) : text;
}

/** A command of a RUN with the folder it runs in. */
export interface PlacedCommand {
  readonly step: Step;
  readonly command: ShellCommand;
  readonly folder: string;
}

/** The commands of one RUN, with `cd` followed. */
export const placedCommands = onceFor<Step>()(followFolders);

function followFolders(step: Step): readonly PlacedCommand[] {
  let folder = step.folder;
  return shellCommands(step.instruction).map((command) => {
    const placed = { step, command, folder };
    if (command.name === "cd" || command.name === "pushd") {
      const target = operands(command)[0];
      const next = target === undefined ? folder : resolvePath(folder, expandKnown(target, step.variables));
      if (next.length <= LONGEST_PATH) folder = next;
    }
    return placed;
  });
}

/** All RUN commands of the final image, with their folders. */
export const finalPlacedCommands = oncePerFile((facts): readonly PlacedCommand[] =>
  finalSteps(facts)
    .filter((step) => step.instruction.keyword === "RUN")
    .flatMap(placedCommands),
);

/** A part that is empty or begins with a dot. */
const NEEDS_RESOLVING = /\/(?:[/.]|$)/;

/** `path` seen from `folder`, with `.` and `..` resolved and no slash at the end. */
export function resolvePath(folder: string, path: string): string {
  if (path.startsWith("/") && !NEEDS_RESOLVING.test(path)) return path;
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${folder}/${path}`).split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Shell brace expansion of lists: `/safe_{data,outputs}`. Bounded, so that a hostile word stays cheap. */
export function expandBraces(word: string): string[] {
  if (!word.includes("{")) return [word];
  const done: string[] = [];
  const pending = [word];
  while (pending.length > 0 && done.length < 64) {
    const next = pending.pop() ?? "";
    const match = /\{([^{}]*,[^{}]*)\}/.exec(next.slice(0, 2000));
    if (match === null || next.length > 2000) {
      done.push(next);
      continue;
    }
    const [whole, list = ""] = match;
    for (const part of list.split(",").slice(0, 64)) {
      if (pending.length < 64)
        pending.push(next.slice(0, match.index) + part + next.slice(match.index + whole.length));
    }
  }
  return done;
}

/** The value of an option written as `-o value`, `--output value`, `--output=value` or `-ovalue`. */
export function optionValues(command: ShellCommand, ...names: readonly string[]): string[] {
  const values: string[] = [];
  command.values.forEach((value, index) => {
    for (const name of names) {
      if (!value.startsWith(name)) continue;
      if (value === name) {
        const next = command.values[index + 1];
        if (next !== undefined) values.push(next);
      } else if (value[name.length] === "=") {
        values.push(value.slice(name.length + 1));
      } else if (/^-\w$/.test(name)) {
        values.push(value.slice(2));
      }
    }
  });
  return values;
}

/** True when a short option is given alone or among others: `-xzf` has `x`. */
export const hasLetter = (command: ShellCommand, letter: string): boolean =>
  command.values.some(
    (value) => value.startsWith("-") && value.includes(letter) && /^-[A-Za-z]+$/.test(value),
  );

/** One sentence and lines to paste, as fixes are written. */
export const fixOf = (sentence: string, ...lines: readonly string[]): string =>
  [sentence, ...lines.map((line) => `    ${line}`)].join("\n");

/** `a, b and c`. */
export function listOf(items: readonly string[]): string {
  const last = items.at(-1);
  if (items.length < 2 || last === undefined) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${last}`;
}

/** The first few of a list, and how many more there are. */
export function someOf(items: readonly string[], most = 5): string {
  return items.length <= most
    ? listOf(items)
    : `${items.slice(0, most).join(", ")} and ${items.length - most} more`;
}

/** Mount targets of `RUN --mount=type=cache,target=…`. */
export const cacheMounts = oncePerInstruction((instruction): readonly string[] =>
  instruction.flags.flatMap((flag) => {
    if (
      flag.name !== "mount" ||
      flag.value === undefined ||
      !/(?:^|,)type=(?:cache|tmpfs)(?:,|$)/.test(flag.value)
    )
      return [];
    const target = /(?:^|,)(?:target|dst|destination)=([^,]+)/.exec(flag.value)?.[1];
    return target === undefined ? [] : [target.length > 1 ? target.replace(/\/+$/, "") : target];
  }),
);

/** Sources and target of a COPY or ADD, whichever form it is written in. */
export const copyParts = oncePerInstruction(readParts);

function readParts(instruction: Instruction): {
  readonly sources: readonly string[];
  readonly target: string | undefined;
} {
  const all = instruction.exec ?? instruction.words.map((word) => word.value);
  const target = all.length > 1 ? all.at(-1) : undefined;
  return { sources: all.slice(0, -1).filter((source) => !/^\d*<<-?/.test(source)), target };
}

export const flagValue = (instruction: Instruction, name: string): string | undefined =>
  instruction.flags.find((flag) => flag.name === name)?.value;
