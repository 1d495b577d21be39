import { existsSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import type { ContentSink } from "../src/image/collector.ts";
import { readElf } from "../src/image/fitness/elf.ts";
import { RangeSink } from "../src/image/fitness/ranges.ts";
import { elf, GLIBC } from "../src/image/fitness/test-elf.ts";
import { CompiledCodeSink } from "../src/image/gpu/compiled-code.ts";
import { programs } from "../src/image/inventory/programs.ts";
import { type Random, randomFrom } from "./mutate.ts";

/** No crafted file of this size may take longer; a machine under load is allowed for. */
const MOST_MILLISECONDS = 5000;
const MOST_NAMES = 512;
/** Larger files are cut, so that a hundred thousand cases end. */
const MOST_BYTES = 1024 * 1024;

/** Real programs and libraries as far as this system has them, and made ones of either width and order of bytes. */
export function elfCorpus(): Buffer[] {
  const maps = existsSync("/proc/self/maps") ? readFileSync("/proc/self/maps", "utf8") : "";
  const [library] = /\/\S+\/libm[.-]\S+$/m.exec(maps) ?? [];
  const real = ["/bin/ls", process.execPath, library].flatMap((path) =>
    path !== undefined && existsSync(path) ? [readFileSync(path).subarray(0, MOST_BYTES)] : [],
  );
  const made = { interpreter: GLIBC, needed: ["libm.so.6"], runpath: "$ORIGIN", rpath: "/old", gap: 9000 };
  return [
    ...real,
    elf(made),
    elf({ ...made, wide: false, little: false, namesLast: true }),
    Buffer.concat([elf(made), gpuCode()]),
  ];
}

/** One container of two entries, as nvcc writes it. */
function gpuCode(): Buffer {
  const bytes = Buffer.alloc(16 + 2 * 128);
  bytes.writeUInt32LE(0xba55ed50, 0);
  bytes.writeUInt16LE(1, 4);
  bytes.writeUInt16LE(16, 6);
  bytes.writeBigUInt64LE(256n, 8);
  for (const [at, kind] of [
    [16, 1],
    [144, 2],
  ] as const) {
    bytes.writeUInt16LE(kind, at);
    bytes.writeUInt32LE(64, at + 4);
    bytes.writeBigUInt64LE(64n, at + 8);
    bytes.writeUInt32LE(80, at + 28);
  }
  return bytes;
}

const below = (random: Random, limit: number): number => Math.floor(random() * limit);
const NUMBERS = [0n, 1n, 0x7fn, 0xffffn, 0x7fffffffn, 0xffffffffn, 0x7fffffffffffffffn, 0xffffffffffffffffn];

/** One of the corpus with up to eight changes, most of them in its headers, and sometimes cut. */
export function mutateElf(seed: number, corpus: readonly Buffer[]): Buffer {
  const random = randomFrom(seed);
  const original = corpus[below(random, corpus.length)] as Buffer;
  const bytes = Buffer.from(
    random() < 0.2 ? original.subarray(0, 1 + below(random, original.length)) : original,
  );
  for (let change = 1 + below(random, 8); change > 0; change--) {
    const at = below(random, random() < 0.7 ? Math.min(1024, bytes.length) : bytes.length);
    const field = at - (at % 8);
    const number = NUMBERS[below(random, NUMBERS.length)] as bigint;
    if (random() < 0.4 && field + 8 <= bytes.length) bytes.writeBigUInt64LE(number, field);
    else if (random() < 0.3) gpuCode().copy(bytes, field);
    else bytes[at] = below(random, 256);
  }
  return bytes;
}

/** Shows a sink the file as it would pass in an archive. */
function show(bytes: Buffer, sink: ContentSink, piece: number): void {
  for (let at = 0; at < bytes.length; ) {
    const chunk = bytes.subarray(at, at + piece);
    at += chunk.length;
    const wanted = sink.write(chunk);
    if (wanted === false) break;
    if (typeof wanted === "number") {
      if (!(wanted >= 0)) throw new Error(`it passes over ${wanted} bytes`);
      at += wanted;
    }
  }
  sink.end?.();
}

/** What all readers of programs say of a file that comes in pieces of this size. */
function facts(bytes: Buffer, piece: number) {
  const loader: unknown[] = [];
  const code: unknown[] = [];
  const software: unknown[] = [];
  const reading = new RangeSink(readElf(bytes.length), (found) => {
    loader.push(found);
    if ((found?.needed.length ?? 0) > MOST_NAMES) throw new Error("it needs too many libraries");
  });
  show(bytes, reading, piece);
  show(bytes, new CompiledCodeSink((found) => code.push(found)), piece);
  const entry = { mode: 0o755, name: "job", readable: bytes.length };
  const program = programs.watch?.(entry as never, (found) => software.push(found));
  if (program !== undefined) show(bytes, program, piece);
  return { loader, code, software };
}

/** Reads one crafted program, whole and in pieces, and says what went wrong, if something did. */
export function fuzzElf(seed: number, corpus: readonly Buffer[]): string | undefined {
  const bytes = mutateElf(seed, corpus);
  const start = performance.now();
  try {
    const whole = facts(bytes, Math.max(1, bytes.length));
    if (whole.loader.length !== 1) return `its loader was told ${whole.loader.length} times`;
    const piece = 512 + below(randomFrom(seed + 1), 65_536);
    if (!isDeepStrictEqual(facts(bytes, piece), whole))
      return `in pieces of ${piece} bytes it reads otherwise`;
  } catch (error) {
    return `it threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  const took = performance.now() - start;
  return took > MOST_MILLISECONDS ? `it took ${Math.round(took)} ms for ${bytes.length} bytes` : undefined;
}
