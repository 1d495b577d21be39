import { rm, writeFile } from "node:fs/promises";
import { notWritable } from "../system/files.ts";
import type { ContainerPlan } from "./engine.ts";

/** How a container's variables reach the engine without standing on its command line. */
export interface GivenEnvironment {
  readonly args: readonly string[];
  /** What the engine's own process has to be given. */
  readonly variables: Readonly<Record<string, string>>;
  readonly remove: () => Promise<void>;
}

/** Engines read environment files line by line and take no longer line than this (64 KiB with its end). */
const LONGEST_LINE = 60_000;

/**
 * Writes the variables to a file that nobody else can read. A value with line breaks, and a very long one, cannot stand
 * in such a file, and some versions of Podman take quotes off: then the engine takes it from its own environment, which
 * nobody else can read either.
 */
export async function writeEnvironment(
  plan: Pick<ContainerPlan, "environment" | "environmentFile">,
): Promise<GivenEnvironment> {
  const entries = Object.entries(plan.environment);
  if (entries.length === 0) return { args: [], variables: {}, remove: async () => {} };
  const file = plan.environmentFile;
  if (file === undefined) throw new Error("a container with variables needs a file for them");
  const isLine = ([name, value]: readonly [string, string]): boolean =>
    !/[\n\r"']/.test(value) && name.length + value.length < LONGEST_LINE;
  const lines = entries.filter(isLine).map(([name, value]) => `${name}=${value}\n`);
  const others = entries.filter((entry) => !isLine(entry));
  try {
    await writeFile(file, lines.join(""), { mode: 0o600 });
  } catch (error) {
    throw notWritable(file, error);
  }
  return {
    args: ["--env-file", file, ...others.flatMap(([name]) => ["--env", name])],
    variables: Object.fromEntries(others),
    remove: () => rm(file, { force: true }),
  };
}
