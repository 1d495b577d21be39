import type { Finding } from "../findings/finding.ts";
import type { NamedRuntime, Profile, Statement } from "../profiles/profile.ts";
import type { RequirementResult, RequirementStatus, RuntimeResult } from "./report.ts";
import { decideVerdict } from "./verdict.ts";

/** What one runtime says, as though the test had been made in it alone. */
export interface RuntimeColumn {
  readonly runtime: NamedRuntime;
  readonly decides: boolean;
  /** Engine or program that started the containers. */
  readonly startedWith: string;
  /** False where the place's own program started them. */
  readonly imitated: boolean;
  /** Why there was no run; empty where there was one. */
  readonly problem: string;
  readonly findings: readonly Finding[];
  readonly requirements: readonly RequirementResult[];
}

/** Whether a run in this runtime can show the statement: what is only foreseen shows what is said of it, and no more. */
export const canShow = (
  { runtimes }: Pick<Statement, "runtimes">,
  { id, foreseen }: Pick<NamedRuntime, "id" | "foreseen">,
): boolean => (runtimes === undefined ? foreseen !== true : runtimes.includes(id));

/** Worst first: a requirement holds where it holds in every runtime that counts. */
const WORST: readonly RequirementStatus[] = ["fail", "not-assessed", "waived", "pass"];

/**
 * The requirements over all runtimes. Those that decide count, each where its run can show the statement; for what is
 * foreseen, the runtimes that show it.
 */
export function overall(profile: Profile, columns: readonly RuntimeColumn[]): RequirementResult[] {
  const statements = new Map(profile.statements.map((statement) => [statement.id, statement]));
  const [first] = columns;
  return (first?.requirements ?? []).map((result, index) => {
    const statement = statements.get(result.id);
    if (statement?.shownBy?.includes("run") !== true) return result;
    const counting = columns.filter(
      ({ runtime, decides }) => (decides || runtime.foreseen === true) && canShow(statement, runtime),
    );
    const results = counting.flatMap(({ requirements }) => requirements[index] ?? []);
    const worst = WORST.flatMap((status) => results.find((one) => one.status === status) ?? [])[0];
    return worst ?? { ...result, status: "not-assessed", reason: whyNoRun(statement, profile) };
  });
}

function whyNoRun({ runtimes }: Statement, profile: Profile): string {
  const able = runtimes ?? profile.defaultRuntimes.value;
  return `It is shown by a test in ${able.join(" or ")}, and none was made (--runtime ${able[0] ?? ""}).`;
}

/** The column for the report: what each requirement that a run shows came to, and what the verdict would be. */
export function runtimeResult(column: RuntimeColumn, profile: Profile): RuntimeResult {
  const { runtime, decides, startedWith, imitated, problem } = column;
  const shown = new Set(
    profile.statements.filter(({ shownBy }) => shownBy?.includes("run")).map(({ id }) => id),
  );
  return {
    id: runtime.id,
    title: runtime.title,
    decides,
    foreseen: runtime.foreseen === true,
    startedWith,
    imitated,
    notImitated: runtime.notImitated,
    problem,
    verdict: runtime.foreseen === true ? null : decideVerdict(able(column, profile), column.findings),
    requirements: column.requirements
      .filter(({ id }) => shown.has(id))
      .map(({ id, status, reason }) => ({ id, status, reason })),
  };
}

/** What a run in this runtime cannot show is not held against it. */
function able({ runtime, requirements }: RuntimeColumn, profile: Profile): RequirementResult[] {
  const beyond = new Set(
    profile.statements
      .filter((statement) => statement.shownBy?.includes("run") && !canShow(statement, runtime))
      .map(({ id }) => id),
  );
  return requirements.filter(({ id }) => !beyond.has(id));
}
