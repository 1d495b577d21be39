import type { EngineName } from "../engine/engine.ts";
import { terminalOptions } from "./failure.ts";
import { makeProgress } from "./progress.ts";
import { stopOnSignals, write } from "./work.ts";

export interface DiffCommandOptions {
  readonly engine?: EngineName;
  readonly config?: string;
  readonly profile?: string;
  readonly format: "text" | "json";
  readonly verify: boolean;
  readonly exitCode?: boolean;
}

/** Shows what two images have that is not the same. 1 for a difference only where that was asked for. */
export async function runDiff(before: string, after: string, options: DiffCommandOptions): Promise<number> {
  const abort = new AbortController();
  const unhook = stopOnSignals(abort);
  const progress = makeProgress(true, false);
  try {
    const { diffImages } = await import("../pipeline/diff.ts");
    const diff = await diffImages({
      ...options,
      before,
      after,
      signal: abort.signal,
      progress: progress.sink,
    });
    progress.stop();
    const { renderDiff } = await import("../reporters/diff.ts");
    const text =
      options.format === "json"
        ? `${JSON.stringify(diff, null, 2)}\n`
        : renderDiff(diff, terminalOptions(process.stdout));
    await write(process.stdout, text);
    return options.exitCode === true && diff.differs ? 1 : 0;
  } finally {
    progress.stop();
    unhook();
  }
}
