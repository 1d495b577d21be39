import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { FaultCase, Running } from "../harness.ts";

const partly = { network: "partial", names: "partial", writes: "partial" } as const;
const RECORDER = /^\/\.pratique\/recorder run /;
const ENGINE = /^(?:\S*\/)?(?:docker|podman) .*\brun --name pratique-\w+-k8s /;
const waiting = ["sh", "-c", "touch /tmp/seen; echo ready; sleep 60"];

/** Sends a signal to the case's processes with such a command line. */
async function signal(running: Running, command: RegExp, name: NodeJS.Signals): Promise<void> {
  await running.printed("ready");
  // The recorder writes what it saw twice a second.
  await sleep(1200);
  const pids = running.processes(command);
  expect(pids, "there is a process to be ended").not.toEqual([]);
  for (const pid of pids) process.kill(pid, name);
}

/** Ends that come from outside. */
export const endFaults: readonly FaultCase[] = [
  {
    name: "kill -9 of the recorder",
    args: waiting,
    meanwhile: (running) => signal(running, RECORDER, "SIGKILL"),
    expect: { exit: { signal: "SIGKILL", cause: "signal" }, coverage: partly, stray: ["/tmp/seen"] },
  },
  {
    name: "kill -9 of the recorder, with results that nobody may read",
    onDemand: true,
    args: ["sh", "-c", "echo ready; exec /fault unreadable-for-ever"],
    meanwhile: (running) => signal(running, RECORDER, "SIGKILL"),
    again: true,
    expect: { exit: { signal: "SIGKILL" }, coverage: partly, printed: ["closed"] },
  },
  {
    name: "kill -9 of the engine's own command",
    args: waiting,
    meanwhile: (running) => signal(running, ENGINE, "SIGKILL"),
    expect: { error: "engine.failed" },
  },
  {
    name: "the container is removed by somebody else",
    args: waiting,
    meanwhile: async (running) => {
      await running.printed("ready");
      await sleep(1200);
      // Podman would ask it to end, and wait.
      const atOnce = running.place.engine === "podman" ? ["--time", "0"] : [];
      running.place.ask("rm", "--force", ...atOnce, running.job);
    },
    expect: { exit: { signal: "SIGKILL" }, coverage: partly, stray: ["/tmp/seen"] },
  },
  {
    name: "the container is paused by somebody else",
    onDemand: true,
    args: waiting,
    test: { timeout: "8s" },
    meanwhile: async (running) => {
      await running.printed("ready");
      const pause = () => running.place.ask("pause", running.job);
      // Without a cgroup of its own nothing can be paused.
      if (running.place.limits) pause();
      else expect(pause).toThrow(/cgroup/i);
    },
    expect: ({ limits }) => ({
      exit: { cause: "time-limit" },
      ...(limits ? { coverage: "any" } : { stray: ["/tmp/seen"] }),
    }),
  },
  {
    name: "the holder of the network is killed",
    args: ["sh", "-c", "touch /tmp/seen; echo ready; sleep 3"],
    meanwhile: async (running) => {
      await running.printed("ready");
      running.place.ask("kill", running.holder);
    },
    expect: { exit: { code: 0 }, stray: ["/tmp/seen"] },
  },
  {
    name: "kill -9 of the command line, with files that nobody may remove",
    args: ["sh", "-c", "exec /fault unreadable-for-ever"],
    killed: true,
    meanwhile: async (running) => {
      await running.printed("closed");
      process.kill(running.pid, "SIGKILL");
    },
    expect: {},
  },
  {
    name: "Ctrl-C while a deaf program runs",
    args: ["/fault", "deaf"],
    test: { timeout: "60s" },
    meanwhile: async (running) => {
      await running.printed("deaf");
      process.kill(running.pid, "SIGINT");
    },
    expect: { error: "interrupted", code: 130 },
  },
  {
    name: "SIGTERM while children go on writing",
    args: ["sh", "-c", "/fault children-go-on; sleep 60"],
    test: { timeout: "60s" },
    meanwhile: async (running) => {
      await running.printed("line 20");
      process.kill(running.pid, "SIGTERM");
    },
    expect: { error: "interrupted", code: 143 },
  },
];
