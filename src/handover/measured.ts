import type { Report } from "../evidence/report.ts";
import { binarySizeOf } from "../findings/counting.ts";
import type { Recording } from "../run/recording.ts";

/** What the runs of a test used at most; null where it could not be measured. */
export interface Measured {
  /** When the test was made. */
  readonly at: string;
  readonly runs: number;
  /** Bytes of all processes together. */
  readonly memory: number | null;
  /** Processors in use, in the busiest interval. */
  readonly processors: number | null;
  /** Bytes in /dev/shm. */
  readonly sharedMemory: number | null;
  /** Seconds of the longest run. */
  readonly seconds: number;
  /** A run that memory or its time limit ended: what it would have used, nobody knows. */
  readonly cutShort: "memory" | "time-limit" | undefined;
}

/** The peaks of all runs that a report tells of; undefined where it tells of none. */
export function measuredIn({ recording, others, times }: Report): Measured | undefined {
  const runs = recording === null ? [] : [recording, ...others];
  if (runs.length === 0) return undefined;
  const most = (of: (run: Recording) => number | null): number | null =>
    runs.map(of).reduce((a, b) => (a === null ? b : b === null ? a : Math.max(a, b)), null);
  const causes = runs.map(({ exit }) => exit.cause);
  return {
    at: times.startedAt,
    runs: runs.length,
    memory: most(({ usage }) => usage.peaks.memory),
    processors: most(({ usage }) => usage.peaks.processors),
    sharedMemory: most(({ usage }) => usage.peaks.sharedMemory),
    seconds: most(({ seconds }) => seconds) ?? 0,
    cutShort: (["memory", "time-limit"] as const).find((cause) => causes.includes(cause)),
  };
}

/** What the job asks for. */
export interface Resources {
  readonly cpu: { readonly request: number; readonly limit: number };
  /** Bytes; what is in /dev/shm counts as memory. */
  readonly memory: { readonly request: number; readonly limit: number };
  /** Whether /dev/shm is made larger, and to what; undefined bytes: as large as memory allows. */
  readonly sharedMemory: { readonly bytes: number | undefined } | undefined;
  /** How each number came about, in sentences. */
  readonly basis: readonly string[];
}

export interface Wanted {
  readonly cpus: number | undefined;
  /** Bytes. */
  readonly memory: number | undefined;
  readonly sharedMemory: number | undefined;
  readonly gpus: number;
  /** Where the code starts workers that share memory: `src/train.py:12`. */
  readonly workers: string | undefined;
}

/** Real data are larger than a sample: a half more than the sample needed is asked for. */
const MEMORY_ROOM = 1.5;
const CPU_ROOM = 1.25;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const LEAST_MEMORY = 512 * MIB;
/** Every container has so much without asking (K8S-14). */
const USUAL_SHARED = 64 * MIB;
/** Room for what workers hand to each other, where nothing says how much. */
const SHARED_ROOM = 2 * GIB;

/**
 * Requests are what was measured, with head-room; limits are no lower than in the place's own example, since a limit that is
 * not used costs nothing. What was asked for stands as it is.
 */
export function resourcesFor(
  measured: Measured | undefined,
  wanted: Wanted,
  example: { readonly cpu: number; readonly memory: number },
): Resources {
  const basis: string[] = [];
  const cpu = cpuFor(measured, wanted, example.cpu, basis);
  const memory = memoryFor(measured, wanted, example.memory, basis);
  const sharedMemory = sharedFor(measured, wanted, basis);
  const more =
    sharedMemory === undefined || wanted.memory !== undefined ? 0 : (sharedMemory.bytes ?? SHARED_ROOM);
  return { cpu, memory: { ...memory, limit: memory.limit + more }, sharedMemory, basis };
}

function cpuFor(measured: Measured | undefined, { cpus }: Wanted, example: number, basis: string[]) {
  if (cpus !== undefined) {
    basis.push(`Processors: ${cpus}, as asked for.`);
    return { request: cpus, limit: cpus };
  }
  const peak = measured?.processors ?? null;
  if (peak === null) {
    basis.push(`Processors: not measured, so that the example's ${example} are asked for.`);
    return { request: example, limit: example };
  }
  const request = Math.max(1, Math.ceil(peak * CPU_ROOM));
  basis.push(
    `Processors: up to ${Number(peak.toFixed(1))} were in use during the test; with a quarter more, ${request} asked for.`,
  );
  return { request, limit: Math.max(request, example) };
}

function memoryFor(measured: Measured | undefined, { memory }: Wanted, example: number, basis: string[]) {
  if (memory !== undefined) {
    basis.push(`Memory: ${binarySizeOf(memory)}, as asked for.`);
    return { request: memory, limit: memory };
  }
  const peak = measured?.memory ?? null;
  if (peak === null) {
    basis.push(`Memory: not measured, so that the example's ${binarySizeOf(example)} are asked for.`);
    return { request: example, limit: example };
  }
  const cut = measured?.cutShort === "memory";
  const request = Math.max(LEAST_MEMORY, roundUp(peak * (cut ? 2 * MEMORY_ROOM : MEMORY_ROOM)));
  basis.push(
    cut
      ? `Memory: the test was ended because its memory of ${binarySizeOf(peak)} ran out, so that what it needs is not known; ${binarySizeOf(request)} asked for.`
      : `Memory: at most ${binarySizeOf(peak)} in the test; with a half more and rounded up, ${binarySizeOf(request)} asked for.`,
  );
  return { request, limit: Math.max(request, example) };
}

function sharedFor(
  measured: Measured | undefined,
  { sharedMemory, gpus, workers }: Wanted,
  basis: string[],
): Resources["sharedMemory"] {
  const says = (why: string): void => {
    basis.push(`/dev/shm: ${why}`);
  };
  if (sharedMemory !== undefined) {
    says(`${binarySizeOf(sharedMemory)}, as asked for; it counts as memory.`);
    return { bytes: sharedMemory };
  }
  const peak = measured?.sharedMemory ?? 0;
  if (workers !== undefined) says(`larger than 64 MiB, since workers share memory (${workers}).`);
  else if (peak * 2 > USUAL_SHARED)
    says(`larger than 64 MiB, since the test had up to ${binarySizeOf(peak)} in it.`);
  else if (gpus > 0)
    says("larger than 64 MiB, since what uses GPUs mostly starts workers that share memory.");
  else return undefined;
  return { bytes: undefined };
}

/** To the next quarter of a gibibyte, from two on to the next whole one. */
function roundUp(bytes: number): number {
  const step = bytes > 2 * GIB ? GIB : GIB / 4;
  return Math.ceil(bytes / step) * step;
}

/** `4Gi`, `512Mi`: as Kubernetes reads it. */
export const quantityOf = (bytes: number): string =>
  bytes % GIB === 0 ? `${bytes / GIB}Gi` : `${Math.ceil(bytes / MIB)}Mi`;
