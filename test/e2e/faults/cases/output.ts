import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { FaultCase } from "../harness.ts";

const MIB = 1024 * 1024;

/** What programs print. */
export const outputFaults: readonly FaultCase[] = [
  {
    name: "two gigabytes on standard output",
    onDemand: true,
    args: ["/fault", "much", "2048"],
    test: { timeout: "240s" },
    verbose: false,
    expect: {
      exit: { code: 0 },
      also: ({ recording, output, screen }) => {
        expect(recording.log).toMatchObject({ truncated: true, bytes: 2048 * MIB + 15 });
        expect(recording.log.tail.at(-1)).toBe("that was much");
        expect(statSync(join(output, "test.log")).size).toBe(64 * MIB);
        expect(screen.length).toBeLessThan(MIB);
      },
    },
  },
  {
    name: "one line of a hundred megabytes",
    onDemand: true,
    args: ["/fault", "one-line", "100"],
    test: { timeout: "60s" },
    expect: {
      exit: { code: 0 },
      also: ({ recording, screen }) => {
        expect(recording.log.bytes).toBe(100 * MIB + 17);
        expect(recording.log.tail.join("").length).toBeLessThanOrEqual(4096);
        expect(screen.length).toBeLessThan(MIB);
      },
    },
  },
  ...[0, 1].map(
    (file): FaultCase => ({
      name: `binary data on standard ${file === 0 ? "output" : "error"}`,
      onDemand: file !== 0,
      args: ["/fault", "binary", String(file)],
      expect: {
        exit: { code: 0 },
        also: ({ recording, output }) => {
          expect(recording.log.bytes).toBe(MIB);
          expect(readFileSync(join(output, "test.log"))).toHaveLength(MIB);
        },
      },
    }),
  ),
  {
    name: "cursor moves, titles, markup and commands for forges",
    args: ["/fault", "terminal"],
    expect: {
      exit: { code: 1 },
      also: ({ screen }) => expect(screen).not.toMatch(/^\s*::(?:error|warning)/m),
    },
  },
  {
    name: "bytes that are no text, cut short",
    onDemand: true,
    args: ["/fault", "not-utf8"],
    expect: {
      exit: { code: 3 },
      also: ({ recording }) => expect(recording.log.tail.join("")).toContain("�"),
    },
  },
  {
    name: "a program that closes its output and goes on",
    args: ["/fault", "close-output"],
    expect: { exit: { code: 5, cause: "exited" }, printed: ["the last words"], stray: ["/tmp/later"] },
  },
  {
    name: "a program that wants to ask something",
    args: ["/fault", "read-input"],
    expect: { exit: { code: 0 }, printed: ["input: 0", "terminal: ENXIO"] },
  },
];
