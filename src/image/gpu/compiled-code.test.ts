import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CompiledCode, CompiledCodeSink } from "./compiled-code.ts";

const ELF = Buffer.from("\x7fELF\x02\x01\x01", "latin1");

interface Entry {
  readonly kind: number;
  readonly gpu: number;
  readonly size: number;
}

/** As nvcc writes it; some versions have longer headers. */
function container(entries: readonly Entry[]): Buffer {
  const parts = entries.map(({ kind, gpu, size }) => {
    const header = Buffer.alloc(64 + 16 * (size % 3));
    header.writeUInt16LE(kind, 0);
    header.writeUInt16LE(0x101, 2);
    header.writeUInt32LE(header.length, 4);
    header.writeBigUInt64LE(BigInt(size), 8);
    header.writeUInt32LE(gpu, 28);
    return Buffer.concat([header, Buffer.alloc(size, 0x50)]);
  });
  const content = Buffer.concat(parts);
  const start = Buffer.alloc(16);
  start.writeUInt32LE(0xba55ed50, 0);
  start.writeUInt16LE(1, 4);
  start.writeUInt16LE(16, 6);
  start.writeBigUInt64LE(BigInt(content.length), 8);
  return Buffer.concat([start, content]);
}

/** Shows the sink a file in chunks, leaving out what it does not want. */
function codeOf(bytes: Buffer, chunk = 1000): { code: CompiledCode | undefined; shown: number } {
  let code: CompiledCode | undefined;
  let shown = 0;
  const sink = new CompiledCodeSink((found) => {
    code = found;
  });
  for (let at = 0; at < bytes.length; ) {
    const part = Buffer.from(bytes.subarray(at, at + chunk));
    at += part.length;
    shown += part.length;
    const next = sink.write(part);
    if (next === false) break;
    if (typeof next === "number") at += next;
  }
  sink.end();
  return { code, shown };
}

const entries = fc.array(
  fc.record({
    kind: fc.constantFrom(1, 2, 64),
    gpu: fc.constantFrom(50, 75, 80, 90, 100, 121),
    size: fc.integer({ min: 0, max: 5000 }),
  }),
  { maxLength: 6 },
);

describe("code for GPUs in a file", () => {
  it("is found wherever it lies, however the file comes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 3000 }), entries), { maxLength: 4 }),
        fc.integer({ min: 1, max: 5000 }),
        (parts, chunk) => {
          const bytes = Buffer.concat([
            ELF,
            ...parts.flatMap(([before, list]) => [Buffer.from(before), container(list)]),
          ]);
          const all = parts.flatMap(([, list]) => list);
          const of = (kind: number): string[] =>
            [...new Set(all.filter((one) => one.kind === kind).map(({ gpu }) => gpu))]
              .sort((a, b) => a - b)
              .map((gpu) => (gpu / 10).toFixed(1));
          const { code = { machine: [], ptx: [] } } = codeOf(bytes, chunk);
          expect(code).toEqual({ machine: of(2), ptx: of(1) });
        },
      ),
    );
  });

  it("is passed over itself", () => {
    const size = 2_000_000;
    const { code, shown } = codeOf(Buffer.concat([ELF, container([{ kind: 2, gpu: 80, size }])]));
    expect(code).toEqual({ machine: ["8.0"], ptx: [] });
    expect(shown).toBeLessThan(10_000);
  });

  it("is not what only looks like it, and any bytes are read to their end", () => {
    const magic = Buffer.from([0x50, 0xed, 0x55, 0xba]);
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
      fc.constant(magic),
      fc.constant(container([{ kind: 2, gpu: 80, size: 100 }]).subarray(0, 60)),
      fc.constant(Buffer.concat([magic, Buffer.from("0100100000000000ffffff7f", "hex")])),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 1, max: 200 }), (pieces, chunk) => {
        const { code } = codeOf(Buffer.concat([ELF, ...pieces]), chunk);
        for (const gpu of [...(code?.machine ?? []), ...(code?.ptx ?? [])]) expect(gpu).toMatch(/^\d+\.\d$/);
      }),
    );
    expect(codeOf(Buffer.concat([ELF, ...Array.from({ length: 1000 }, () => magic)])).code).toBe(undefined);
  });

  it("is looked for in programs and libraries only", () => {
    const code = container([{ kind: 2, gpu: 80, size: 100 }]);
    expect(codeOf(Buffer.concat([Buffer.from("#!/bin/sh\n"), code])).code).toBe(undefined);
  });
});
