import type { Dockerfile, Flag, Instruction, Stage } from "../dockerfile/model.ts";

/** A place that takes files from another stage or image: `COPY --from=` and `RUN --mount=from=`. */
export interface StageReference {
  readonly instruction: Instruction;
  /** The stage it stands in. */
  readonly stage: Stage;
  readonly flag: Flag;
  /** As written. */
  readonly name: string;
}

/** All such places, in order. */
export function stageReferences(dockerfile: Dockerfile): StageReference[] {
  return dockerfile.stages.flatMap((stage) =>
    stage.instructions.flatMap((instruction) =>
      instruction.flags.flatMap((flag) => {
        const name = sourceOf(instruction, flag);
        return name === undefined || name === "" ? [] : [{ instruction, stage, flag, name }];
      }),
    ),
  );
}

function sourceOf({ keyword }: Instruction, { name, value }: Flag): string | undefined {
  if (keyword === "COPY" || keyword === "ADD") return name === "from" ? value : undefined;
  if (keyword !== "RUN" || name !== "mount") return undefined;
  return /(?:^|,)from=([^,]*)/.exec(value ?? "")?.[1];
}

/** Stages by name and number; where two share a name, the later one counts from where it stands. */
export function stageIndex(dockerfile: Dockerfile): (name: string, before: number) => Stage | undefined {
  const named = new Map<string, Stage[]>();
  for (const stage of dockerfile.stages) {
    if (stage.name === undefined) continue;
    const list = named.get(stage.name);
    if (list === undefined) named.set(stage.name, [stage]);
    else list.push(stage);
  }
  return (name, before) => {
    const list = named.get(name.toLowerCase());
    if (list !== undefined) return lastBefore(list, before) ?? list[0];
    return /^\d{1,6}$/.test(name) ? dockerfile.stages[Number(name)] : undefined;
  };
}

/** The last of some stages, which are in order, that stands before a number. */
function lastBefore(list: readonly Stage[], before: number): Stage | undefined {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.index ?? 0) < before) low = middle + 1;
    else high = middle;
  }
  return list[low - 1];
}
