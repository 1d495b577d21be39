import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ElfFacts, readElf } from "./elf.ts";
import { RangeSink } from "./ranges.ts";
import { elf, GLIBC } from "./test-elf.ts";

/** Reads it as it would pass in an archive; `shown` says how many bytes had to come. */
function read(bytes: Buffer, piece = 4096): { facts: ElfFacts | undefined; shown: number } {
  let facts: ElfFacts | undefined;
  let ended = 0;
  const sink = new RangeSink(readElf(bytes.length), (found) => {
    facts = found;
    ended++;
  });
  let shown = 0;
  for (let at = 0; at < bytes.length; ) {
    const chunk = bytes.subarray(at, at + piece);
    const wanted = sink.write(chunk);
    at += chunk.length;
    shown += chunk.length;
    if (wanted === false) break;
    if (typeof wanted === "number") at += wanted;
  }
  sink.end();
  expect(ended).toBe(1);
  return { facts, shown };
}

const made = {
  interpreter: GLIBC,
  needed: ["libm.so.6", "libc.so.6"],
  runpath: "$ORIGIN/../lib:/opt/lib",
  rpath: "/old",
};

describe("readElf", () => {
  it("reads loader, libraries and their places, of either width and order of bytes", () => {
    for (const wide of [true, false]) {
      for (const little of [true, false]) {
        for (const layout of [{}, { namesLast: true }, { interpreterLast: true, gap: 9000 }]) {
          const { facts } = read(elf({ ...made, ...layout, wide, little }), 777);
          expect(facts).toEqual({
            architecture: "amd64",
            interpreter: GLIBC,
            needed: ["libm.so.6", "libc.so.6"],
            rpath: ["/old"],
            runpath: ["$ORIGIN/../lib", "/opt/lib"],
            complete: true,
          });
        }
      }
    }
  });

  it.each([
    [62, "amd64"],
    [183, "arm64"],
    [3, "386"],
    [243, "riscv64"],
  ])("knows the machine %i", (machine, architecture) => {
    expect(read(elf({ machine })).facts?.architecture).toBe(architecture);
  });

  it("passes over what it does not need of a large file", () => {
    const file = elf({ ...made, gap: 20_000_000 });
    const { facts, shown } = read(file);
    expect(facts?.needed).toEqual(made.needed);
    expect(shown).toBeLessThan(20_000);
  });

  it("finds nothing in what is no program for a processor", () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from("#!/bin/sh\n"),
      Buffer.from("\x7fELF"),
      Buffer.alloc(4000),
      elf({ machine: 247 }),
      elf({ type: 1 }),
    ])
      expect(read(bytes).facts).toBeUndefined();
  });

  it("says so where names cannot be read", () => {
    const file = elf(made);
    expect(read(file.subarray(0, file.length - 20)).facts).toMatchObject({ architecture: "amd64" });
    expect(read(elf({ needed: ["x".repeat(5000)] })).facts).toMatchObject({ needed: [], complete: false });
  });

  it("reads a statically linked program", () => {
    expect(read(elf({ type: 2 })).facts).toMatchObject({
      interpreter: undefined,
      needed: [],
      complete: true,
    });
  });

  it("takes any bytes in bounded time and never throws", () => {
    const originals = [
      elf(made),
      elf({ ...made, namesLast: true, gap: 3000 }),
      elf({ ...made, wide: false, little: false }),
      elf({ type: 2, interpreter: "/x" }),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...originals),
        fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.nat(6000),
        (original, changes, piece, cut) => {
          const bytes = Buffer.from(
            original.subarray(0, Math.max(1, original.length - (cut % original.length))),
          );
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const { facts } = read(bytes, piece);
          expect(facts?.needed.length ?? 0).toBeLessThanOrEqual(512);
          for (const name of facts?.needed ?? []) expect(name.length).toBeLessThanOrEqual(4096);
        },
      ),
      { numRuns: 3000, seed: 20_261_126 },
    );
  });

  it("asks for parts in their order, whatever a header says", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 600 }), fc.nat(2 ** 31), (random, size) => {
        const head = Buffer.concat([elf(made).subarray(0, 64), Buffer.from(random)]);
        const reading = readElf(size);
        let asked = 0;
        let from = 0;
        for (let step = reading.next(); step.done !== true; ) {
          expect(++asked).toBeLessThanOrEqual(6);
          const { start, end } = step.value;
          expect(start).toBeGreaterThanOrEqual(from);
          from = Math.max(from, end);
          expect(end - start).toBeLessThanOrEqual(4 * 1024 * 1024);
          step = reading.next(asked === 1 ? head : Buffer.from(random));
        }
      }),
      { numRuns: 2000, seed: 20_261_126 },
    );
  });
});
