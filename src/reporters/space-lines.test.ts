import { describe, expect, it } from "vitest";
import type { PlaceSummary, Report } from "../evidence/report.ts";
import { notClearReport } from "./page/sample-report.ts";
import { apart, spaceLines } from "./space-lines.ts";
import { displayWidth } from "./wrap.ts";

const inspected: Report = { ...notClearReport, command: "inspect" };
const place = (path: string, bytes: number): PlaceSummary => ({
  path,
  bytes,
  files: 1,
  fromBase: 0,
  layer: 0,
});

describe("what takes the room, on the screen", () => {
  it.each([40, 80, 120])("fits %i columns, and moves no cursor", (width) => {
    for (const unicode of [true, false]) {
      const lines = spaceLines(inspected, { width, color: false, unicode });
      expect(lines.length).toBeGreaterThan(5);
      for (const line of lines) {
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
        expect(line).not.toMatch(/[\u0000-\u001f\u202e]/);
      }
    }
  });

  it("says how much, whose, and which caches", () => {
    const text = spaceLines(inspected, { width: 80, color: false, unicode: true }).join("\n");
    expect(text).toContain("1 layer of the base, 2 of the project; 1.2 MB more in layers");
    expect(text).toContain("Caches: pip 60 MB");
    expect(text).not.toContain("hugging");
  });

  it("is left out elsewhere", () => {
    expect(spaceLines(notClearReport, { width: 80, color: false, unicode: true })).toEqual([]);
  });
});

describe("apart", () => {
  it("goes into folders that hold mostly one other, and names nothing twice", () => {
    const folders = [place("/usr", 100), place("/usr/lib", 80), place("/opt", 50), place("/usr/lib/x", 10)];
    expect(apart(folders).map(({ path }) => path)).toEqual(["/usr/lib", "/opt"]);
  });
});
