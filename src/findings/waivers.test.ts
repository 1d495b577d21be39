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
const place = { file: "Dockerfile", startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 };
const inFile = finding(place);
const inImage = finding({ imagePath: "/etc/passwd" });
const waiver = (differences: Partial<Waiver> = {}): Waiver => ({
  rule: "root-user",
  reason: "agreed with the data team",
  source: "settings",
  ...differences,
});

describe("applyWaivers", () => {
  it("marks what is accepted, by whom and until when", () => {
    const { findings, uses } = applyWaivers([inFile], [waiver({ by: "IG", until: "2027-01-31" })], TODAY);
    expect(findings[0]?.waived).toEqual({
      reason: "agreed with the data team",
      by: "IG",
      until: "2027-01-31",
      source: "settings",
    });
    expect(uses.map(({ outcome }) => outcome)).toEqual(["used"]);
  });

  it.each([
    ["the rule's name", waiver(), inFile, true],
    ["a peer's name", waiver({ rule: "hadolint:DL3002" }), inFile, true],
    ["a peer's name alone", waiver({ rule: "dl3002" }), inFile, true],
    ["another rule", waiver({ rule: "root" }), inFile, false],
    ["the file", waiver({ path: "Dockerfile" }), inFile, true],
    ["another file", waiver({ path: "Docker" }), inFile, false],
    ["a folder", waiver({ path: "src/" }), finding({ ...place, file: "src/a/b.py" }), true],
    ["another folder", waiver({ path: "sr/" }), finding({ ...place, file: "src/a.py" }), false],
    ["the line", waiver({ lines: { first: 1, last: 1 } }), inFile, true],
    ["another line", waiver({ lines: { first: 2, last: 9 } }), inFile, false],
    ["a line where there is none", waiver({ lines: { first: 1, last: 9 } }), inImage, false],
    ["a path in the image", waiver({ path: "/etc/passwd" }), inImage, true],
    ["a path where there is no place", waiver({ path: "Dockerfile" }), finding(), false],
    [
      "a path, of a process",
      waiver({ path: "python" }),
      finding({ process: { pid: 1, command: "python", executable: "python" } }),
      false,
    ],
  ])("goes by %s", (_title, given, on, wanted) => {
    const { findings, uses } = applyWaivers([on], [given], TODAY);
    expect(findings[0]?.waived !== undefined).toBe(wanted);
    expect(uses[0]?.outcome).toBe(wanted ? "used" : "unused");
  });

  it("counts on its last day and not after", () => {
    expect(applyWaivers([inFile], [waiver({ until: TODAY })], TODAY).findings[0]?.waived).toBeDefined();
    const late = applyWaivers([inFile], [waiver({ until: "2026-07-21" })], TODAY);
    expect(late.findings).toEqual([inFile]);
    expect(late.uses[0]?.outcome).toBe("expired");
  });

  it("does not count without a reason, but for peers, whose comments have no place for one", () => {
    const silent = applyWaivers([inFile], [waiver({ reason: " " })], TODAY);
    expect(silent.findings).toEqual([inFile]);
    expect(silent.uses[0]?.outcome).toBe("refused");
    const peers = applyWaivers([inFile], [waiver({ reason: "", source: "hadolint", rule: "DL3002" })], TODAY);
    expect(peers.findings[0]?.waived?.reason).toBe("ignored for hadolint, without a reason");
  });

  it("lets the first of several waivers speak", () => {
    const { findings, uses } = applyWaivers(
      [inFile],
      [waiver({ reason: "the first of them" }), waiver({ reason: "the second one" })],
      TODAY,
    );
    expect(findings[0]?.waived?.reason).toBe("the first of them");
    expect(uses.map(({ outcome }) => outcome)).toEqual(["used", "unused"]);
  });
});
