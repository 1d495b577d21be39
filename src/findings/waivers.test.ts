import { describe, expect, it } from "vitest";
import type { Finding, Location } from "./finding.ts";
import { applyWaivers, type Waiver } from "./waivers.ts";

const TODAY = "2026-07-22";
const finding = (location?: Location): Finding => ({
  rule: "root-user",
  title: "T",
  severity: "error",
  requirements: ["UID-01"],
  message: "m.",
  aliases: ["hadolint:DL3002"],
  ...(location === undefined ? {} : { location }),
});
const inFile = finding({ file: "Dockerfile", startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 });
const inImage = finding({ imagePath: "/etc/passwd" });
const waiver = (differences: Partial<Waiver> = {}): Waiver => ({
  rule: "root-user",
  reason: "agreed with the data team",
  ...differences,
});

describe("applyWaivers", () => {
  it("marks what is accepted, by whom and until when", () => {
    const { findings, notes } = applyWaivers([inFile], [waiver({ by: "IG", until: "2027-01-31" })], TODAY);
    expect(findings[0]?.waived).toEqual({
      reason: "agreed with the data team",
      by: "IG",
      until: "2027-01-31",
    });
    expect(notes).toEqual([]);
  });

  it.each([
    ["the rule's name", waiver(), inFile, true],
    ["a peer's name", waiver({ rule: "hadolint:DL3002" }), inFile, true],
    ["another rule", waiver({ rule: "root" }), inFile, false],
    ["the file", waiver({ path: "Dockerfile" }), inFile, true],
    ["another file", waiver({ path: "Docker" }), inFile, false],
    ["a path in the image", waiver({ path: "/etc/passwd" }), inImage, true],
    ["a path where there is no place", waiver({ path: "Dockerfile" }), finding(), false],
    [
      "a path, of a process",
      waiver({ path: "python" }),
      finding({ process: { pid: 1, command: "python", executable: "python" } }),
      false,
    ],
  ])("goes by %s", (_title, given, on, wanted) => {
    const { findings, notes } = applyWaivers([on], [given], TODAY);
    expect(findings[0]?.waived !== undefined).toBe(wanted);
    expect(notes).toHaveLength(wanted ? 0 : 1);
  });

  it("counts on its last day and not after, and says so", () => {
    expect(applyWaivers([inFile], [waiver({ until: TODAY })], TODAY).findings[0]?.waived).toBeDefined();
    const late = applyWaivers([inFile], [waiver({ until: "2026-07-21" })], TODAY);
    expect(late.findings).toEqual([inFile]);
    expect(late.notes).toEqual(["The waiver for root-user ended on 2026-07-21 and no longer counts."]);
  });

  it("says which waiver matched nothing", () => {
    expect(applyWaivers([], [waiver()], TODAY).notes).toEqual([
      "The waiver for root-user matched no finding.",
    ]);
  });
});
