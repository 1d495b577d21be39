import type { TestCase } from "../config/config.ts";
import { nearest } from "../config/nearest.ts";
import { PratiqueError } from "../errors.ts";
import type { CaseExpectations } from "../evidence/report.ts";
import type { ImageFacts } from "../image/facts.ts";
import type { Profile } from "../profiles/profile.ts";
import { assessExpectations, endedAsMeant } from "../rules/expectations.ts";
import type { RunFacts } from "../rules/rule.ts";
import type { Recording } from "../run/recording.ts";
import type { Trial } from "../run/trial.ts";

/** The cases of the settings, or those of them that were asked for. Fails with `usage.bad-argument`. */
export function chooseCases(all: readonly TestCase[], asked: readonly string[] = []): readonly TestCase[] {
  const names = all.flatMap(({ name }) => name ?? []);
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const guess = nearest(unknown, names);
    throw new PratiqueError("usage.bad-argument", `There is no test case “${unknown.slice(0, 60)}”.`, {
      hint:
        names.length === 0
          ? "The settings name no cases: add them under test.cases in pratique.yaml."
          : guess === undefined
            ? `The settings have ${names.slice(0, 10).join(", ")}.`
            : `Did you mean “${guess}”?`,
    });
  }
  return asked.length === 0 ? all : all.filter(({ name }) => name !== undefined && asked.includes(name));
}

/** Where a run left what it wrote and printed. */
export interface RunPlaces {
  readonly outputs: string;
  readonly logFile: string;
}

/** What the rules need to judge a run: only what the settings expect something of is looked at. */
export async function factsOfRun(
  trial: Trial,
  recording: Recording,
  image: ImageFacts,
  places: RunPlaces,
  profile: Profile,
  signal: AbortSignal,
): Promise<RunFacts> {
  const expected = trial.case.expect;
  const { outputs: wanted, noOutputs, forbiddenColumns, log } = expected;
  const [{ readOutputs }, { formatsWanted }, { searchLog }] = await Promise.all([
    import("../outputs/read.ts"),
    import("../outputs/wanted.ts"),
    import("../run/log-search.ts"),
  ]);
  const formats = formatsWanted(expected, profile.directories.outputs.value);
  const looks = wanted.length + noOutputs.length + forbiddenColumns.length > 0;
  return {
    recording,
    image,
    expected,
    outputs: looks ? await readOutputs(places.outputs, { formats, signal }) : { files: [], unlisted: "" },
    logSearches: await searchLog(
      places.logFile,
      [...log.match, ...log.noMatch].map(({ value }) => value),
      recording.log.truncated,
      signal,
    ),
  };
}

/** For the report: what was expected of a run and what came of it; undefined where nothing was. */
export function caseExpectations(
  trial: Trial,
  facts: RunFacts,
  profile: Profile,
): CaseExpectations | undefined {
  const expectations = assessExpectations(facts, profile).map(({ text, status, reason, asked }) => ({
    text,
    status,
    reason,
    line: asked.location.startLine,
  }));
  const { name = null } = trial.case;
  if (name === null && expectations.length === 0) return undefined;
  return {
    case: name,
    runtime: trial.runtime.id,
    asMeant: endedAsMeant(facts.recording, facts.expected),
    expectations,
  };
}
