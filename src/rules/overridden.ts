import type { Instruction } from "../dockerfile/model.ts";
import type { Draft } from "../findings/finding.ts";
import { at } from "./helpers.ts";
import type { DockerfileFacts } from "./rule.ts";

/** Findings for instructions that a later one of the same kind in the same stage takes the place of. */
export function* overridden(facts: DockerfileFacts, keyword: string): Iterable<Draft> {
  for (const { stage } of facts.stages) {
    const all = stage.instructions.filter((instruction) => instruction.keyword === keyword);
    const last = all.at(-1);
    for (const instruction of all.slice(0, -1)) {
      yield {
        message: `This ${keyword} does not count: the one in line ${last?.range.start.line ?? 0} takes its place.`,
        fix: "Take this line out.",
        ...at(facts.dockerfile, instruction.range),
      };
    }
  }
}

/** Every instruction with those that ONBUILD holds, in order. */
export const withTriggers = (instructions: readonly Instruction[]): Instruction[] =>
  instructions.flatMap((instruction) =>
    instruction.trigger === undefined ? [instruction] : [instruction, instruction.trigger],
  );
