import type { CaseExpectations, Report } from "../evidence/report.ts";
import type { Recording } from "../run/recording.ts";

type Expectation = CaseExpectations["expectations"][number];

/** What was expected of one run, for a reader who wants the outcome at a glance. */
export interface ExpectedRun {
  /** `case small`, `case small in podman`; `the job` where the settings name no cases. */
  readonly name: string;
  readonly met: number;
  readonly notMet: readonly Expectation[];
  readonly notAssessed: readonly Expectation[];
  readonly of: CaseExpectations;
}

export function expectedRuns({ expectations }: Report): ExpectedRun[] {
  const several = new Set(expectations.map(({ runtime }) => runtime)).size > 1;
  return expectations.map((of) => {
    const having = (status: Expectation["status"]) => of.expectations.filter((one) => one.status === status);
    const name = of.case === null ? "the job" : `case ${of.case}`;
    return {
      name: several ? `${name} in ${of.runtime}` : name,
      met: having("met").length,
      notMet: having("not-met"),
      notAssessed: having("not-assessed"),
      of,
    };
  });
}

/** Whether a run ended as it was meant to: with 0, unless the settings expect something else of it. */
export function endedWell(recording: Recording, { expectations }: Report): boolean {
  const own = expectations.find((one) => one.case === recording.case && one.runtime === recording.runtime);
  return own?.asMeant ?? recording.exit.code === 0;
}
