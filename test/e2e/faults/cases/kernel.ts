import { expect } from "vitest";
import type { FaultCase, Seen } from "../harness.ts";

const saw = ({ recording }: Seen, address: string): boolean =>
  recording.attempts.some((attempt) => attempt.address === address);

/** Programs that do what the recorder does, that hide from it, or that want more than they may. */
export const kernelFaults: readonly FaultCase[] = [
  {
    name: "a program with a seccomp listener of its own does not get one",
    args: ["/fault", "own-listener"],
    expect: {
      exit: { code: 0 },
      printed: ["listener: EBUSY"],
      also: (seen) => expect(saw(seen, "192.0.2.7")).toBe(true),
    },
  },
  {
    name: "a program that locks itself in with a filter of its own",
    args: ["/fault", "own-filter"],
    expect: { exit: { code: 0 }, printed: ["filter: ok", "connect: EPERM"], stray: ["/tmp/filtered"] },
  },
  {
    name: "a program whose memory cannot be read is partly observed",
    args: ["/fault", "not-dumpable"],
    expect: {
      exit: { code: 0 },
      printed: ["not dumpable: ok"],
      coverage: { network: "partial", writes: "partial" },
    },
  },
  {
    name: "a program that closes every descriptor",
    args: ["/fault", "close-everything"],
    expect: { exit: { code: 0 }, stray: ["/tmp/closed"] },
  },
  ...["user", "group"].map(
    (kind): FaultCase => ({
      name: `a set-${kind}-ID program gains nothing`,
      onDemand: kind !== "user",
      args: [`/set-${kind}-id`, "who"],
      expect: { exit: { code: 0 }, printed: ["no other user"] },
    }),
  ),
  {
    name: "io_uring is refused, by the engine or by the recorder",
    args: ["/fault", "io-uring"],
    expect: { exit: { code: 0 }, printed: ["io_uring_setup: E"] },
  },
  {
    name: "the clock cannot be changed",
    args: ["/fault", "change-clock"],
    expect: { exit: { code: 0 }, printed: ["clock_settime: EPERM", "settimeofday: EPERM"] },
  },
  {
    name: "a program that traces its child",
    onDemand: true,
    args: ["/fault", "trace-self"],
    expect: { exit: { code: 0 } },
  },
  {
    name: "a program that wants to trace the recorder",
    args: ["/fault", "trace-recorder"],
    expect: { exit: { code: 0 }, printed: ["attach to process 1: EPERM"] },
  },
  {
    name: "attempts to leave the container",
    args: ["/fault", "break-out"],
    expect: { exit: { code: 0 }, printed: ["chroot: E", "setuid: E"] },
  },
  {
    name: "the holder hands its sockets to nobody else",
    args: ["/fault", "ask-holder"],
    expect: { exit: { code: 0 }, printed: ["holder: nothing"] },
  },
  {
    name: "system calls of 32-bit programs",
    args: ["/fault", "old-calls"],
    expect: { exit: { code: 0 }, stray: ["/tmp/old-call"] },
  },
];
