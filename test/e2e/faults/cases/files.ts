import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { CRASHED, type FaultCase } from "../harness.ts";

const unobserved = { network: "not-observed", names: "not-observed", writes: "not-observed" } as const;

/** Files: too many, too large, too deep, in the way, or not what they seem. */
export const fileFaults: readonly FaultCase[] = [
  {
    name: "a full disk below /scratch leaves no room for the recording, or not even for the log",
    args: ["/fault", "fill", "/scratch", "64"],
    disk: true,
    expect: {
      exit: { code: 1, cause: "exited" },
      printed: ["fill: ENOSPC"],
      coverage: "not whole",
      orError: "output.not-writable",
    },
  },
  {
    name: "a full disk below /scratch that the program frees again",
    onDemand: true,
    args: ["/fault", "fill", "/scratch", "64", "free"],
    disk: true,
    expect: { exit: { code: 0 }, printed: ["fill: ENOSPC"], orError: "output.not-writable" },
  },
  {
    // What the run no longer needs, the recorder's copy above all, makes room for the report when it is over.
    name: "a full disk below /safe_outputs leaves no room for the recording, or not even for the report",
    args: ["/fault", "fill", "/safe_outputs", "64"],
    disk: true,
    expect: {
      exit: { code: 1, cause: "exited" },
      printed: ["fill: ENOSPC"],
      coverage: "not whole",
      orError: "output.not-writable",
    },
  },
  {
    name: "a full disk while the program prints",
    onDemand: true,
    args: ["/fault", "fill-and-print", "/scratch", "64"],
    disk: true,
    expect: { error: "output.not-writable" },
  },
  {
    name: "a full record folder",
    args: ["/fault", "fill", "/.pratique/record", "64"],
    disk: true,
    expect: {
      exit: { code: 1, cause: "exited" },
      printed: ["fill: ENOSPC"],
      coverage: "not whole",
      orError: "output.not-writable",
    },
  },
  {
    name: "/dev/shm has the size that it has there",
    onDemand: true,
    args: ["/fault", "fill", "/dev/shm", "200"],
    expect: { exit: { code: 1 }, printed: ["fill: ENOSPC"] },
  },
  {
    name: "a program that deletes its own working folder",
    args: ["/fault", "lose-folder"],
    expect: { exit: { code: 0 }, printed: ["rmdir: ok", "getcwd: ENOENT", "relative: ENOENT"] },
  },
  {
    name: "nothing of ours inside the container can be changed",
    args: ["/fault", "tamper"],
    expect: {
      exit: { code: 0 },
      also: ({ output }) =>
        expect(readFileSync(join(output, "test.log"), "utf8")).not.toMatch(
          /(?:recorder|hosts|conf|hostname|rename|unlink|chmod): ok/,
        ),
    },
  },
  ...["fake", "link", "fifo", "giant", "rubbish"].map(
    (what): FaultCase => ({
      name: `what a program puts in the recording's place is replaced: ${what}`,
      onDemand: what !== "fake",
      args: ["/fault", "plant", what, "4"],
      expect: { exit: { code: 4, cause: "exited" } },
    }),
  ),
  {
    name: "a folder in the recording's place",
    args: ["/fault", "plant", "folder", "4"],
    expect: { exit: { code: 4 }, printed: ["folder: ok"], coverage: unobserved },
  },
  {
    name: "a program that writes recordings of its own all the time",
    args: ["/fault", "race"],
    expect: { exit: { code: 6 } },
  },
  {
    name: "a forged recording whose recorder was made to crash is not believed",
    args: ["/fault", "plant-and-crash", "fake"],
    expect: {
      printed: ["forged a recording"],
      exit: { code: null, cause: CRASHED },
      coverage: { network: "partial", names: "partial", writes: "partial" },
    },
  },
  ...["link", "fifo", "giant", "rubbish"].map(
    (what): FaultCase => ({
      name: `what is left in the recording's place when the recorder was made to crash is not read: ${what}`,
      onDemand: what !== "link",
      args: ["/fault", "plant-and-crash", what],
      // On a busy machine the recorder may have written once more, in its place: then a part was observed.
      expect: { exit: { cause: CRASHED }, coverage: "not whole" },
    }),
  ),
  {
    name: "a sparse result of a terabyte",
    onDemand: true,
    args: ["/fault", "sparse"],
    again: true,
    expect: {
      exit: { code: 0 },
      also: ({ recording }) => expect(recording.outputs).toMatchObject({ files: 1, bytes: 2 ** 40 }),
    },
  },
  {
    name: "twenty thousand small results, in folders of their own",
    onDemand: true,
    args: ["/fault", "many-files", "/safe_outputs", "20000"],
    test: { timeout: "60s" },
    again: true,
    expect: {
      exit: { code: 0 },
      printed: ["failed 0"],
      also: ({ recording }) => expect(recording.outputs.files).toBe(20_000),
    },
  },
  {
    name: "twenty thousand small files in /scratch",
    onDemand: true,
    args: ["/fault", "many-files", "/scratch", "20000"],
    test: { timeout: "60s" },
    expect: { exit: { code: 0 }, printed: ["failed 0"] },
  },
  {
    name: "file names with line breaks, colours, markup and bytes that are no text",
    args: ["/fault", "odd-names"],
    again: true,
    expect: {
      exit: { code: 0 },
      also: ({ recording, output }) => {
        expect(recording.strayWrites.length).toBeGreaterThanOrEqual(7);
        expect(recording.failedWrites.length).toBeGreaterThanOrEqual(7);
        expect(readdirSync(join(output, "safe_outputs"))).toHaveLength(7);
      },
    },
  },
  {
    name: "links, pipes, sockets and devices among the results",
    onDemand: true,
    args: ["/fault", "odd-files"],
    again: true,
    expect: {
      exit: { code: 0 },
      printed: ["device: EPERM", "fifo: ok", "socket: ok", "link to a folder: ok"],
      also: ({ recording, output }) => {
        expect(recording.outputs.files).toBe(1);
        expect(lstatSync(join(output, "safe_outputs", "link")).isSymbolicLink()).toBe(true);
        expect(statSync("/etc/passwd").isFile()).toBe(true);
      },
    },
  },
  ...["/safe_outputs", "/scratch"].map(
    (folder): FaultCase => ({
      name: `a tree that is deeper than a path can say, in ${folder}`,
      onDemand: true,
      args: ["/fault", "deep", folder, "30"],
      again: true,
      // No relative path can be followed from a working folder that has no name.
      expect: { exit: { code: 0 }, printed: ["levels 30"], coverage: { writes: "partial" } },
    }),
  ),
  {
    name: "results that nobody may read are handed over all the same",
    args: ["/fault", "unreadable"],
    again: true,
    expect: {
      exit: { code: 0 },
      also: ({ output }) =>
        expect(statSync(join(output, "safe_outputs", "closed", "inner", "file")).mode & 0o444).toBe(0o444),
    },
  },
];
