import type { Report, RequirementStatus, RuntimeResult } from "../evidence/report.ts";
import type { Recording } from "../run/recording.ts";

/** One cell of the table of runtimes and requirements. */
export interface RuntimeCell {
  readonly runtime: RuntimeResult;
  readonly status: RequirementStatus;
  readonly reason: string;
}

export interface RuntimeRow {
  readonly id: string;
  readonly cells: readonly RuntimeCell[];
}

/** The table's rows; none where the test was made in one runtime only. */
export function runtimeRows({ runtimes }: Report): RuntimeRow[] {
  const [first] = runtimes;
  if (first === undefined || runtimes.length < 2) return [];
  return first.requirements.map(({ id }) => ({
    id,
    cells: runtimes.map((runtime) => {
      const found = runtime.requirements.find((one) => one.id === id);
      return {
        runtime,
        status: found?.status ?? "not-assessed",
        reason: found?.reason ?? "The report does not say.",
      };
    }),
  }));
}

/** The runs in a runtime, one for each test case. */
export const runsIn = ({ recording, others }: Report, { id }: RuntimeResult): Recording[] =>
  [...(recording === null ? [] : [recording]), ...others].filter(({ runtime }) => runtime === id);

/** How the jobs of a runtime ended, in a word or two: the first that did not end well, else that all did. */
export function endIn(report: Report, runtime: RuntimeResult): string {
  const runs = runsIn(report, runtime);
  if (runtime.problem !== "" || runs.length === 0) return "not run";
  const failed = runs.find(({ exit }) => exit.code !== 0);
  if (failed === undefined) return "exit 0";
  const { code, signal, cause } = failed.exit;
  if (cause === "time-limit") return "too slow";
  if (cause === "memory") return "memory";
  return signal ?? (code === null ? "no start" : `exit ${code}`);
}

/** Says by what the runtimes were imitated; empty where the place's own programs started all. */
export function imitationWords({ runtimes }: Report): string {
  const imitated = runtimes.filter((runtime) => runtime.imitated && runtime.problem === "");
  const [first] = imitated;
  if (first === undefined) return "";
  const names = imitated.map(({ id }) => id);
  return `${names.join(", ")}: imitated with ${first.startedWith}.`;
}
