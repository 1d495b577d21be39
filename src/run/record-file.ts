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
export const processCount = z.object({ command: text, executable: text, count });

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
  strayWrites: z.array(z.object({ path: text, operation: text, process: processRef, count })),
  failedWrites: z.array(z.object({ path: text, operation: text, process: processRef, count, reason: text })),
  processes: z.array(processCount),
  outputs: z.object({ files: count, bytes: count }),
  dropped: z.record(text, count),
  coverage: z.object({ network: observed, names: observed, writes: observed }),
});

export type RecordFile = z.infer<typeof recordFileSchema>;
