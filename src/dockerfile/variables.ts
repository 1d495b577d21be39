import type { Dockerfile, Instruction, Stage, Word } from "./model.ts";

/** A variable that an ENV or ARG sets, with the word that sets it. */
export interface Assignment {
  readonly name: string;
  readonly value: string | undefined;
  readonly word: Word;
  readonly instruction: Instruction;
}

/** The pairs of ENV, ARG or LABEL, values not yet expanded. The old form `ENV name value` gives one pair. */
export function assignments(instruction: Instruction): Assignment[] {
  const [first] = instruction.words;
  if (first === undefined) return [];
  if (instruction.keyword !== "ARG" && !first.raw.includes("=")) {
    const rest = instruction.text.slice(first.raw.length).trim();
    return [{ name: first.value, value: rest, word: first, instruction }];
  }
  return instruction.words.map((word) => {
    const equals = word.value.indexOf("=");
    return {
      name: equals < 0 ? word.value : word.value.slice(0, equals),
      value: equals < 0 ? undefined : word.value.slice(equals + 1),
      word,
      instruction,
    };
  });
}

/** What variables are set to, as far as it is looked up. */
export type Environment = Pick<ReadonlyMap<string, string>, "get" | "has">;

/** What the first knows, and for the rest the second. */
export const layered = (upper: Environment, lower: Environment): Environment => ({
  get: (name) => upper.get(name) ?? lower.get(name),
  has: (name) => upper.has(name) || lower.has(name),
});

/** Expansion of `$NAME` and `${NAME}` with the `:-`, `-`, `:+` and `+` operators; other forms are left as they are. */
export function expand(text: string, environment: Environment): string {
  if (!text.includes("$")) return text;
  return text.replace(
    /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-+])([^{}]*))?\})/g,
    (
      _whole,
      bare: string | undefined,
      braced: string | undefined,
      operator: string | undefined,
      word = "",
    ) => {
      const value = environment.get(bare ?? braced ?? "");
      const missing = operator?.startsWith(":") ? value === undefined || value === "" : value === undefined;
      if (operator?.endsWith("-")) return missing ? word : (value ?? "");
      if (operator?.endsWith("+")) return missing ? "" : word;
      return value ?? "";
    },
  );
}

/** Names in `text` that expansion would look up. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map((match) => match[1] ?? "");
}

export interface ResolvedStage {
  readonly stage: Stage;
  /** Base name with ARGs expanded; empty when an ARG has no value. */
  readonly base: string;
  /** The earlier stage this one starts from, if it does. */
  readonly parent: ResolvedStage | undefined;
  /** ENV at the end of the stage, inherited from earlier stages but not from the base image. */
  readonly environment: ReadonlyMap<string, Assignment & { readonly expanded: string }>;
}

/** What BuildKit defines without being asked, for the one platform that the Safe Haven runs (IMG-15). */
const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ["TARGETPLATFORM", "linux/amd64"],
  ["TARGETOS", "linux"],
  ["TARGETARCH", "amd64"],
  ["TARGETVARIANT", ""],
  ["BUILDPLATFORM", "linux/amd64"],
  ["BUILDOS", "linux"],
  ["BUILDARCH", "amd64"],
  ["BUILDVARIANT", ""],
]);

/** Expands the bases and follows ENV through the stages, with `buildArgs` taking the place of ARG defaults. */
export function resolveStages(dockerfile: Dockerfile, buildArgs: Environment = new Map()): ResolvedStage[] {
  const globals = new Map(PREDEFINED);
  for (const instruction of dockerfile.globalArgs) setArgs(instruction, globals, buildArgs, new Map());

  const resolved: ResolvedStage[] = [];
  const positions: Positions = new Map();
  for (const stage of dockerfile.stages) {
    const base = expand(stage.baseText, globals);
    const found = positions.get(base.toLowerCase());
    const parent = found === undefined ? undefined : resolved[found];
    const environment = new Map(parent?.environment ?? []);
    const scope = new Map<string, string>([...environment].map(([name, entry]) => [name, entry.expanded]));
    for (const instruction of stage.instructions) {
      if (instruction.keyword === "ARG") setArgs(instruction, scope, buildArgs, globals);
      if (instruction.keyword !== "ENV") continue;
      // All pairs of one ENV see the values from before it.
      const set = assignments(instruction).map((assignment) => {
        const value = assignment.value ?? "";
        return { ...assignment, expanded: assignment.word.expands ? expand(value, scope) : value };
      });
      for (const entry of set) {
        environment.set(entry.name, entry);
        scope.set(entry.name, entry.expanded);
      }
    }
    remember(positions, stage, resolved.length);
    resolved.push({ stage, base, parent, environment });
  }
  return resolved;
}

function setArgs(
  instruction: Instruction,
  scope: Map<string, string>,
  buildArgs: Environment,
  inherited: Environment,
): void {
  for (const { name, value } of assignments(instruction)) {
    const given = buildArgs.get(name) ?? (value === undefined ? inherited.get(name) : expand(value, scope));
    if (given !== undefined) scope.set(name, given);
  }
}

/** An earlier stage by its name or number, as FROM and `COPY --from` refer to it. */
export function findStage<T extends { readonly stage: Stage }>(
  stages: readonly T[],
  name: string,
): T | undefined {
  let known = indexes.get(stages);
  if (known === undefined || known.size !== stages.length) {
    const positions: Positions = new Map();
    known = { size: stages.length, positions };
    stages.forEach((one, position) => {
      remember(positions, one.stage, position);
    });
    indexes.set(stages, known);
  }
  const position = known.positions.get(name.toLowerCase());
  return position === undefined ? undefined : stages[position];
}

/** Positions by name and, where no name is the same, by number. */
type Positions = Map<string, number>;

/** Files with thousands of stages, each of which refers to another, are looked through once. */
const indexes = new WeakMap<object, { readonly size: number; readonly positions: Positions }>();

/** Where stages share a name the last one counts, and a name counts for more than a number. */
function remember(positions: Positions, { name, index }: Stage, position: number): void {
  if (name !== undefined) positions.set(name, position);
  const number = String(index);
  if (!positions.has(number)) positions.set(number, position);
}

/** The stages that the last one is built on, itself first: what they set ends up in the image. */
export function lineage(stages: readonly ResolvedStage[]): ResolvedStage[] {
  const chain: ResolvedStage[] = [];
  for (let at = stages.at(-1); at !== undefined; at = at.parent) chain.push(at);
  return chain;
}
