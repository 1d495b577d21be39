import fc from "fast-check";
import { type Header, pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { PratiqueError } from "../errors.ts";
import { nameOf, TarWalker } from "./tar.ts";
import {
  END,
  file,
  folder,
  hardlink,
  type Member,
  member,
  pax,
  paxRecord,
  symlink,
  tar,
} from "./test-archives.ts";

interface Seen {
  name: string;
  kind: string;
  size: number;
  content: string;
  mode: number;
  uid: number;
  gid: number;
  link: string;
}

/** Everything in an archive, whose bytes come in pieces of these lengths. `want` leaves contents out. */
function walk(bytes: Buffer, pieces: readonly number[] = [bytes.length], want = true): Seen[] {
  const seen: Seen[] = [];
  let parts: Buffer[] = [];
  let done = true;
  const walker = new TarWalker({
    entry(header) {
      expect(done).toBe(true);
      done = false;
      parts = [];
      const { kind, size, mode, uid, gid } = header;
      seen.push({
        name: nameOf(header),
        kind,
        size,
        mode,
        uid,
        gid,
        link: header.link.toString(),
        content: "",
      });
      return want;
    },
    data(chunk) {
      parts.push(Buffer.from(chunk));
      return true;
    },
    done() {
      done = true;
      const last = seen.at(-1);
      if (last !== undefined) last.content = Buffer.concat(parts).toString("latin1");
    },
  });
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    if (!want && walker.idle > 0) {
      const passed = Math.min(walker.idle, bytes.length - at);
      walker.pass(passed);
      at += passed;
      continue;
    }
    const length = Math.max(1, pieces[turn % pieces.length] ?? 1);
    walker.write(Buffer.from(bytes.subarray(at, at + length)));
    at += length;
  }
  walker.end();
  return seen;
}

const failure = (bytes: Buffer): PratiqueError => {
  try {
    walk(bytes);
  } catch (error) {
    if (error instanceof PratiqueError) return error;
    throw error;
  }
  throw new Error("it was taken");
};

async function oracle(
  items: readonly (Partial<Header> & { name: string; content: string })[],
): Promise<Buffer> {
  const packer = pack();
  for (const { content, ...header } of items) packer.entry(header, header.type === "file" ? content : "");
  packer.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of packer) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

