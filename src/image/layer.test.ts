import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bytes } from "./bytes.ts";
import type { Collector } from "./collector.ts";
import { ImageReading } from "./image.ts";
import { file, tar } from "./test-archives.ts";

/** Bytes that say where they are. */
const content = (length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 255));

/** Comes in pieces, and can be passed over. */
function pieces(bytes: Buffer, lengths: readonly number[]): Bytes & { shown: number } {
  let at = 0;
  let turn = 0;
  const source = {
    shown: 0,
    next(): Buffer | undefined {
      const length = Math.max(1, lengths[turn++ % lengths.length] ?? 1);
      const chunk = bytes.subarray(at, at + length);
      at += chunk.length;
      source.shown += chunk.length;
      return chunk.length === 0 ? undefined : Buffer.from(chunk);
    },
    skip(count: number): number {
      const passed = Math.min(count, bytes.length - at);
      at += passed;
      return passed;
    },
  };
  return source;
}

describe("a sink that passes over parts of a file", () => {
  it("is shown all the rest, in its place, beside others that want other parts", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(20_000),
        fc.array(fc.nat(3000), { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(5000), { minLength: 1, maxLength: 6 }),
        fc.nat(3000),
        fc.boolean(),
        fc.boolean(),
        async (length, lengths, jumps, head, verify, packed) => {
          const bytes = content(length);
          const ends: number[] = [];
          const heads: Buffer[] = [];
          const jumping: Collector = {
            layer: () => ({
              entry() {
                let at = 0;
                let turn = 0;
                return {
                  write(chunk) {
                    expect(chunk.equals(bytes.subarray(at, at + chunk.length))).toBe(true);
                    const over = jumps[turn++ % jumps.length] ?? 0;
                    at += chunk.length + over;
                    return over;
                  },
                  end: () => ends.push(at),
                };
              },
            }),
          };
          const first: Collector = {
            layer: () => ({ entry: () => head, content: (_, part) => heads.push(Buffer.from(part)) }),
          };
          const archive = tar(file("a", bytes), file("b", bytes));
          const platform = { os: "linux", architecture: "amd64" };
          const reading = new ImageReading({ collectors: [jumping, first], platform, verify });
          await reading.readLayer(pieces(packed ? gzipSync(archive) : archive, lengths));
          expect(ends).toHaveLength(2);
          // Whoever passes over no more than there is has come to the end.
          for (const end of ends) expect(end).toBeGreaterThanOrEqual(length);
          expect(heads).toHaveLength(head === 0 ? 0 : 2);
          for (const part of heads) expect(part.equals(bytes.subarray(0, head))).toBe(true);
        },
      ),
      { numRuns: 150, seed: 20_261_126 },
    );
  });

  it("saves the reading of what nobody wants", async () => {
    const bytes = content(1_000_000);
    const collector: Collector = { layer: () => ({ entry: () => ({ write: () => 900_000 }) }) };
    const platform = { os: "linux", architecture: "amd64" };
    const read = async (verify: boolean): Promise<number> => {
      const source = pieces(tar(file("a", bytes)), [4096]);
      await new ImageReading({ collectors: [collector], platform, verify }).readLayer(source);
      return source.shown;
    };
    expect(await read(false)).toBeLessThan(130_000);
    // Digests are made of all of it.
    expect(await read(true)).toBeGreaterThan(1_000_000);
  });
});
