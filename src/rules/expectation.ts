import type { Asked } from "../config/expectations.ts";

/** The rules that say which expectation is not met. */
export type ExpectationRule =
  | "unexpected-exit"
  | "missing-output"
  | "output-too-small"
  | "unreadable-output"
  | "unexpected-row-count"
  | "unexpected-output"
  | "forbidden-column"
  | "unexpected-log"
  | "limit-exceeded";

export type ExpectationStatus = "met" | "not-met" | "not-assessed";

/** One thing that the settings expect of a run, and what became of it. */
export interface AssessedExpectation {
  /** What is expected, as the rest of a sentence that begins with “The job”. */
  readonly text: string;
  readonly status: ExpectationStatus;
  /** Why it is not met, or was not assessed: a whole sentence. Empty where it is met. */
  readonly reason: string;
  readonly rule: ExpectationRule;
  readonly asked: Pick<Asked<unknown>, "location" | "excerpt">;
  /** What could be written in the settings, or what the program should do instead. */
  readonly fix?: string;
}

/** What became of an expectation. */
export type Outcome = Pick<AssessedExpectation, "status" | "reason" | "rule"> & { readonly fix?: string };

export const met = (rule: ExpectationRule): Outcome => ({ status: "met", reason: "", rule });
export const notMet = (rule: ExpectationRule, reason: string, fix?: string): Outcome => ({
  status: "not-met",
  reason,
  rule,
  ...(fix === undefined ? {} : { fix }),
});
export const notAssessed = (rule: ExpectationRule, reason: string): Outcome => ({
  status: "not-assessed",
  reason,
  rule,
});

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
