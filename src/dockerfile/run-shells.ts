import type { Dockerfile, Instruction } from "./model.ts";
import type { ResolvedStage } from "./variables.ts";

/** What runs a RUN when no SHELL says otherwise. */
const DEFAULT_SHELL: readonly string[] = ["/bin/sh", "-c"];
/** Comments looked at for each instruction are few; a line longer than this says something else. */
const LONGEST_PRAGMA = 200;

/**
 * The shell of each RUN (the one that ONBUILD wraps included) as words: what SHELL said last in the stage or in the
 * stage below, or else what `# hadolint shell=...` says about a base image whose shell nobody can see.
 */
export function runShells(
  dockerfile: Dockerfile,
  stages: readonly ResolvedStage[],
): ReadonlyMap<Instruction, readonly string[]> {
  const found = new Map<Instruction, readonly string[]>();
  const atEnd = new Map<number, readonly string[]>();
  const pragmas = dockerfile.comments.flatMap(({ line, text }) => {
    const name = /^hadolint\s+shell\s*=\s*(\S+)/i.exec(text.slice(0, LONGEST_PRAGMA))?.[1];
    return name === undefined ? [] : [{ line, shell: [name, "-c"] }];
  });
  let next = 0;
  // What is said above the first FROM is about every base image.
  let everywhere = DEFAULT_SHELL;
  let shell = DEFAULT_SHELL;
  for (const instruction of dockerfile.instructions) {
    if (instruction.keyword === "FROM") {
      const below = stages[instruction.stage]?.parent?.stage.index;
      shell = (below === undefined ? undefined : atEnd.get(below)) ?? everywhere;
    }
    for (let pragma = pragmas[next]; pragma !== undefined; pragma = pragmas[next]) {
      if (pragma.line > instruction.range.start.line) break;
      shell = pragma.shell;
      if (instruction.keyword === "FROM" && instruction.stage === 0) everywhere = shell;
      next++;
    }
    const run = instruction.trigger ?? instruction;
    if (instruction.keyword === "SHELL" && instruction.exec !== undefined) shell = instruction.exec;
    else if (run.keyword === "RUN") found.set(run, shell);
    atEnd.set(instruction.stage, shell);
  }
  return found;
}
