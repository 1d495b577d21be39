import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { processorTime } from "../../test/processor-time.ts";
import { unifiedDiff } from "./diff.ts";

describe("unifiedDiff", () => {
  it("shows changes with three lines around them", () => {
    const before = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n";
    expect(unifiedDiff("Dockerfile", before, before.replace("f\n", "F\n").replace("l\n", ""))).toBe(
      [
        "--- a/Dockerfile",
        "+++ b/Dockerfile",
        "@@ -3,10 +3,9 @@",
        " c",
        " d",
        " e",
        "-f",
        "+F",
        " g",
        " h",
        " i",
        " j",
        " k",
        "-l",
        "",
      ].join("\n"),
    );
  });

  it("makes two hunks of changes that are far apart", () => {
    const lines = Array.from({ length: 30 }, (_, index) => `${index}`);
    const after = lines.map((line) => (line === "2" || line === "25" ? `${line}!` : line));
    const diff = unifiedDiff("d", `${lines.join("\n")}\n`, `${after.join("\n")}\n`);
    expect(diff.match(/^@@.*$/gm)).toEqual(["@@ -1,6 +1,6 @@", "@@ -23,7 +23,7 @@"]);
  });

  it("says where a last newline is missing, and shows lines as it is told", () => {
    expect(unifiedDiff("d", "a\r\nsecret", "a\r\nsecret\r\nb", (line) => line.replace("secret", "***"))).toBe(
      "--- a/d\n+++ b/d\n@@ -1,2 +1,3 @@\n a\n-***\n\\ No newline at end of file\n+***\n+b\n\\ No newline at end of file\n",
    );
  });

  it("is empty for equal texts, and stays quick for texts that have nothing in common", () => {
    expect(unifiedDiff("d", "a\n", "a\n")).toBe("");
    const [one, two] = ["x", "y"].map((sign) =>
      Array.from({ length: 20_000 }, (_, index) => `${sign}${index}\n`).join(""),
    );
    let text = "";
    const time = processorTime(() => {
      text = unifiedDiff("d", one ?? "", two ?? "");
    });
    expect(text.length).toBeGreaterThan(200_000);
    expect(time).toBeLessThan(5000);
  });

  it("always leads from the one text to the other", () => {
    const line = fc.constantFrom("a", "b", "c", "RUN x", "");
    const text = fc
      .tuple(fc.array(line, { maxLength: 30 }), fc.boolean())
      .map(([lines, end]) => lines.join("\n") + (end ? "\n" : ""));
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(patch(before, unifiedDiff("d", before, after))).toBe(after);
      }),
      { numRuns: 2000, seed: 3 },
    );
  });
});

/** Applies a diff as patch(1) does. */
function patch(text: string, diff: string): string {
  const before = text.split("\n");
  const last = before.pop() ?? "";
  if (last !== "") before.push(last);
  const out: string[] = [];
  let at = 0;
  let open = last !== "";
  const lines = diff.split("\n").slice(2, -1);
  lines.forEach((entry, index) => {
    const hunk = /^@@ -(\d+)(?:,(\d+))? /.exec(entry);
    const bare = lines[index + 1]?.startsWith("\\") === true;
    if (hunk !== null) {
      const from = Number(hunk[1]) - (hunk[2] === "0" ? 0 : 1);
      while (at < from) out.push(before[at++] ?? "");
    } else if (entry.startsWith("+")) {
      out.push(entry.slice(1));
      open = bare;
    } else if (entry.startsWith(" ")) {
      expect(entry.slice(1)).toBe(before[at]);
      out.push(before[at++] ?? "");
      open = bare;
    } else if (entry.startsWith("-")) {
      expect(entry.slice(1)).toBe(before[at++]);
      if (bare) open = false;
    }
  });
  if (at < before.length) open = last !== "";
  while (at < before.length) out.push(before[at++] ?? "");
  return out.length === 0 ? "" : out.join("\n") + (open ? "" : "\n");
}
