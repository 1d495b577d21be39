import type { Instruction } from "../dockerfile/model.ts";
import { Scope } from "../dockerfile/scope.ts";
import type { ShellCommand } from "../dockerfile/shell.ts";
import { finalSteps, type Step } from "./helpers.ts";
import { innerCommand } from "./inner-command.ts";
import { type DockerfileFacts, oncePerFile } from "./rule.ts";
import type { RunStep } from "./run-steps.ts";

/** A command of a RUN, past what only hands over to it, with the variables it sees. */
export interface RunCommand {
  readonly step: RunStep;
  readonly command: ShellCommand;
  /** The line as it is written: `conda run -n job pip install x`. */
  readonly written: ShellCommand;
  readonly variable: (name: string) => string | undefined;
}

const places = oncePerFile(
  (facts): ReadonlyMap<Instruction, Step> =>
    new Map(finalSteps(facts).map((step) => [step.instruction.trigger ?? step.instruction, step])),
);

/** The instruction's place in the final image, with the ENV that came before it; undefined in other stages. */
export const placeOf = (facts: DockerfileFacts, instruction: Instruction): Step | undefined =>
  places(facts).get(instruction);

const knownCommands = oncePerFile(() => new Map<RunStep, readonly RunCommand[]>());

/** The commands of one RUN; `export NAME=value` and `NAME=value` of the same RUN are seen by those that follow. */
export function runCommands(facts: DockerfileFacts, step: RunStep): readonly RunCommand[] {
  const known = knownCommands(facts);
  let commands = known.get(step);
  if (commands === undefined) {
    commands = readCommands(facts, step);
    known.set(step, commands);
  }
  return commands;
}

function readCommands(facts: DockerfileFacts, step: RunStep): RunCommand[] {
  const place = placeOf(facts, step.instruction);
  const fromFile = (name: string): string | undefined => {
    if (place !== undefined) return place.variables.get(name);
    const reference = `\${${name}}`;
    const value = step.expand(reference);
    return value === reference ? undefined : value;
  };
  const exported = new Scope(new Map());
  return step.commands.map((written) => {
    const own = written.assignments;
    const set = exported.view();
    if (written.name === "export" || written.name === "") addExports(exported, written);
    return {
      step,
      written,
      command: innerCommand(written),
      variable: (name) => own.get(name) ?? set.get(name) ?? fromFile(name),
    };
  });
}

function addExports(exported: Scope, command: ShellCommand): void {
  for (const [name, value] of command.assignments) exported.set(name, value);
  for (const { value } of command.args) {
    const equals = value.indexOf("=");
    if (equals > 0) exported.set(value.slice(0, equals), value.slice(equals + 1));
  }
}
