import { describe, expect, it } from "vitest";
import { processorTime } from "../../test/processor-time.ts";
import type { TextEdit } from "../findings/finding.ts";
import { applyEdits } from "./apply.ts";

const edit = (place: string, text: string): TextEdit => {
  const [startLine = 0, startColumn = 0, endLine = startLine, endColumn = startColumn] = place
    .split(/[:-]/)
    .map(Number);
  return { file: "Dockerfile", startLine, startColumn, endLine, endColumn, text };
};

describe("applyEdits", () => {
  it("replaces, inserts and deletes", () => {
    const groups = [[edit("1:1-1:4", "COPY")], [edit("2:5", " --quiet")], [edit("3:1-4:1", "")]];
    expect(applyEdits("ADD a b\nRUN true\n# gone\nCMD x\n", groups)).toEqual({
      text: "COPY a b\nRUN  --quiettrue\nCMD x\n",
      applied: [0, 1, 2],
    });
  });

  it("lets the first in file order win where two are in each other's way", () => {
    const groups = [[edit("1:3-1:8", "late")], [edit("1:1-1:4", "first")], [edit("2:1-2:2", "B")]];
    expect(applyEdits("abcdefghij\nb", groups)).toEqual({ text: "firstdefghij\nB", applied: [1, 2] });
  });

  it("takes two insertions at one place one after the other", () => {
    const groups = [[edit("1:2", "x")], [edit("1:2", "y")]];
    expect(applyEdits("ab", groups)).toEqual({ text: "axb", applied: [0] });
    expect(applyEdits("ab", [[edit("1:2", "x"), edit("1:2", "y")]]).text).toBe("axyb");
  });

  it("makes all edits of a finding or none", () => {
    const groups = [
      [edit("1:1-1:2", "A"), edit("3:1-3:2", "C")],
      [edit("2:1-2:2", "B")],
      [edit("3:1-3:2", "x")],
    ];
    expect(applyEdits("a\nb\nc\n", groups)).toEqual({ text: "A\nB\nC\n", applied: [0, 1] });
    expect(applyEdits("a\nb\n", [[edit("1:1-1:2", "A"), edit("9:1-9:2", "C")]]).applied).toEqual([]);
  });

  it.each(["0:1-1:1", "1:0-1:1", "1:1-1:9", "2:2-1:1", "4:1-4:1", "1.5:1-2:1"])("refuses %s", (place) => {
    expect(applyEdits("abc\ndef\n", [[edit(place, "x")]])).toEqual({ text: "abc\ndef\n", applied: [] });
  });

  it("refuses a finding whose own edits overlap, and one that changes nothing", () => {
    expect(applyEdits("abcd", [[edit("1:1-1:3", "x"), edit("1:2-1:4", "y")]]).applied).toEqual([]);
    expect(applyEdits("abcd", [[edit("1:1-1:3", "ab")], []]).applied).toEqual([]);
  });

  it("keeps CRLF, a byte order mark and a missing last newline", () => {
    expect(applyEdits("\uFEFFFROM a\r\nCMD x", [[edit("1:7", "\nRUN true")]]).text).toBe(
      "\uFEFFFROM a\r\nRUN true\r\nCMD x",
    );
    expect(applyEdits("FROM a\r\nCMD x", [[edit("2:6", "\nRUN true")]]).text).toBe(
      "FROM a\r\nCMD x\r\nRUN true",
    );
    expect(applyEdits("FROM a", [[edit("1:7", "\nRUN true")]]).text).toBe("FROM a\nRUN true");
  });

  it("takes linear time", () => {
    const lines = 50_000;
    const groups = Array.from({ length: lines }, (_, index) => [edit(`${lines - index}:1`, "x")]);
    let applied: readonly unknown[] = [];
    const time = processorTime(() => {
      ({ applied } = applyEdits("a\n".repeat(lines), groups));
    });
    expect(applied).toHaveLength(lines);
    expect(time).toBeLessThan(5000);
  });
});
