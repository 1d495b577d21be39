import type { Instruction } from "../dockerfile/model.ts";
import { lineage } from "../dockerfile/variables.ts";
import type { LibraryUse, Place } from "../source/facts.ts";
import { jobFiles } from "./copied-files.ts";
import { groupBy } from "./group.ts";
import type { ProjectFacts } from "./rule.ts";

/** Which of the project's files the job runs: not tests, not what only a RUN executes, not what stays outside the image. */
interface JobCode {
  readonly runs: (file: string) => boolean;
  /** Only while the image is built. */
  readonly builds: (file: string) => boolean;
  /** Named by ENTRYPOINT or CMD, or by a script that is. */
  readonly starts: (file: string) => boolean;
  /** False when the start command names no file of the project. */
  readonly startIsKnown: boolean;
}

const known = new WeakMap<ProjectFacts, JobCode>();

export function jobCode(facts: ProjectFacts): JobCode {
  const before = known.get(facts);
  if (before !== undefined) return before;
  const inImage = jobFiles(facts);
  const all = lineage(facts.stages).flatMap(({ stage }) => stage.instructions);
  const textOf = (wanted: readonly string[]): string =>
    all
      .filter(({ keyword }) => wanted.includes(keyword))
      .map(scriptOf)
      .join("\n");
  const built = textOf(["RUN"]);
  const started = textOf(["CMD", "ENTRYPOINT"]);
  const scripts = groupBy(facts.source.scripts, ({ file }) => file);
  const files = facts.context.files.map(({ path }) => path);
  const start = reached(files, started, scripts);
  const build = reached(files, built, scripts);
  const isBuild = (file: string): boolean => build.has(file) && !start.has(file);
  const isJob = (file: string): boolean =>
    (inImage === undefined || inImage.has(file)) && !ASIDE.test(file) && !isBuild(file);
  const made: JobCode = {
    runs: isJob,
    builds: isBuild,
    starts: (file) => start.has(file) && isJob(file),
    startIsKnown: start.size > 0,
  };
  known.set(facts, made);
  return made;
}

const ASIDE = /(?:^|\/)(?:tests?|docs?)\/|(?:^|\/)(?:test_[^/]*|conftest\.py)$|_test\.\w+$/;

/** Files that a text names, and those that the scripts among them name. */
function reached(
  files: readonly string[],
  text: string,
  scripts: ReadonlyMap<string, readonly { readonly runs: string }[]>,
): ReadonlySet<string> {
  const byName = groupBy(files, baseName);
  const found = new Set<string>();
  const words = new Set(text.split(/[\s"'=;&|()[\],]+/).map(baseName));
  const pending = [...words].flatMap((word) => byName.get(word) ?? []);
  while (pending.length > 0) {
    const file = pending.pop();
    if (file === undefined || found.has(file)) continue;
    found.add(file);
    for (const { runs } of scripts.get(file) ?? []) pending.push(...(byName.get(runs) ?? []));
  }
  return found;
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Text and heredocs of an instruction. */
export const scriptOf = ({ text, heredocs }: Instruction): string =>
  [text, ...heredocs.map(({ body }) => body)].join("\n");

/** What was found in code that the job runs. */
export const inJob = <T extends Pick<Place, "file">>(facts: ProjectFacts, list: readonly T[]): T[] =>
  list.filter(({ file }) => jobCode(facts).runs(file));

export const jobUses = (facts: ProjectFacts): LibraryUse[] => inJob(facts, facts.source.uses);
