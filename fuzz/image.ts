import { performance } from "node:perf_hooks";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { PratiqueError } from "../src/errors.ts";
import { StreamBytes } from "../src/image/bytes.ts";
import { collectFiles } from "../src/image/collector.ts";
import { type ImageSource, readImage } from "../src/image/image.ts";
import { spaceFacts } from "../src/image/layers/space.ts";
import { listPaths } from "../src/image/listing.ts";
import { readArchiveStream } from "../src/image/sources/archive.ts";
import {
  archive,
  dockerMembers,
  file,
  folder,
  hardlink,
  ociMembers,
  pax,
  symlink,
  tar,
} from "../src/image/test-archives.ts";
import { type Random, randomFrom } from "./mutate.ts";

/** No crafted archive of this size may take longer; a machine under load is allowed for. */
const MOST_MILLISECONDS = 5000;

/** Archives as Docker, Podman and Skopeo write them, small enough to be read a thousand times a second. */
export function imageCorpus(): Buffer[] {
  const base = tar(
    folder("bin"),
    file("bin/job", "#!/bin/sh\necho hello\n", 0o755),
    symlink("sh", "bin/job"),
    hardlink("bin/other", "bin/job"),
    pax({ path: `long/${"name/".repeat(30)}end`, "SCHILY.xattr.user.x": "y" }),
    file("x", "12345"),
    pax({ "GNU.sparse.size": "2000", "GNU.sparse.map": "100,3" }),
    file("sparse", "abc"),
  );
  const top = tar(
    file("bin/.wh.other"),
    file("long/.wh..wh..opq"),
    folder("new"),
    file("new/data.csv", "a,b\n"),
  );
  const layers = [base, top];
  return [
    archive(dockerMembers(layers)),
    archive(ociMembers([{ layers }])),
    archive(ociMembers([{ layers, packing: "gzip" }])),
    archive(ociMembers([{ layers, packing: "zstd" }])),
    archive(
      ociMembers([
        { layers, platform: { os: "linux", architecture: "arm64" } },
        { layers: [top], platform: { os: "linux", architecture: "amd64" } },
      ]),
    ),
    gzipSync(archive(dockerMembers([top]))),
  ];
}

const below = (random: Random, limit: number): number => Math.floor(random() * limit);

/** One of the corpus with up to eight changes: bits, bytes, fields of headers, blocks moved, lost and doubled. */
export function mutateArchive(seed: number, corpus: readonly Buffer[]): Buffer {
  const random = randomFrom(seed);
  let bytes: Buffer = Buffer.from(corpus[below(random, corpus.length)] as Buffer);
  for (let change = 1 + below(random, 8); change > 0; change--) bytes = once(random, bytes);
  // So that what was changed inside a header is reached, its checksum is made right most of the time.
  if (random() < 0.8) mend(bytes);
  return bytes;
}

function once(random: Random, bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes;
  const at = below(random, bytes.length);
  const block = at - (at % 512);
  switch (below(random, 9)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << below(random, 8));
      return bytes;
    case 1:
      bytes[at] = below(random, 256);
      return bytes;
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return Buffer.concat([bytes.subarray(0, block), bytes.subarray(block + 512)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, block + 512), bytes.subarray(block)]);
    case 5: {
      // A field of a header: name, mode, uid, gid, size, type, target, prefix, holes.
      const fields = [0, 100, 108, 116, 124, 156, 157, 345, 386, 482, 483];
      const field = Math.min(block + (fields[below(random, fields.length)] as number), bytes.length);
      const texts = [
        "77777777777",
        "\xff\xff\xff\xff\xff\xff",
        "../../../etc/x",
        ".wh..wh..opq",
        "x",
        "g",
        "S",
        "L",
        "\x80\0\0\0\0\0\0\xff",
        "00000001000\0",
        "5",
        "1",
        "2",
      ];
      bytes.write(texts[below(random, texts.length)] as string, field, "latin1");
      return bytes;
    }
    case 6: {
      const words = [
        '"layers"',
        "sha256:",
        '"manifests"',
        "diff_ids",
        "[[[[",
        "null",
        "-1",
        "1e999",
        '{"',
        "\\u0000",
      ];
      bytes.write(words[below(random, words.length)] as string, at, "latin1");
      return bytes;
    }
    case 7: {
      const from = below(random, bytes.length);
      bytes.copy(bytes, at, from, from + below(random, 600));
      return bytes;
    }
    default:
      bytes.fill(below(random, 2) * 0xff, at, Math.min(bytes.length, at + below(random, 600)));
      return bytes;
  }
}

/** Puts the right checksum into all blocks that call themselves headers. */
function mend(bytes: Buffer): void {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    if (bytes.toString("latin1", at + 257, at + 262) !== "ustar") continue;
    bytes.fill(32, at + 148, at + 156);
    let sum = 0;
    for (let offset = 0; offset < 512; offset++) sum += bytes[at + offset] as number;
    bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148, "latin1");
  }
}

/** Reads one crafted archive, and says what went wrong, if something did. */
export async function fuzzImage(seed: number, corpus: readonly Buffer[]): Promise<string | undefined> {
  const bytes = mutateArchive(seed, corpus);
  const random = randomFrom(seed + 1);
  const start = performance.now();
  const source: ImageSource = {
    description: "crafted",
    read: (reading) => {
      const piece = 1 + below(random, 4096);
      const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, index) =>
        bytes.subarray(index * piece, (index + 1) * piece),
      );
      return readArchiveStream(new StreamBytes(Readable.from(pieces)), undefined, reading);
    },
  };
  try {
    const files = collectFiles(() => 100);
    const image = await readImage(source, {
      collectors: [files],
      platform: { os: "linux", architecture: "amd64" },
      // Without digests the changes go further.
      verify: random() < 0.3,
    });
    let count = 0;
    for (const { path } of image.tree.below("/")) {
      count++;
      if (!path.startsWith("/") || path.split("/").some((part) => part === ".."))
        return `it has the path ${JSON.stringify(path)}`;
      if (image.tree.entry(path) === undefined && !path.includes("\ufffd"))
        return `it lost ${JSON.stringify(path)}`;
    }
    if (count !== image.tree.entries) return `it has ${count} entries and says ${image.tree.entries}`;
    const space = spaceFacts(image, undefined);
    if (space.map.bytes !== image.tree.bytes)
      return `its map has ${space.map.bytes} bytes, its tree ${image.tree.bytes}`;
    let listed = 0;
    for (const _ of listPaths(image.tree.table, { sort: "size" })) listed++;
    if (listed !== count) return `its list has ${listed} entries, its tree ${count}`;
    files.finals(image);
    files.all(image);
  } catch (error) {
    if (!(error instanceof PratiqueError))
      return `it threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    if (!/^image\./.test(error.code)) return `it failed with ${error.code}: ${error.message}`;
    if (error.message.length > 1000) return `its message has ${error.message.length} characters`;
  }
  const took = performance.now() - start;
  return took > MOST_MILLISECONDS ? `it took ${Math.round(took)} ms for ${bytes.length} bytes` : undefined;
}
