import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trackedIn } from "./git-index.ts";

/** An index as git writes it, with one entry for each name. */
function indexOf(names: readonly string[], version: 2 | 3 | 4, hashLength = 20, extension = ""): Buffer {
  const header = Buffer.alloc(12);
  header.write("DIRC", 0, "latin1");
  header.writeUInt32BE(version, 4);
  header.writeUInt32BE(names.length, 8);
  let previous = Buffer.alloc(0);
  const entries = names.map((text) => {
    const name = Buffer.from(text);
    const extended = version === 3 ? 2 : 0;
    const head = Buffer.alloc(40 + hashLength + 2 + extended);
    head.writeUInt16BE((extended > 0 ? 0x4000 : 0) | Math.min(name.length, 0xfff), 40 + hashLength);
    if (version === 4) {
      let shared = 0;
      while (shared < Math.min(previous.length, name.length) && previous[shared] === name[shared]) shared++;
      const dropped = numberOf(previous.length - shared);
      previous = name;
      return Buffer.concat([head, dropped, name.subarray(shared), Buffer.alloc(1)]);
    }
    const length = head.length + name.length;
    return Buffer.concat([head, name, Buffer.alloc(8 - (length % 8))]);
  });
  const tail = Buffer.alloc(extension === "" ? 0 : 12);
  if (extension !== "") {
    tail.write(extension, 0, "latin1");
    tail.writeUInt32BE(4, 4);
  }
  return Buffer.concat([header, ...entries, tail, Buffer.alloc(hashLength)]);
}

/** Git's number of variable length. */
function numberOf(value: number): Buffer {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift(0x80 | (--rest & 0x7f));
  return Buffer.from(bytes);
}

const name = fc.oneof(
  fc.stringMatching(/^[a-c]{1,3}(?:\/[a-c]{1,3}){0,2}$/),
  fc.stringMatching(/^(?:é|x){1,200}$/),
);
const names = fc.uniqueArray(name, { maxLength: 12 }).map((list) => list.sort());

describe("trackedIn", () => {
  it("finds what is listed and nothing else, in every version", () => {
    fc.assert(
      fc.property(
        names,
        fc.array(name),
        fc.constantFrom(2, 3, 4),
        fc.constantFrom(20, 32),
        (listed, others, version, hash) => {
          const asked = [...new Set([...listed, ...others])];
          const found = trackedIn(indexOf(listed, version as 2, hash), asked, hash);
          expect(found).toEqual(new Set(listed));
        },
      ),
    );
  });

  it("takes a folder of a partly checked out tree for all below it", () => {
    expect(trackedIn(indexOf(["lib/"], 2), ["lib/a/Dockerfile", "Dockerfile"], 20)).toEqual(
      new Set(["lib/a/Dockerfile"]),
    );
  });

  it.each([
    ["another file", Buffer.from("PACKxxxxxxxxxxxx")],
    ["a version of the future", Buffer.concat([Buffer.from("DIRC\0\0\0\x05"), Buffer.alloc(100)])],
    ["an index that is cut off", indexOf(["a", "b"], 2).subarray(0, 90)],
    ["an index that is split over files", indexOf(["a"], 2, 20, "link")],
    ["nothing", Buffer.alloc(0)],
  ])("does not know about %s", (_title, index) => expect(trackedIn(index, ["a"], 20)).toBeUndefined());

  it("takes any bytes, and in a moment", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(2, 3, 4), (bytes, version) => {
        const head = Buffer.from([0x44, 0x49, 0x52, 0x43, 0, 0, 0, version, 0xff, 0xff, 0xff, 0xff]);
        const found = trackedIn(Buffer.concat([head, bytes]), ["a", "b/c"], 20);
        expect(found === undefined || found instanceof Set).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
