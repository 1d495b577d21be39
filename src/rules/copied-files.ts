import { parseIgnore } from "../context/ignore.ts";
import type { ContextFile } from "../context/walk.ts";
import type { Instruction } from "../dockerfile/model.ts";
import { findStage, lineage, type ResolvedStage } from "../dockerfile/variables.ts";
import { copyParts, expandKnown, flagValue, isWithin, resolvePath, type Step, stepsOf } from "./helpers.ts";
import type { ProjectFacts } from "./rule.ts";

/** What one COPY or ADD of the final image brings in from the project folder. */
interface Copied {
  readonly instruction: Instruction;
  /** As written. */
  readonly sources: readonly string[];
  readonly files: readonly ContextFile[];
  /** True when a source is the whole project folder. */
  readonly everything: boolean;
}

const known = new WeakMap<ProjectFacts, readonly Copied[]>();

/** Files of the project that end up in the image, those that a builder stage hands on included. */
export function copiedFiles(facts: ProjectFacts): readonly Copied[] {
  const before = known.get(facts);
  if (before !== undefined) return before;
  const copied = copiedBy(facts, lineage(facts.stages), undefined, 0);
  known.set(facts, copied);
  return copied;
}

/** Follows `COPY --from` into builder stages, where only what lands below `wanted` counts. */
function copiedBy(
  facts: ProjectFacts,
  chain: readonly ResolvedStage[],
  wanted: readonly string[] | undefined,
  depth: number,
): Copied[] {
  return stepsOf(facts, chain).flatMap((step) => {
    const { instruction } = step;
    if (instruction.keyword !== "COPY" && instruction.keyword !== "ADD") return [];
    const { sources, target } = copyParts(instruction);
    if (target === undefined) return [];
    const place = resolvePath(step.folder, expandKnown(target, step.variables));
    if (wanted !== undefined && !wanted.some((path) => isWithin(place, path) || isWithin(path, place)))
      return [];
    const from = flagValue(instruction, "from");
    if (from === undefined) return [fromContext(facts, step, sources)];
    const stage = findStage(facts.stages, from);
    if (stage === undefined || depth > 3 || chain.includes(stage)) return [];
    const inner = copiedBy(
      facts,
      stageChain(stage),
      sources.map((source) => resolvePath("/", source)),
      depth + 1,
    );
    return inner.map((copied) => ({ ...copied, everything: false }));
  });
}

function stageChain(stage: ResolvedStage): ResolvedStage[] {
  const chain: ResolvedStage[] = [];
  for (let at: ResolvedStage | undefined = stage; at !== undefined; at = at.parent) chain.push(at);
  return chain;
}

function fromContext(facts: ProjectFacts, step: Step, sources: readonly string[]): Copied {
  const { instruction } = step;
  const local = sources
    .map((source) => expandKnown(source, step.variables))
    .filter((source) => !source.includes("$") && !/^(?:https?|ftp|git):\/\/|^git@/.test(source))
    .map((source) =>
      source
        .split("/")
        .filter((part) => part !== "" && part !== ".")
        .join("/"),
    );
  const excluded = instruction.flags.filter(({ name }) => name === "exclude").map(({ value }) => value ?? "");
  const ignore = excluded.length === 0 ? undefined : parseIgnore(excluded.join("\n"));
  const matchers = local.map(matcher);
  const files = facts.context.files.filter(
    ({ path }) => matchers.some((matches) => matches(path)) && !(ignore?.ignores(path) ?? false),
  );
  return { instruction, sources, files, everything: local.includes("") };
}

/** Docker's source patterns: `*`, `?` and classes within a part of the path; a folder takes in what lies below. */
function matcher(source: string): (path: string) => boolean {
  if (source === "") return () => true;
  if (!/[*?[\\]/.test(source)) return (path) => path === source || path.startsWith(`${source}/`);
  const rules = parseIgnore(source.replace(/^[#!]/, "\\$&"));
  return (path) => rules.ignores(path);
}

/** Paths of the project that the image contains; undefined when the Dockerfile copies nothing that can be told. */
export function jobFiles(facts: ProjectFacts): ReadonlySet<string> | undefined {
  const paths = new Set(copiedFiles(facts).flatMap(({ files }) => files.map(({ path }) => path)));
  return paths.size === 0 ? undefined : paths;
}
