import type { Profile } from "../profiles/profile.ts";
import { type JobPlan, OUTPUT_VARIABLE } from "./plan.ts";

/** Files for `ces-run`, which starts the same job on a desktop; undefined where there is nothing to say. */
export interface CesFiles {
  readonly options: string | undefined;
  readonly arguments: string | undefined;
  readonly environment: string;
}

export const CES_NAMES = {
  options: "opt-file.txt",
  arguments: "arg-file.txt",
  environment: "env-file.txt",
} as const;

/** There each run has a folder for results of its own, so that the program is sent to the folder itself. */
export function cesFiles(plan: JobPlan, profile: Profile): CesFiles {
  const outputs = profile.directories.outputs.value;
  const { memory, sharedMemory } = plan.resources;
  const options = [
    `--memory=${megabytes(memory.limit)}`,
    ...(sharedMemory === undefined
      ? []
      : [`--shm-size=${megabytes(sharedMemory.bytes ?? memory.limit / 2)}`]),
  ];
  const args = plan.args?.map((word) => argument(word.replaceAll(`$(${OUTPUT_VARIABLE})`, outputs)));
  const variables = [[OUTPUT_VARIABLE, outputs] as const, ...plan.environment]
    // A line ends a value there, and nothing can be quoted.
    .filter(([, value]) => !/[\r\n]/.test(value))
    .map(([name, value]) => `${name}=${value}`);
  return {
    options: lines(options),
    arguments: args === undefined || args.length === 0 ? undefined : lines(args),
    environment: lines(variables),
  };
}

const lines = (all: readonly string[]): string => `${all.join("\n")}\n`;

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)}m`;

/** A word as a shell reads it; the file has one on each line. */
const argument = (word: string): string =>
  /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replace(/[\r\n]+/g, " ").replaceAll("'", `'"'"'`)}'`;
