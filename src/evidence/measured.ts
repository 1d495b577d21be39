import type { Report } from "./report.ts";

/**
 * What differs between two checks of the same thing, wherever a field has one of these names: when something was, how
 * long it took, what it used, in which order the lines of the program's two streams came (`tail`), and what is drawn at
 * random. The numbers of processes and of seconds differ in texts as well. Everything else is the same, as long as the
 * program itself does the same.
 */
export const MEASURED = [
  "times",
  "seconds",
  "secondsLost",
  "startedAt",
  "endedAt",
  "firstAt",
  "lastAt",
  "cpuSeconds",
  "peakMemory",
  "usage",
  "pid",
  "parent",
  "fingerprint",
  "tail",
] as const;

/** The report without what was measured: the same for the same input. */
export function withoutMeasured(report: Report): unknown {
  const names: readonly string[] = MEASURED;
  const text = JSON.stringify(report, (key, value: unknown) => {
    if (names.includes(key)) return undefined;
    return typeof value === "string" ? value.replace(MEASURED_IN_TEXT, "…") : value;
  });
  return JSON.parse(text);
}

const MEASURED_IN_TEXT = /(?<=\bprocess )\d+|\d+(?:\.\d+)?(?= s\b| seconds?\b)/g;
