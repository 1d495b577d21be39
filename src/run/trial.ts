import type { TestCase } from "../config/config.ts";
import type { ChosenRuntime } from "../profiles/find.ts";
import type { NamedRuntime } from "../profiles/profile.ts";
import type { RunExtras } from "./extras.ts";

/** One run of the container: a test case in a runtime of the profile. */
export interface Trial {
  readonly runtime: NamedRuntime;
  readonly case: TestCase;
  /** Whether it counts for the verdict; the others are shown beside it. */
  readonly decides: boolean;
  /** What the files for `ces-run` add, where they are for this runtime. */
  readonly extras: RunExtras;
}

/** Every case in every runtime, those that decide first. */
export const trialsOf = (
  runtimes: readonly ChosenRuntime[],
  cases: readonly TestCase[],
  extrasFor: (runtime: NamedRuntime) => RunExtras,
): Trial[] =>
  runtimes.flatMap(({ runtime, decides }) =>
    cases.map((one) => ({ runtime, case: one, decides, extras: extrasFor(runtime) })),
  );

/** Names the run's folders, files and containers: `k8s`, `k8s-small-sample`. */
export function trialName({ runtime, case: { name } }: Trial): string {
  const slug = (name ?? "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "");
  return slug === "" ? runtime.id : `${runtime.id}-${slug}`;
}
