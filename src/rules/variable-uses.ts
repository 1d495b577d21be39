import type { Instruction, Range } from "../dockerfile/model.ts";
import { isExpanded, referenceRange, variableReferences } from "../dockerfile/references.ts";
import { assignments, type ResolvedStage } from "../dockerfile/variables.ts";
import { oncePerFile } from "./rule.ts";

/** A variable that the builder looks up, and what the file says about it there. */
export interface VariableUse {
  readonly name: string;
  readonly range: Range;
  readonly instruction: Instruction;
  readonly stage: ResolvedStage;
  /** True when an ENV or ARG further up sets or declares it. */
  readonly defined: boolean;
  /** The variable whose value the use is part of, in ENV and ARG. */
  readonly within: string | undefined;
  /** True when the same ENV sets it as well, too late for this use. */
  readonly setBeside: boolean;
  /** The first names, in order, that are set or declared further up in the stage. */
  known(most: number): string[];
}

interface Scope {
  readonly own: Set<string>;
  readonly parent: Scope | undefined;
}

/** A stage built on more stages than this is not looked through to the end: everything then counts as defined. */
const DEEPEST = 100;

/** All uses of variables in the stages, but those that say themselves what stands for a missing value. */
export const variableUses = oncePerFile((facts): readonly VariableUse[] => {
  const uses: VariableUse[] = [];
  const scopes = new Map<ResolvedStage, Scope>();
  for (const stage of facts.stages) {
    const parent = stage.parent === undefined ? undefined : scopes.get(stage.parent);
    const scope: Scope = { own: new Set(), parent };
    scopes.set(stage, scope);
    for (const instruction of stage.stage.instructions) {
      const sets = instruction.keyword === "ENV" || instruction.keyword === "ARG";
      const pairs = sets ? assignments(instruction) : [];
      const mayUse =
        instruction.text.includes("$") || instruction.flags.length > 0 || instruction.heredocs.length > 0;
      if (mayUse && isExpanded(instruction)) {
        const beside = new Set(instruction.keyword === "ENV" ? pairs.map(({ name }) => name) : []);
        for (const { name, range, within } of lookedUp(instruction, pairs, facts.dockerfile.escape)) {
          uses.push({
            name,
            range,
            instruction,
            stage,
            defined: isDefined(scope, name),
            within,
            setBeside: within !== name && beside.has(name),
            known: firstOf(scope.own),
          });
        }
      }
      for (const { name } of pairs) scope.own.add(name);
    }
  }
  return uses;
});

/** The first names of a set as it is now: what is added later stands behind them. */
function firstOf(names: ReadonlySet<string>): (most: number) => string[] {
  const { size } = names;
  return (most) => {
    const first: string[] = [];
    for (const name of names) {
      if (first.length >= Math.min(size, most)) break;
      first.push(name);
    }
    return first;
  };
}

function isDefined(scope: Scope, name: string): boolean {
  let at: Scope | undefined = scope;
  for (let depth = 0; at !== undefined; depth++) {
    if (depth > DEEPEST || at.own.has(name)) return true;
    at = at.parent;
  }
  return false;
}

function lookedUp(
  instruction: Instruction,
  pairs: readonly { readonly name: string }[],
  escapeChar: string,
): { name: string; range: Range; within: string | undefined }[] {
  const { words, flags, heredocs } = instruction;
  const found: { name: string; range: Range; within: string | undefined }[] = [];
  words.forEach((word, index) => {
    if (!word.raw.includes("$")) return;
    // The old `ENV name value` has one pair, whose value is all the words that follow.
    const within = (pairs[index] ?? pairs[0])?.name;
    for (const reference of variableReferences(word.raw, escapeChar)) {
      if (!reference.guarded)
        found.push({ name: reference.name, range: referenceRange(word, reference), within });
    }
  });
  for (const { value = "", range } of flags) {
    for (const { name, guarded } of variableReferences(value, escapeChar))
      if (!guarded) found.push({ name, range, within: undefined });
  }
  for (const { expands, body, startLine } of heredocs) {
    if (!expands || !body.includes("$")) continue;
    let line = startLine;
    let lineStart = 0;
    for (const { name, guarded, start, end } of variableReferences(body, escapeChar)) {
      for (
        let next = body.indexOf("\n", lineStart);
        next >= 0 && next < start;
        next = body.indexOf("\n", lineStart)
      ) {
        lineStart = next + 1;
        line++;
      }
      const place = (offset: number) => ({ line, column: offset - lineStart + 1 });
      if (!guarded) found.push({ name, range: { start: place(start), end: place(end) }, within: undefined });
    }
  }
  return found;
}
