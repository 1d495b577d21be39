import type { ProgressSink } from "../pipeline/collector.ts";
import { Progress } from "../reporters/progress.ts";

const silent: ProgressSink = { start() {}, detail() {}, done() {} };

/** Progress on stderr, so that stdout holds results alone. */
export function makeProgress(
  wanted: boolean,
  verbose: boolean,
): { readonly sink: ProgressSink; stop(): void } {
  if (!wanted) return { sink: silent, stop() {} };
  const progress = new Progress({ stream: process.stderr, env: process.env, verbose });
  return {
    sink: progress,
    stop: () => progress.stop(),
  };
}
