import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter } from "./lines.ts";

function split(chunks: readonly Uint8Array[], longest = 1000): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter(longest, (line) => lines.push(line));
  for (const chunk of chunks) splitter.write(chunk);
  splitter.end();
  return lines;
}
const bytes = (text: string): Buffer => Buffer.from(text);

describe("LineSplitter", () => {
  it.each([
    [
      ["a\r", "\nb"],
      ["a", "b"],
    ],
    [
      ["a\r", "b\r"],
      ["a", "b"],
    ],
    [
      ["a\r", "\r\n", "\n"],
      ["a", "", ""],
    ],
    [["", "a", "", "b\n"], ["ab"]],
    [["\n"], [""]],
    [[], []],
  ])("%j gives %j", (chunks, lines) => expect(split(chunks.map(bytes))).toEqual(lines));

  it("drops the rest of a long line, and goes on with the next", () =>
    expect(split(["aaa", "bbbb\ncc", "dddd"].map(bytes), 4)).toEqual(["aaab", "ccdd"]));

  it("gives the same lines however the bytes are cut", () => {
    const piece = fc.constantFrom("\r", "\n", "\r\n", "a", "é", "😀", "word ", "\0");
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }).map((list) => list.join("")),
        fc.array(fc.nat(60), { maxLength: 12 }),
        fc.integer({ min: 1, max: 12 }),
        (text, cuts, longest) => {
          const whole = bytes(text);
          const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)), whole.length].sort(
            (a, b) => a - b,
          );
          const chunks = places.slice(1).map((to, index) => whole.subarray(places[index], to));
          const wanted = text.split(/\r\n|[\r\n]/).map((line) => line.slice(0, longest));
          if (wanted.at(-1) === "") wanted.pop();
          expect(split(chunks, longest)).toEqual(wanted);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
