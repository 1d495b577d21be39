import { binarySizeOf } from "../../findings/counting.ts";
import { NO_USAGE } from "../../run/recording.ts";
import { fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { noSpace } from "../run-endings.ts";
import { shortCommand } from "../runs.ts";

const failed = { code: 1, signal: null, cause: "exited" as const, detail: "" };
const said = (...tail: string[]) => ({ file: "l", bytes: 1, truncated: false, tail });
const process = { pid: 9, command: "python fit.py", executable: "/usr/bin/python3" };

export default defineRule<"run">({
  id: "no-space-left",
  title: "There was no room left for what the program wrote",
  category: "directories",
  needs: "run",
  severity: "error",
  requirements: ["IMG-14"],
  why: "Shared memory (/dev/shm) has 64 MB unless the job asks for more, and scratch space has an end too. A program that fills it stops with “No space left on device” or “Bus error”, or goes on with files that are cut off.",
  fix: "Use less room, or ask for more: a volume in memory for /dev/shm, fewer workers, files that are removed when they are done with.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "PyTorch's workers",
        facts: {
          recording: {
            exit: failed,
            log: said(
              "RuntimeError: DataLoader worker (pid 46) is killed by signal: Bus error. It is possible that dataloader's workers are out of shared memory. Please try to raise your shared memory limit.",
            ),
          },
        },
      },
      {
        title: "a bus error without a word",
        facts: { recording: { exit: { code: 135, signal: "SIGBUS", cause: "signal", detail: "" } } },
      },
      {
        title: "scratch space that was seen to be full",
        facts: {
          recording: {
            exit: failed,
            usage: { ...NO_USAGE, full: [{ path: "/scratch", at: 4 }] },
            failedWrites: [
              {
                path: "/scratch/a.bin",
                operation: "write",
                process,
                count: 1,
                reason: "no space left on device",
              },
            ],
            log: said("OSError: [Errno 28] No space left on device"),
          },
        },
      },
      {
        title: "as advice, where the job went on all the same",
        facts: { recording: { usage: { ...NO_USAGE, full: [{ path: "/scratch", at: 4 }] } } },
      },
    ],
    good: [
      { title: "room enough", facts: {} },
      {
        title: "words of a job that ended well",
        facts: { recording: { log: said("retrying after: No space left on device") } },
      },
    ],
  },
  *check({ recording }, profile) {
    const found = noSpace(recording);
    const ended = recording.exit.code === 0;
    if (found === undefined || (ended && !found.seen)) return;
    const { folder, seen } = found;
    const program = shortCommand({ command: recording.argv.join(" "), executable: "" }) || "The program";
    const { sharedMemory, scratch } = recording.usage.limits;
    const limit =
      folder === "/dev/shm" ? sharedMemory : folder === profile.directories.scratch.value ? scratch : null;
    const room = limit === null ? "" : `, which has ${binarySizeOf(limit)}`;
    const write = recording.failedWrites.find(({ reason }) => reason === "no space left on device");
    const what = write === undefined ? "" : ` while it wrote ${write.path.slice(0, 160)}`;
    const where = folder === undefined ? "on one of its file systems" : `in ${folder}`;
    yield {
      severity: ended ? "warning" : "error",
      message: seen
        ? `${program} found no room left ${where}${room}${what}${ended ? ": its files there may be cut off" : ", and the job failed"}.`
        : `${program} ended, most likely for want of room ${where}${room}: its last words or the way it ended say so.`,
      fix:
        folder === "/dev/shm"
          ? fixOf(
              "Load data without workers, or give the job more shared memory in its manifest.",
              "volumeMounts:",
              "  - {mountPath: /dev/shm, name: dshm}",
              "volumes:",
              "  - {name: dshm, emptyDir: {medium: Memory}}",
            )
          : `Remove files when they are done with, and keep large ones in ${profile.directories.scratch.value}.`,
      ...(write === undefined ? {} : { location: { process: write.process } }),
    };
  },
});
