import type { Mount } from "../engine/engine.ts";

/** What a job manifest or the files for `ces-run` add to a run. */
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
  /** Processors that the run may use; undefined: all. */
  readonly processors: number | undefined;
  readonly workingDirectory: string | undefined;
  readonly readOnlyRoot: boolean;
  /** What the container is called inside; a name of ours unless given. */
  readonly hostname: string | undefined;
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
  processors: undefined,
  workingDirectory: undefined,
  readOnlyRoot: false,
  hostname: undefined,
};
