import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordFileSchema } from "./record-file.ts";
import { NO_USAGE } from "./recording.ts";

const observed = { status: "observed", reason: "" };
const process = { pid: 7, command: "python fit.py", executable: "/usr/bin/python3" };
const record = {
  protocol: 2,
  complete: true,
  seconds: 1.5,
  program: { argv: ["python", "fit.py"], pid: 7, uid: 1998602116, gid: 1998600502 },
  exit: { code: 0, signal: null, cause: "exited", detail: "" },
  attempts: [
    {
      host: "huggingface.co",
      address: null,
      port: null,
      protocol: "dns",
      process,
      count: 6,
      firstAt: 0.1,
      lastAt: 40.2,
      secondsLost: 60,
    },
  ],
  contacts: [
    {
      host: "huggingface.co",
      address: null,
      port: 443,
      protocol: "tcp",
      kind: "tls",
      serverName: "huggingface.co",
      request: { method: "GET", host: "huggingface.co", path: "/bert-base-uncased", query: false },
      process,
      count: 1,
      firstAt: 0.2,
    },
  ],
  secondsLost: 60,
  strayWrites: [{ path: "/tmp/x", operation: "create", process, count: 1, bytes: null }],
  failedWrites: [{ path: "/y", operation: "mkdir", process, count: 1, reason: "permission denied" }],
  processes: [
    {
      command: "python",
      executable: "/usr/bin/python3",
      count: 1,
      cpuSeconds: 0.5,
      peakMemory: null,
      failures: 0,
    },
  ],
  processTree: [
    {
      pid: 7,
      parent: 0,
      command: "python",
      executable: "/usr/bin/python3",
      startedAt: 0,
      endedAt: null,
      exitCode: null,
      signal: null,
      cpuSeconds: null,
      peakMemory: null,
      threads: 1,
      measured: "sampled",
    },
  ],
  reads: null,
  outputs: { files: 1, bytes: 10 },
  input: { stdinRead: null, stdinReaders: [], terminalOpens: 0 },
  listens: [{ address: "0.0.0.0", port: 0, process, count: 1 }],
  setUserId: [{ path: "/usr/bin/sudo", kind: "user", process, count: 1 }],
  usage: NO_USAGE,
  dropped: { attempts: 3 },
  coverage: { network: observed, names: observed, writes: observed },
};

describe("the recorder's file", () => {
  it("is read as it is written, fields of later versions left out", () => {
    expect(recordFileSchema.parse({ ...record, later: 1 })).toEqual(record);
    expect(recordFileSchema.parse({ ...record, exit: null, complete: false }).exit).toBeNull();
  });

  it.each([
    ["another protocol", { protocol: 1 }],
    ["no coverage", { coverage: undefined }],
    ["an unknown coverage", { coverage: { ...record.coverage, writes: { status: "fine", reason: "" } } }],
    ["negative seconds", { seconds: -1 }],
    ["endless seconds", { secondsLost: Number.POSITIVE_INFINITY }],
    ["negative counts", { outputs: { files: -1, bytes: 0 } }],
    ["text for a list", { attempts: "many" }],
    ["an unknown protocol", { attempts: [{ ...record.attempts[0], protocol: "sctp" }] }],
    [
      "columns that do not belong together",
      { usage: { ...NO_USAGE, samples: { ...NO_USAGE.samples, at: [1, 2] } } },
    ],
    ["an exit of its own", { exit: { code: "0" } }],
  ])("is refused with %s", (_title, differences) => {
    expect(recordFileSchema.safeParse({ ...record, ...differences }).success).toBe(false);
  });

  it("is refused, without an exception, whatever it holds", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(recordFileSchema.safeParse(value).success).toBe(false);
      }),
    );
  });
});
