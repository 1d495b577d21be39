import { expect } from "vitest";
import { CRASHED, type FaultCase, type Seen } from "../harness.ts";

const stopped = { signal: "SIGKILL", cause: "time-limit", code: 124 } as const;
const firstLine = ({ recording }: Seen): string => recording.log.tail[0] ?? "";

/** Processes, memory, and how a program ends. */
export const processFaults: readonly FaultCase[] = [
  {
    name: "a fork bomb is held by the limit on processes, and ends at the time limit",
    args: ["/fault", "fork-bomb", "6000"],
    test: { timeout: "10s" },
    expect: ({ limits }) => ({
      exit: { cause: "time-limit" },
      printed: [limits ? "of 6000: EAGAIN" : "forked 6000 of 6000"],
    }),
  },
  {
    name: "as many threads as it may have",
    onDemand: true,
    args: ["/fault", "threads", "10000"],
    expect: ({ limits }) => ({
      exit: { code: 0 },
      printed: [limits ? "of 10000: EAGAIN" : "threads 10000 of 10000"],
    }),
  },
  {
    name: "a daemon that forks twice and ignores SIGTERM is not waited for",
    args: ["/fault", "double-fork"],
    expect: {
      exit: { code: 0, cause: "exited" },
      printed: ["daemon"],
      also: ({ recording }) => expect(recording.seconds).toBeLessThan(10),
    },
  },
  {
    name: "a program that kills its process group",
    args: ["/fault", "kill-group"],
    expect: { exit: { signal: "SIGKILL", cause: "signal" }, printed: ["killing the group"] },
  },
  {
    name: "a program that kills every process it may",
    args: ["/fault", "kill-all"],
    expect: { exit: { code: 0, cause: "exited" }, printed: ["kill everyone"] },
  },
  {
    name: "SIGKILL and SIGSTOP do not reach the recorder from inside",
    args: ["sh", "-c", "kill -9 1; kill -STOP 1; /fault signal-first 9"],
    expect: { exit: { code: 0 }, stray: ["/tmp/after"], printed: ["still here"] },
  },
  {
    name: "SIGTERM to the recorder is passed on to the program",
    args: ["sh", "-c", "(sleep 1; kill -TERM 1) & exec /fault hears-term"],
    expect: { exit: { code: 7, cause: "exited" }, printed: ["heard SIGTERM"] },
  },
  {
    name: "signals that end programs do not end the recorder",
    args: ["sh", "-c", "for number in 4 5 6 7 8 16 31; do kill -$number 1; done; /fault signal-first 11"],
    expect: { exit: { code: 0 }, stray: ["/tmp/after"], printed: ["still here"] },
  },
  {
    name: "a program that makes the recorder crash is partly observed, and has not succeeded",
    args: ["sh", "-c", "touch /tmp/seen; sleep 2; /fault crash"],
    expect: {
      exit: { code: null, cause: CRASHED },
      stray: ["/tmp/seen"],
      coverage: { network: "partial", names: "partial", writes: "partial" },
    },
  },
  {
    name: "a program that is deaf to every signal",
    args: ["/fault", "deaf"],
    test: { timeout: "2s" },
    expect: {
      exit: stopped,
      printed: ["deaf"],
      also: ({ recording }) => expect(recording.seconds).toBeLessThan(12),
    },
  },
  {
    name: "a program that stops itself",
    args: ["/fault", "stop-self"],
    test: { timeout: "2s" },
    expect: { exit: { cause: "time-limit" }, printed: ["stopping"] },
  },
  {
    name: "children that nobody waits for, and orphans",
    args: ["/fault", "zombies", "300"],
    expect: { exit: { code: 0 }, printed: ["zombies 300"] },
  },
  {
    name: "a program that executes itself again and again",
    onDemand: true,
    args: ["/fault", "exec-again", "500"],
    test: { timeout: "40s" },
    expect: { exit: { code: 0 }, printed: ["executed again and again"] },
  },
  {
    name: "a hundred children, one after another",
    onDemand: true,
    args: ["/fault", "many-children", "100"],
    test: { timeout: "40s" },
    expect: {
      exit: { code: 0 },
      printed: ["children 100, failed 0"],
      also: ({ recording }) =>
        expect(recording.processes).toContainEqual(
          expect.objectContaining({ command: "/fault nothing", count: 100 }),
        ),
    },
  },
  {
    name: "children that go on writing when the program has ended",
    onDemand: true,
    args: ["/fault", "children-go-on"],
    expect: { exit: { code: 0 }, printed: ["line 1"] },
  },
  {
    name: "the memory limit, reached by the program",
    args: ["/fault", "memory", "200"],
    test: { memory: "64m" },
    expect: ({ limits }) => ({
      exit: limits ? { signal: "SIGKILL", cause: "memory" } : { code: 0, cause: "exited" },
    }),
  },
  {
    name: "the memory limit, reached by a child whose end the program passes on",
    args: ["/fault", "memory-of-child", "200", "1"],
    test: { memory: "64m" },
    expect: ({ limits }) => ({
      exit: limits ? { code: 1, cause: "memory" } : { code: 0, cause: "exited" },
    }),
  },
  {
    name: "the memory limit, reached by a child whose end the program does not mind",
    onDemand: true,
    args: ["/fault", "memory-of-child", "200", "0"],
    test: { memory: "64m" },
    expect: ({ limits }) => ({
      exit: { code: 0, cause: "exited" },
      printed: [limits ? "the child was ended by signal 9" : "there was room"],
    }),
  },
  {
    name: "a stack that overflows",
    args: ["/fault", "stack-overflow"],
    expect: { exit: { signal: "SIGSEGV", cause: "signal" } },
  },
  {
    name: "an abort with a core dump",
    onDemand: true,
    args: ["/fault", "dump-core"],
    expect: { exit: { signal: "SIGABRT", cause: "signal" } },
  },
  {
    name: "success although a child failed",
    onDemand: true,
    args: ["sh", "-c", "sh -c 'exit 3'; echo child $?; exit 0"],
    expect: { exit: { code: 0, cause: "exited" }, printed: ["child 3"] },
  },
  ...[125, 127, 137].map(
    (code): FaultCase => ({
      name: `exit code ${code}, of the program's own`,
      onDemand: code !== 137,
      args: ["sh", "-c", `exit ${code}`],
      expect: { exit: { code, cause: "exited", signal: null } },
    }),
  ),
  {
    name: "nearly two megabytes of arguments for a child",
    onDemand: true,
    args: ["/fault", "huge-arguments"],
    expect: { exit: { code: 0 }, printed: ["arguments 21, 19"] },
  },
  {
    name: "huge arguments and a huge environment from the settings",
    args: ["/fault", "count-arguments", ...Array.from({ length: 5 }, () => "b".repeat(100_000))],
    test: { env: { ONE: "c".repeat(100_000), TWO: "d".repeat(100_000) } },
    expect: {
      exit: { code: 0 },
      printed: ["arguments 7", "a large environment"],
      also: (seen) => expect(firstLine(seen).length).toBeLessThan(200),
    },
  },
];
