import { describe, expect, it } from "vitest";
import type { Report, Verdict } from "../evidence/report.ts";
import { clearReport, lintReport, notClearReport } from "./page/sample-report.ts";
import { renderCrate } from "./ro-crate.ts";

const SHA256 = "ab".repeat(32);
const FILES = ["report.json", "index.html", "a b#?.log", "../up.json"].map((name) => ({
  name,
  bytes: 12,
  sha256: SHA256,
}));

type Entity = Record<string, unknown> & { "@id": string };
const graphOf = (report: Report): readonly Entity[] =>
  JSON.parse(renderCrate(report, FILES))["@graph"] as readonly Entity[];
const entity = (report: Report, id: string): Entity => {
  const [found, ...more] = graphOf(report).filter((one) => one["@id"] === id);
  expect(more).toEqual([]);
  if (found === undefined) throw new Error(`there is no ${id}`);
  return found;
};

describe("evidence as a research object", () => {
  it("describes every file, by addresses that lead nowhere else", () => {
    const parts = entity(clearReport, "./").hasPart as { "@id": string }[];
    expect(parts.map((part) => part["@id"])).toEqual([
      "report.json",
      "index.html",
      "a%20b%23%3F.log",
      "..%2Fup.json",
    ]);
    for (const { "@id": id } of parts)
      expect(entity(clearReport, id)).toMatchObject({ "@type": "File", contentSize: "12", sha256: SHA256 });
  });

  it("refers to nothing that it does not describe", () => {
    const graph = graphOf(notClearReport);
    const known = new Set(graph.map((one) => one["@id"]));
    const referred: string[] = [];
    JSON.stringify(graph, (key, value: unknown) => {
      if (key !== "" && typeof value === "object" && value !== null && Object.keys(value).join() === "@id")
        referred.push((value as Entity)["@id"]);
      return value;
    });
    const outside = referred.filter((id) => !known.has(id));
    expect([...new Set(outside)].every((id) => /^https?:/.test(id))).toBe(true);
    expect(referred.length).toBeGreaterThan(8);
  });

  it.each<[Verdict, string]>([
    ["clear", "Completed"],
    ["clear-with-advice", "Completed"],
    ["not-clear", "Failed"],
    // What was not assessed is no success.
    ["incomplete", "Failed"],
  ])("says how the check ended: %s", (verdict, status) => {
    const { actionStatus, name } = entity({ ...clearReport, verdict }, "#check");
    expect(actionStatus).toEqual({ "@id": `http://schema.org/${status}ActionStatus` });
    expect(name).toContain(verdict);
  });

  it("has an action for each test run, and is a Process Run Crate only then", () => {
    const { recording } = notClearReport;
    if (recording === null) throw new Error("the sample has a run");
    const report = {
      ...notClearReport,
      recording: { ...recording, log: { ...recording.log, file: "a b#?.log" } },
      others: [{ ...recording, runtime: "podman", exit: { ...recording.exit, code: 0 } }],
    };
    expect(entity(report, "#run-1")).toMatchObject({
      "@type": "CreateAction",
      name: "Test run in k8s",
      description: "python3 train.py --name 'heart risk'",
      instrument: { "@id": "#image" },
      result: { "@id": "a%20b%23%3F.log" },
      actionStatus: "http://schema.org/FailedActionStatus",
      error: "The program failed, exit code 1",
    });
    expect(entity(report, "#run-2")).toMatchObject({
      name: "Test run in podman",
      actionStatus: "http://schema.org/CompletedActionStatus",
    });
    expect(entity(report, "./").mentions).toEqual([
      { "@id": "#check" },
      { "@id": "#run-1" },
      { "@id": "#run-2" },
    ]);
    expect(entity(report, "./").conformsTo).toEqual({ "@id": "https://w3id.org/ro/wfrun/process/0.5" });
    expect(entity(lintReport, "./")).not.toHaveProperty("conformsTo");
  });

  it("says in a number what was not assessed", () => {
    expect(entity(notClearReport, "#requirements-not-assessed").value).toBe(4);
    expect(entity(notClearReport, "#check").additionalProperty).toContainEqual({
      "@id": "#requirements-not-assessed",
    });
  });

  it("is the same for the same evidence", () => {
    expect(renderCrate(clearReport, FILES)).toBe(renderCrate(clearReport, FILES));
  });
});
