import type { Instruction, Position } from "../dockerfile/model.ts";
import { runShells } from "../dockerfile/run-shells.ts";
import { oncePerCommand, type ShellCommand, shellCommands } from "../dockerfile/shell.ts";
import { assignments, type Environment, lineage, type ResolvedStage } from "../dockerfile/variables.ts";
import type { TextEdit } from "../findings/finding.ts";
import { replacing } from "./edits.ts";
import { expandKnown, globalValues } from "./helpers.ts";
import { type DockerfileFacts, oncePerFile } from "./rule.ts";

/** A RUN of any stage, or of a file that has none, with what holds there. */
export interface RunStep {
  /** The RUN itself, also where ONBUILD wraps it. */
  readonly instruction: Instruction;
  readonly commands: readonly ShellCommand[];
  readonly stage: ResolvedStage | undefined;
  /** False in a stage that only builds something: what it leaves behind does not reach the image. */
  readonly final: boolean;
  /** What SHELL said last; the builder's own `/bin/sh -c` until then. */
  readonly shell: readonly string[];
  /** A word with the ENV and ARG of its stage put in, as far as they are all known. */
  expand(text: string): string;
}

/** Every RUN that a shell of the Unix kind reads, in the order of the file. */
export const runSteps = oncePerFile((facts): readonly RunStep[] => {
  const ofImage = new Set(lineage(facts.stages).map(({ stage }) => stage.index));
  const shells = runShells(facts.dockerfile, facts.stages);
  const variables = new Map<number, Environment>();
  const steps: RunStep[] = [];
  let globals: Environment | undefined;
  for (const written of facts.dockerfile.instructions) {
    const instruction = written.trigger ?? written;
    const shell = shells.get(instruction);
    if (shell === undefined || isForWindows(shell)) continue;
    const stage = facts.stages[written.stage];
    steps.push({
      instruction,
      commands: shellCommands(instruction),
      stage,
      final: facts.dockerfile.stages.length === 0 || ofImage.has(written.stage),
      shell,
      expand(text) {
        if (!text.includes("$")) return text;
        let map = variables.get(written.stage);
        if (map === undefined) {
          globals ??= globalValues(facts.dockerfile);
          map = variablesOf(globals, stage);
          variables.set(written.stage, map);
        }
        return expandKnown(text, map);
      },
    });
  }
  return steps;
});

const isForWindows = (shell: readonly string[]): boolean =>
  /(?:^|[\\/])(?:powershell|pwsh|cmd)(?:\.exe)?$/i.test(shell[0] ?? "");

function variablesOf(globals: Environment, stage: ResolvedStage | undefined): Environment {
  const map = new Map<string, string>();
  for (const instruction of stage?.stage.instructions ?? []) {
    if (instruction.keyword !== "ARG") continue;
    for (const { name, value } of assignments(instruction)) {
      const given = value ?? globals.get(name);
      if (given !== undefined) map.set(name, expandKnown(given, map));
    }
  }
  const environment = stage?.environment;
  const lookUp = (name: string): string | undefined => environment?.get(name)?.expanded ?? map.get(name);
  return { get: lookUp, has: (name) => lookUp(name) !== undefined };
}

/** The words after the program with variables put in, where all of them are known; what is given as one word stays one. */
export function wordsOf(step: RunStep, command: ShellCommand): readonly string[] {
  if (isConstant(command.parsed)) return command.values;
  const words: string[] = [];
  for (const value of command.values) {
    const expanded = step.expand(value);
    if (expanded === value) words.push(value);
    else for (const word of expanded.split(/\s+/)) if (word !== "") words.push(word);
  }
  return words;
}

const isConstant = oncePerCommand(({ values }) => !values.some((value) => value.includes("$")));

/** Text put in at a place; nothing else changes. */
const insertion = (facts: DockerfileFacts, place: Position, text: string): TextEdit =>
  replacing(facts.dockerfile, { start: place, end: place }, text);

/** `$OPTIONS` may hold any option for all we know. */
export const mayHoldOptions = (word: string): boolean =>
  word.length < 100 && /^\$\{?\w*(?:OPT|FLAG|ARG|YES)\w*\}?$/i.test(word);

/** Puts an option right after the verb (`install`), where every package manager takes it. */
export function optionAfterVerb(
  facts: DockerfileFacts,
  command: ShellCommand,
  verbs: readonly string[],
  option: string,
): readonly TextEdit[] | undefined {
  const verb = command.args.find(({ value }) => verbs.includes(value));
  return verb === undefined || !command.exact ? undefined : [insertion(facts, verb.range.end, ` ${option}`)];
}

/** Puts a command at the end of the `&&` chain that a command stands in, if that is all it stands in. */
export function endOfChain(
  facts: DockerfileFacts,
  step: RunStep,
  command: ShellCommand,
  text: string,
): readonly TextEdit[] | undefined {
  const { list } = command;
  const plain =
    command.exact &&
    command.scope === "script" &&
    command.pipe === undefined &&
    !list.background &&
    list.operators.every((operator) => operator === "&&");
  // A heredoc of a command in the chain would come between.
  if (!plain || (step.instruction.heredocs.length > 0 && !isWholeScript(step.instruction))) return undefined;
  const inHeredoc = isWholeScript(step.instruction);
  const { start, end } = list.range;
  const line = facts.dockerfile.lines[end.line - 1] ?? "";
  const indent = /^[ \t]*/.exec(line)?.[0] ?? "";
  const chained =
    start.line === end.line || inHeredoc
      ? ` && ${text}`
      : ` ${facts.dockerfile.escape}\n${indent === "" ? "    " : indent}&& ${text}`;
  return [insertion(facts, end, chained)];
}

const isWholeScript = (instruction: Instruction): boolean =>
  instruction.words[0]?.raw.startsWith("<<") === true;
