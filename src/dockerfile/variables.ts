import { type Dockerfile, type Instruction, oncePerInstruction, type Stage, type Word } from "./model.ts";

/** A variable that an ENV or ARG sets, with the word that sets it. */
export interface Assignment {
  readonly name: string;
  readonly value: string | undefined;
  readonly word: Word;
  readonly instruction: Instruction;
}

/** The pairs of ENV, ARG or LABEL, values not yet expanded. The old form `ENV name value` gives one pair. */
export const assignments = oncePerInstruction(readAssignments);

function readAssignments(instruction: Instruction): readonly Assignment[] {
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

/** A value that grew beyond this by taking in others names nothing that a rule knows. */
const LONGEST_VALUE = 4096;

/** The expanded text, or the one as written where each line would make it longer and longer: `PATH=/x:$PATH`. */
export const bounded = (expanded: string, written: string): string =>
  expanded.length > LONGEST_VALUE && expanded.length > written.length ? written : expanded;

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
  readonly environment: StageEnvironment;
}

type SetVariable = Assignment & { readonly expanded: string };
export type StageEnvironment = Pick<ReadonlyMap<string, SetVariable>, "get" | "has" | "keys">;

/** A stage that is built on more stages than this gets a copy of what they set, so that looking it up stays quick. */
const DEEPEST = 64;

/** What a stage sets, in front of what the one below sets: thousands of stages may stand on each other. */
class Inherited implements StageEnvironment {
  readonly #own: Map<string, SetVariable>;
  readonly #below: Inherited | undefined;
  readonly #depth: number;

  constructor(below: Inherited | undefined) {
    const copied = below !== undefined && below.#depth >= DEEPEST;
    this.#own = new Map(copied ? below.#entries() : []);
    this.#below = copied ? undefined : below;
    this.#depth = this.#below === undefined ? 0 : this.#below.#depth + 1;
  }

  set(entry: SetVariable): void {
    this.#own.set(entry.name, entry);
  }

  get(name: string): SetVariable | undefined {
    for (let at: Inherited | undefined = this; at !== undefined; at = at.#below) {
      const found = at.#own.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  keys(): MapIterator<string> {
    return this.#entries().keys();
  }

  #entries(): Map<string, SetVariable> {
    const chain: Inherited[] = [];
    for (let at: Inherited | undefined = this; at !== undefined; at = at.#below) chain.push(at);
    const all = new Map<string, SetVariable>();
    for (const one of chain.reverse()) for (const [name, entry] of one.#own) all.set(name, entry);
    return all;
  }
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

const NOWHERE = { line: 0, column: 1 };

/**
 * A fragment without FROM as one stage on an unknown base, so that what it holds is looked at like any other. Its FROM
 * is nowhere (line 0): what a rule says about it is about something that is not there.
 */
function fragmentOf({ instructions }: Dockerfile): readonly Stage[] {
  if (instructions.every(({ keyword }) => keyword === "ARG")) return [];
  const from: Instruction = {
    keyword: "FROM",
    keywordText: "FROM",
    range: { start: NOWHERE, end: NOWHERE },
    flags: [],
    text: "",
    words: [],
    exec: undefined,
    heredocs: [],
    stage: 0,
    trigger: undefined,
    positionAt: () => NOWHERE,
    kept: [],
  };
  return [{ index: 0, name: undefined, from, baseText: "", instructions }];
}

/** Expands the bases and follows ENV through the stages, with `buildArgs` taking the place of ARG defaults. */
export function resolveStages(dockerfile: Dockerfile, buildArgs: Environment = new Map()): ResolvedStage[] {
  const globals = new Map(PREDEFINED);
  for (const instruction of dockerfile.globalArgs) setArgs(instruction, globals, buildArgs, new Map());

  const resolved: ResolvedStage[] = [];
  const environments: Inherited[] = [];
  const positions: Positions = new Map();
  for (const stage of dockerfile.stages.length > 0 ? dockerfile.stages : fragmentOf(dockerfile)) {
    const base = expand(stage.baseText, globals);
    const found = positions.get(base.toLowerCase());
    const parent = found === undefined ? undefined : resolved[found];
    const environment = new Inherited(environments[found ?? -1]);
    environments.push(environment);
    const own = new Map<string, string>();
    const look = (name: string): string | undefined => own.get(name) ?? environment.get(name)?.expanded;
    const scope = {
      get: look,
      has: (name: string) => look(name) !== undefined,
      set: (name: string, value: string) => own.set(name, value),
    };
    for (const instruction of stage.instructions) {
      if (instruction.keyword === "ARG") setArgs(instruction, scope, buildArgs, globals);
      if (instruction.keyword !== "ENV") continue;
      // All pairs of one ENV see the values from before it.
      const set = assignments(instruction).map((assignment) => {
        const value = assignment.value ?? "";
        return {
          ...assignment,
          expanded: assignment.word.expands ? bounded(expand(value, scope), value) : value,
        };
      });
      for (const entry of set) {
        environment.set(entry);
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
  scope: Environment & { set(name: string, value: string): unknown },
  buildArgs: Environment,
  inherited: Environment,
): void {
  for (const { name, value } of assignments(instruction)) {
    const given =
      buildArgs.get(name) ??
      (value === undefined ? inherited.get(name) : bounded(expand(value, scope), value));
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
