import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Digester } from "./digester.ts";

const MB = 1024 * 1024;
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const bytesOf = (length: number, seed: number): Buffer =>
  Buffer.alloc(length, `${seed}`.padEnd(1009, "abcdefg"));

test("digests are right for few bytes and for many, made one after the other or by turns", () => {
  const digester = new Digester();
  try {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 0, max: 3 * MB }), { maxLength: 5 }), {
          minLength: 1,
          maxLength: 4,
        }),
        (lengths) => {
          const streams = lengths.map((parts, seed) => ({
            digest: digester.beside(),
            parts: parts.map((length) => bytesOf(length, seed)),
          }));
          for (let turn = 0; turn < 5; turn++) {
            for (const { digest, parts } of streams) {
              const part = parts[turn];
              if (part === undefined) continue;
              const given = Buffer.from(part);
              digest.update(given);
              // Who reads uses the same memory again.
              given.fill(0);
            }
          }
          for (const { digest, parts } of streams) expect(digest.hex()).toBe(sha256(Buffer.concat(parts)));
        },
      ),
      { numRuns: 6 },
    );
  } finally {
    digester.close();
  }
});

test("a digest of nothing, beside one that goes on", () => {
  const digester = new Digester();
  try {
    const large = digester.beside();
    const part = bytesOf(6 * MB, 1);
    large.update(part);
    expect(digester.beside().hex()).toBe(sha256(Buffer.alloc(0)));
    expect(digester.here().hex()).toBe(sha256(Buffer.alloc(0)));
    large.update(part);
    expect(large.hex()).toBe(sha256(Buffer.concat([part, part])));
  } finally {
    digester.close();
  }
});
