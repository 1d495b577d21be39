import type { Mount } from "../engine/engine.ts";

/** What the files for `ces-run` add to a run. */
export interface RunExtras {
  /** Variables, which win over all others. */
  readonly environment: Readonly<Record<string, string>>;
  /** In place of CMD. */
  readonly args: readonly string[] | undefined;
  readonly mounts: readonly Mount[];
  readonly temporary: readonly string[];
  readonly entrypoint: readonly string[] | undefined;
  readonly memory: string | undefined;
  readonly sharedMemory: string | undefined;
  readonly processes: number | undefined;
  readonly workingDirectory: string | undefined;
  readonly readOnlyRoot: boolean;
}

export const NO_EXTRAS: RunExtras = {
  environment: {},
  args: undefined,
  mounts: [],
  temporary: [],
  entrypoint: undefined,
  memory: undefined,
  sharedMemory: undefined,
  processes: undefined,
  workingDirectory: undefined,
  readOnlyRoot: false,
};
