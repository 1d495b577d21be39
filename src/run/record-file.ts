import * as z from "zod";
import type { ProcessRef } from "../findings/finding.ts";

/** `recording.json` as the recorder writes it (protocol 2, see recorder/README.md). */

const text = z.string();
const count = z.int().nonnegative();
const seconds = z.number().nonnegative();
export const processRef: z.ZodType<ProcessRef> = z.object({ pid: z.int(), command: text, executable: text });
export const observed = z.object({ status: z.enum(["observed", "partial", "not-observed"]), reason: text });

export const attempt = z.object({
  host: text.nullable(),
  address: text.nullable(),
  port: z.int().nullable(),
  protocol: z.enum(["dns", "tcp", "udp"]),
  process: processRef,
  count,
  firstAt: seconds,
  lastAt: seconds,
  secondsLost: seconds,
});
export const contact = z.object({
  host: text.nullable(),
  address: text.nullable(),
  port: z.int(),
  protocol: z.enum(["tcp", "udp"]),
  kind: text,
  serverName: text.nullable(),
  request: z.object({ method: text, host: text, path: text, query: z.boolean() }).nullable(),
  process: processRef,
  count,
  firstAt: seconds,
});
export const startedProgram = z.object({
  command: text,
  executable: text,
  count,
  cpuSeconds: seconds,
  peakMemory: count.nullable(),
  failures: count,
});
export const processRecord = z.object({
  pid: z.int(),
  parent: z.int(),
  command: text,
  executable: text,
  startedAt: seconds,
  endedAt: seconds.nullable(),
  exitCode: z.int().nullable(),
  signal: text.nullable(),
  cpuSeconds: seconds.nullable(),
  peakMemory: count.nullable(),
  threads: count,
  measured: z.enum(["exit", "wait", "sampled"]),
});
export const input = z.object({
  stdinRead: z.boolean().nullable(),
  stdinReaders: z.array(processRef),
  terminalOpens: count,
});
export const listen = z.object({ address: text, port: count, process: processRef, count });
export const setUserIdUse = z.object({
  path: text,
  kind: z.enum(["user", "group"]),
  process: processRef,
  count,
});

const figure = count.nullable();
const factor = seconds.nullable();
const column = z.array(figure).max(1000);
/** Columns of different lengths would make a drawing that lies. */
const samples = z
  .object({
    at: z.array(seconds).max(1000),
    memory: column,
    processors: z.array(factor).max(1000),
    scratch: column,
    outputs: column,
    sharedMemory: column,
    openFiles: column,
    processes: column,
  })
  .refine((columns) => Object.values(columns).every(({ length }) => length === columns.at.length));
export const usage = z.object({
  limits: z.object({
    memory: figure,
    processes: figure,
    sharedMemory: figure,
    scratch: figure,
    openFiles: figure,
  }),
  peaks: z.object({
    memory: figure,
    largestProcess: figure,
    processors: factor,
    scratch: figure,
    outputs: figure,
    sharedMemory: figure,
    openFiles: figure,
    processes: figure,
    threads: figure,
  }),
  cpuSeconds: factor,
  full: z.array(z.object({ path: text, at: seconds })),
  samples,
  methods: z.record(text, text),
});

export const recordFileSchema = z.object({
  protocol: z.literal(2),
  complete: z.boolean(),
  seconds,
  program: z.object({ argv: z.array(text), pid: z.int(), uid: z.int(), gid: z.int() }),
  exit: z
    .object({
      code: z.int().nullable(),
      signal: text.nullable(),
      cause: text,
      detail: text,
    })
    .nullable(),
  attempts: z.array(attempt),
  contacts: z.array(contact),
  secondsLost: seconds,
  strayWrites: z.array(
    z.object({ path: text, operation: text, process: processRef, count, bytes: count.nullable() }),
  ),
  failedWrites: z.array(z.object({ path: text, operation: text, process: processRef, count, reason: text })),
  processes: z.array(startedProgram),
  processTree: z.array(processRecord),
  reads: z.array(z.object({ path: text, process: processRef, count })).nullable(),
  outputs: z.object({ files: count, bytes: count }),
  input,
  listens: z.array(listen),
  setUserId: z.array(setUserIdUse),
  usage,
  dropped: z.record(text, count),
  coverage: z.object({ network: observed, names: observed, writes: observed }),
});

export type RecordFile = z.infer<typeof recordFileSchema>;
