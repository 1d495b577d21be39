import { sizeOf } from "../findings/counting.ts";
import type { Draft } from "../findings/finding.ts";
import type { Profile } from "../profiles/profile.ts";
import type { Recording } from "../run/recording.ts";
import {
  type AssessedExpectation,
  capital,
  type ExpectationRule,
  met,
  notAssessed,
  notMet,
} from "./expectation.ts";
import { expectedOutput, forbiddenColumns, forbiddenOutput } from "./expected-outputs.ts";
import type { RunFacts } from "./rule.ts";
import { endedEarly, seconds } from "./runs.ts";
import { hideSecrets } from "./secrets.ts";

const assessed = new WeakMap<RunFacts, AssessedExpectation[]>();

/** Every expectation of the settings held against one run, in the order of their kinds. */
export function assessExpectations(facts: RunFacts, profile: Profile): readonly AssessedExpectation[] {
  const before = assessed.get(facts);
  if (before !== undefined) return before;
  const made = [
    ...exitCode(facts),
    ...facts.expected.outputs.map((asked) => expectedOutput(asked, facts, profile)),
    ...facts.expected.noOutputs.map((asked) => forbiddenOutput(asked, facts, profile)),
    ...forbiddenColumns(facts),
    ...logLines(facts),
    ...limits(facts),
  ];
  assessed.set(facts, made);
  return made;
}

/** The findings of one rule: its expectations that are not met. */
export function* unmet(
  rule: ExpectationRule,
  facts: RunFacts,
  profile: Profile,
  fix: string,
): Generator<Draft> {
  for (const one of assessExpectations(facts, profile)) {
    if (one.rule === rule && one.status === "not-met") yield draftOf(one, fix);
  }
}

/** A finding at the place in the settings that expects it otherwise. */
export const draftOf = ({ reason, asked, fix }: AssessedExpectation, otherwise: string): Draft => ({
  message: reason,
  location: asked.location,
  excerpt: asked.excerpt,
  fix: fix ?? otherwise,
});

/** Whether a run ended by itself and with an exit code that the settings expect. */
export function endedAsMeant(recording: Recording, expected: RunFacts["expected"]): boolean {
  const { cause, code } = recording.exit;
  return cause === "exited" && code !== null && (expected.exitCode?.value ?? [0]).includes(code);
}

function* exitCode({ recording, expected }: RunFacts): Generator<AssessedExpectation> {
  const asked = expected.exitCode;
  if (asked === undefined) return;
  const meant = endedAsMeant(recording, expected);
  const wanted = asked.value.join(" or ");
  const ended =
    recording.exit.code === null || recording.exit.cause !== "exited"
      ? capital(endedEarly(recording) ?? "the job did not end by itself")
      : `The job ended with exit code ${recording.exit.code}`;
  yield {
    text: `ends with exit code ${wanted}`,
    ...(meant ? met("unexpected-exit") : notMet("unexpected-exit", `${ended}; ${wanted} is expected.`)),
    asked,
  };
}

function* logLines({ expected, logSearches, recording }: RunFacts): Generator<AssessedExpectation> {
  const searchOf = (pattern: string) => logSearches.find((search) => search.pattern === pattern);
  for (const asked of expected.log.match) {
    const search = searchOf(asked.value);
    const early = endedEarly(recording);
    yield {
      text: `prints a line that matches ${asked.value}`,
      ...(search?.found != null
        ? met("unexpected-log")
        : search === undefined || search.unsearched !== ""
          ? notAssessed("unexpected-log", unsearched(asked.value, search?.unsearched))
          : notMet(
              "unexpected-log",
              `No line that the program printed matches “${shown(asked.value)}”.${early === undefined ? "" : ` ${capital(early)}.`}`,
              `The whole output is in ${recording.log.file}.`,
            )),
      asked,
    };
  }
  for (const asked of expected.log.noMatch) {
    const search = searchOf(asked.value);
    yield {
      text: `prints no line that matches ${asked.value}`,
      ...(search?.found != null
        ? notMet(
            "unexpected-log",
            `Line ${search.found.line} that the program printed matches “${shown(asked.value)}”: “${hideSecrets(search.found.text).slice(0, 160)}”.`,
            `The whole output is in ${recording.log.file}.`,
          )
        : search === undefined || search.unsearched !== ""
          ? notAssessed("unexpected-log", unsearched(asked.value, search?.unsearched))
          : met("unexpected-log")),
      asked,
    };
  }
}

const shown = (pattern: string): string => (pattern.length > 80 ? `${pattern.slice(0, 79)}…` : pattern);

const unsearched = (pattern: string, reason = "it was not searched"): string =>
  `The output could not be searched to its end for “${shown(pattern)}”: ${reason}.`;

function* limits({ expected, recording }: RunFacts): Generator<AssessedExpectation> {
  const { maxTime, maxMemory } = expected;
  if (maxTime !== undefined) {
    yield {
      text: `takes at most ${seconds(maxTime.value)}`,
      ...(recording.seconds <= maxTime.value
        ? met("limit-exceeded")
        : notMet(
            "limit-exceeded",
            `The run took ${seconds(recording.seconds)}; at most ${seconds(maxTime.value)} are expected.`,
          )),
      asked: maxTime,
    };
  }
  if (maxMemory === undefined) return;
  const peak = recording.usage.peaks.memory;
  yield {
    text: `uses at most ${sizeOf(maxMemory.value)} of memory`,
    ...(peak === null
      ? notAssessed("limit-exceeded", "How much memory the run used was not measured.")
      : peak <= maxMemory.value
        ? met("limit-exceeded")
        : notMet(
            "limit-exceeded",
            `The run used ${sizeOf(peak)} of memory at its peak; at most ${sizeOf(maxMemory.value)} are expected.`,
          )),
    asked: maxMemory,
  };
}
