import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultConfig, type TestCase } from "../config/config.ts";
import { nothingExpected } from "../config/expectations.ts";
import { findRuntime } from "../profiles/find.ts";
import { expectationsIn, imageFacts, recordingOf, testProfile } from "../rules/test-facts.ts";
import { NO_EXTRAS } from "../run/extras.ts";
import type { Recording } from "../run/recording.ts";
import type { Trial } from "../run/trial.ts";
import { caseExpectations, chooseCases, factsOfRun } from "./expectations.ts";

const profile = testProfile();
const caseOf = (name: string | undefined, expected = nothingExpected): TestCase => ({
  name,
  settings: defaultConfig.test,
  expect: expected,
});

describe("chooseCases", () => {
  const all = [caseOf("small"), caseOf("large")];

  it("takes all, or those that are named, in the order of the settings", () => {
    expect(chooseCases(all)).toBe(all);
    expect(chooseCases(all, ["large", "small"])).toEqual(all);
    expect(chooseCases(all, ["large"]).map(({ name }) => name)).toEqual(["large"]);
  });

  it.each([
    ["smal", all, "Did you mean “small”?"],
    ["entirely-different", all, "The settings have small, large."],
    ["small", [caseOf(undefined)], /name no cases/],
  ])("refuses %s", (name, cases, hint) => {
    expect(() => chooseCases(cases, [name])).toThrow(
      expect.objectContaining({ code: "usage.bad-argument", hint: expect.stringMatching(hint) }),
    );
  });
});

describe("a run", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pratique-facts-"));
    mkdirSync(join(folder, "out"));
    writeFileSync(join(folder, "log"), "200 patients\n");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const expectedOf = async (
    name: string | undefined,
    settings: string,
    recording: Partial<Recording> = {},
  ) => {
    const trial: Trial = {
      runtime: findRuntime(profile, "k8s"),
      case: caseOf(name, settings === "" ? nothingExpected : expectationsIn(settings)),
      decides: true,
      extras: NO_EXTRAS,
    };
    const places = { outputs: join(folder, "out"), logFile: join(folder, "log") };
    const signal = new AbortController().signal;
    const facts = await factsOfRun(trial, recordingOf(recording), imageFacts(), places, profile, signal);
    return caseExpectations(trial, facts, profile);
  };

  it("is held against what it left", async () => {
    writeFileSync(join(folder, "out", "fit.csv"), "a,b\n1,2\n");
    const settings = `version: 1
test:
  expect:
    exitCode: 0
    outputs: [{ path: fit.csv, rows: 1 }, { path: fit.rds, rows: 1 }, { path: /safe_outputs/*.csv, format: json }]
    log: { match: ["^\\\\d+ patients$"] }
    maxTime: 1s
    maxMemory: 1g
`;
    expect(await expectedOf(undefined, settings)).toEqual({
      case: null,
      runtime: "k8s",
      asMeant: true,
      expectations: [
        { text: "ends with exit code 0", status: "met", reason: "", line: 4 },
        { text: "writes fit.csv, with 1 row", status: "met", reason: "", line: 5 },
        expect.objectContaining({ text: "writes fit.rds, with 1 row", status: "not-met" }),
        expect.objectContaining({
          status: "not-met",
          reason: "fit.csv cannot be read as JSON: line 1 is not JSON.",
        }),
        expect.objectContaining({ text: "prints a line that matches ^\\d+ patients$", status: "met" }),
        expect.objectContaining({ reason: "The run took 4.2 s; at most 1 s are expected." }),
        expect.objectContaining({ status: "not-assessed" }),
      ],
    });
  });

  it("is told of with a name, or where something is expected", async () => {
    expect(await expectedOf(undefined, "")).toBeUndefined();
    expect(await expectedOf("small", "")).toEqual({
      case: "small",
      runtime: "k8s",
      asMeant: true,
      expectations: [],
    });
    const killed = { exit: { code: null, signal: "SIGKILL", cause: "memory" as const, detail: "" } };
    const settings = "version: 1\ntest: { expect: { exitCode: 137 } }\n";
    expect(await expectedOf("small", settings, killed)).toMatchObject({
      asMeant: false,
      expectations: [{ reason: "The job was ended for want of memory; 137 is expected." }],
    });
  });

  it("of which nothing is known shows nothing", async () => {
    rmSync(join(folder, "out"), { recursive: true });
    const settings = `version: 1
test: { expect: { outputs: [a.csv], noOutputs: ["*.tmp"], forbiddenColumns: [nhs_number] } }
`;
    const all = (await expectedOf(undefined, settings))?.expectations ?? [];
    expect(all.map(({ status }) => status)).toEqual(["not-assessed", "not-assessed", "not-assessed"]);
  });
});