describe("a tar's walker", () => {
  it("reads what tar-stream writes, however the bytes come", async () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 150 })
      .map((text) => text.replace(/[\0/]|^\.*$/g, "x"));
    const item = fc.record({
      name: fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")),
      type: fc.constantFrom("file" as const, "directory" as const, "symlink" as const, "link" as const),
      content: fc.string({ unit: "binary-ascii", maxLength: 1500 }),
      mode: fc.integer({ min: 1, max: 0o7777 }),
      uid: fc.integer({ min: 0, max: 70_000 }),
      gid: fc.integer({ min: 0, max: 70_000 }),
      linkname: name,
    });
    const pieces = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 6 }), pieces, async (items, sizes) => {
        const bytes = await oracle(items);
        // Folders may end with a slash, as tar-stream has it now and then.
        const seen = walk(bytes, sizes).map((entry) => ({ ...entry, name: entry.name.replace(/\/$/, "") }));
        expect(seen).toEqual(
          items.map(({ name: path, type, content, mode, uid, gid, linkname }) => ({
            name: path,
            kind: { file: "file", directory: "folder", symlink: "symlink", link: "hardlink" }[type],
            size: type === "file" ? Buffer.byteLength(content) : 0,
            content: type === "file" ? Buffer.from(content).toString("latin1") : "",
            mode,
            uid,
            gid,
            link: type === "symlink" || type === "link" ? linkname : "",
          })),
        );
        // Passing over what is not wanted shows the same entries.
        const passed = walk(bytes, sizes, false).map((entry) => ({
          ...entry,
          name: entry.name.replace(/\/$/, ""),
        }));
        expect(passed).toEqual(seen.map((entry) => ({ ...entry, content: "" })));
      }),
      { numRuns: 150 },
    );
  });

  it("takes any bytes: entries or a coded error", () => {
    const bytes = fc.uint8Array({ maxLength: 3000 });
    const spoiled = fc
      .tuple(fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { maxLength: 8 }), fc.nat(5000))
      .map(([changes, length]) => {
        const whole = Buffer.from(
          tar(pax({ path: "p/q" }), file("a", "12345"), folder("b/"), symlink("c", "a"), hardlink("d", "a")),
        );
        for (const [at, value] of changes) whole[at % whole.length] = value;
        return whole.subarray(0, length);
      });
    fc.assert(
      fc.property(fc.oneof(bytes, spoiled), (input) => {
        try {
          walk(Buffer.from(input));
        } catch (error) {
          expect(error).toBeInstanceOf(PratiqueError);
          expect((error as PratiqueError).code).toBe("image.invalid");
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("knows GNU's long names and links", () => {
    const long = "very/".repeat(60);
    const bytes = tar(
      { name: "././@LongLink", type: "L", content: `${long}name\0` },
      { name: "././@LongLink", type: "K", content: `${long}target\0` },
      symlink("cut", "cut"),
      file("next"),
    );
    expect(walk(bytes)).toMatchObject([
      { name: `${long}name`, kind: "symlink", link: `${long}target` },
      { name: "next", link: "" },
    ]);
  });

  it("takes PAX attributes for one member and global ones for all", () => {
    const bytes = tar(
      { ...pax({ uid: "3000000000" }), type: "g" },
      pax({ path: "ä/long", size: "3", "SCHILY.xattr.security.capability": "\u0001" }),
      { name: "x", content: "abc", sizeField: "00000000000\0" },
      file("y"),
    );
    expect(walk(bytes)).toMatchObject([
      { name: "ä/long", size: 3, content: "abc", uid: 3000000000 },
      { name: "y", uid: 3000000000 },
    ]);
  });

  it("reads numbers in base 256, prefixes, and folders from before there was a type for them", () => {
    const big = Buffer.alloc(12);
    big[0] = 0x80;
    big.writeUInt32BE(5, 8);
    const bytes = tar(
      { name: "f", content: "12345", sizeField: big },
      { name: "tail", change: (header) => void header.write("head/of", 345) },
      { name: "old/", type: "\0" },
    );
    expect(walk(bytes)).toMatchObject([
      { name: "f", content: "12345" },
      { name: "head/of/tail" },
      { name: "old/", kind: "folder" },
    ]);
  });

  describe("puts holes back", () => {
    const size = (value: number): string => `${value.toString(8).padStart(11, "0")}\0`;
    const wanted = `\0\0\0\0abc${"\0".repeat(9)}xy\0\0`;

    it("of GNU's own kind", () => {
      const change = (header: Buffer): void => {
        header.write("ustar  \0", 257, "latin1");
        for (const [index, value] of [4, 3, 16, 2].entries())
          header.write(size(value), 386 + 12 * index, "latin1");
        header.write(size(20), 483, "latin1");
      };
      expect(walk(tar({ name: "s", type: "S", content: "abcxy", change }, file("after", "z")))).toMatchObject(
        [
          { name: "s", kind: "file", size: 20, content: wanted },
          { name: "after", content: "z" },
        ],
      );
    });

    it("with a map in further blocks", () => {
      const change = (header: Buffer): void => {
        for (const [index, value] of [4, 1, 5, 1, 6, 1].entries())
          header.write(size(value), 386 + 12 * index, "latin1");
        header[482] = 1;
        header.write(size(20), 483, "latin1");
      };
      const more = Buffer.alloc(512);
      for (const [index, value] of [16, 2].entries()) more.write(size(value), 12 * index, "latin1");
      const whole = Buffer.concat([
        member({ name: "s", type: "S", sizeField: size(5), change }),
        more,
        member({ name: "x", content: "abcxy" }).subarray(512),
        END,
      ]);
      expect(walk(whole)).toMatchObject([{ size: 20, content: wanted }]);
    });

    it.each([
      [
        "0.0",
        [
          paxRecord("GNU.sparse.size", "20"),
          paxRecord("GNU.sparse.numblocks", "2"),
          paxRecord("GNU.sparse.offset", "4"),
          paxRecord("GNU.sparse.numbytes", "3"),
          paxRecord("GNU.sparse.offset", "16"),
          paxRecord("GNU.sparse.numbytes", "2"),
        ].join(""),
        "abcxy",
      ],
      [
        "0.1",
        [
          paxRecord("GNU.sparse.name", "s"),
          paxRecord("GNU.sparse.size", "20"),
          paxRecord("GNU.sparse.map", "4,3,16,2"),
        ].join(""),
        "abcxy",
      ],
      [
        "1.0",
        [
          paxRecord("GNU.sparse.major", "1"),
          paxRecord("GNU.sparse.minor", "0"),
          paxRecord("GNU.sparse.name", "s"),
          paxRecord("GNU.sparse.realsize", "20"),
          paxRecord("path", "GNUSparseFile.1/s"),
        ].join(""),
        `${"2\n4\n3\n16\n2\n".padEnd(512, "\0")}abcxy`,
      ],
    ])("of PAX %s", (_version, records, content) => {
      const bytes = tar({ name: "x", type: "x", content: records }, file("s", content), file("after", "z"));
      expect(walk(bytes)).toMatchObject([
        { name: "s", kind: "file", size: 20, content: wanted },
        { name: "after", content: "z" },
      ]);
      expect(walk(bytes, [100])).toMatchObject([{ content: wanted }, { content: "z" }]);
    });

    it("but makes up no more than 64 MB", () => {
      const bytes = tar(
        {
          name: "x",
          type: "x",
          content: paxRecord("GNU.sparse.size", String(2 ** 50)) + paxRecord("GNU.sparse.map", "0,3"),
        },
        file("s", "abc"),
      );
      let made = 0;
      const walker = new TarWalker({
        entry: (header) => {
          expect(header).toMatchObject({ size: 2 ** 50, readable: 64 * 1024 * 1024 });
          return true;
        },
        data: (chunk) => {
          made += chunk.length;
          return true;
        },
        done: () => {},
      });
      walker.write(bytes);
      expect(made).toBe(64 * 1024 * 1024);
    });
  });

  const negative = Buffer.alloc(12, 0xff);
  const huge = Buffer.alloc(12, 0xff);
  huge[0] = 0x80;
  it.each<[string, Buffer]>([
    ["a negative size", tar({ name: "a", sizeField: negative })],
    ["a size beyond all numbers", tar({ name: "a", sizeField: huge })],
    ["a size that is no number", tar({ name: "a", sizeField: "00z00000000\0" })],
    ["a PAX size beyond all numbers", tar(pax({ size: "9999999999999999" }), file("a"))],
    ["a negative PAX size", tar(pax({ size: "-1" }), file("a"))],
    ["giant attributes", tar({ name: "x", type: "x", sizeField: "77777777777\0" })],
    ["attributes without a member", tar(pax({ path: "a" })).subarray(0, 1024)],
    [
      "an attribute that is longer than it says",
      tar({ name: "x", type: "x", content: "99 path=a\n" }, file("a")),
    ],
    ["an attribute without a length", tar({ name: "x", type: "x", content: "path=a\n" }, file("a"))],
    ["a name with a zero byte", tar(pax({ path: "a\0b" }), file("a"))],
    ["no name", tar({ name: "" })],
    ["a changed header", Buffer.from(tar(file("abc"))).fill(0x78, 0, 1)],
    ["a file after the end", Buffer.concat([member(file("a")), Buffer.alloc(512), member(file("b")), END])],
    [
      "a map of holes beyond its file",
      tar(
        {
          name: "x",
          type: "x",
          content: paxRecord("GNU.sparse.size", "2") + paxRecord("GNU.sparse.map", "0,3"),
        },
        file("s", "abc"),
      ),
    ],
    [
      "a map of holes that goes backwards",
      tar(
        {
          name: "x",
          type: "x",
          content: paxRecord("GNU.sparse.size", "20") + paxRecord("GNU.sparse.map", "9,1,0,2"),
        },
        file("s", "abc"),
      ),
    ],
    [
      "a map of holes without an end",
      tar(pax({ "GNU.sparse.major": "1", "GNU.sparse.realsize": "9" }), file("s", "7".repeat(2000))),
    ],
    ["nothing of its content", tar(file("a", "x".repeat(2000))).subarray(0, 700)],
  ])("refuses %s", (_title, bytes) => {
    expect(failure(bytes)).toMatchObject({ code: "image.invalid" });
  });

  it("does without the empty blocks at the end", () => {
    expect(walk(Buffer.from(member(file("a", "b"))))).toMatchObject([{ name: "a", content: "b" }]);
    expect(walk(Buffer.alloc(0))).toEqual([]);
  });

  it("sees all kinds of members, and no content in those that have none", () => {
    const members: Member[] = ["3", "4", "6", "1", "2", "5"].map((type) => ({
      name: `t${type}`,
      type,
      sizeField: "00000000777\0",
    }));
    expect(walk(tar(...members)).map(({ kind, size }) => [kind, size])).toEqual(
      ["character", "block", "fifo", "hardlink", "symlink", "folder"].map((kind) => [kind, 0]),
    );
  });
});
