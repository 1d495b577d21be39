import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultConfig } from "../config/config.ts";
import { nothingExpected } from "../config/expectations.ts";
import type { Engine } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import { findRuntime } from "../profiles/find.ts";
import { imageFacts, recordingOf, testProfile } from "../rules/test-facts.ts";
import { NO_EXTRAS } from "../run/extras.ts";
import { planRun } from "../run/plan.ts";
import type { NetworkAttempt } from "../run/recording.ts";
import { explainAttempts } from "./discover.ts";
import type { StepContext } from "./judge.ts";

const attempt: NetworkAttempt = {
  host: "huggingface.co",
  address: null,
  port: null,
  protocol: "dns",
  process: { pid: 7, command: "python fit.py", executable: "/usr/bin/python3" },
  count: 1,
  firstAt: 0.1,
  lastAt: 0.1,
  secondsLost: 20,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pratique-discover-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Explains a run on an engine whose every call fails as a test wants. */
function explain(recording: ReturnType<typeof recordingOf>, discover: boolean | undefined, error: Error) {
  const profile = testProfile();
  const trial = {
    runtime: findRuntime(profile, "k8s"),
    case: { name: undefined, settings: defaultConfig.test, expect: nothingExpected },
    decides: true,
    extras: NO_EXTRAS,
  };
  const workspace = {
    id: "abc",
    owner: "o",
    output: folder,
    temporary: folder,
    clearLeft: async () => [],
    dispose: async () => {},
  };
  const places = { data: folder, outputs: folder, scratch: folder, home: folder, record: folder };
  const folders = { ...places, network: folder, secret: folder, before: { files: 0, bytes: 0 } };
  const plan = planRun({ profile, trial, image: imageFacts(), workspace, recorder: "/recorder", folders });
  const engine = {
    runContainer: () => Promise.reject(error),
    remove: () => Promise.reject(error),
  } as Partial<Engine> as Engine;
  const context = {
    discover,
    signal: new AbortController().signal,
    progress: { start: () => {}, detail: () => {}, done: () => {} },
  } as Partial<StepContext> as StepContext;
  return explainAttempts(engine, plan, recording, workspace, context);
}

const broken = new PratiqueError("engine.failed", "The engine has gone away.", { hint: "Start it again." });

describe("explainAttempts", () => {
  it("starts nothing after a run without an attempt, or where that is not wanted", async () => {
    expect(await explain(recordingOf(), undefined, broken)).toEqual(recordingOf());
    const recording = recordingOf({ attempts: [attempt] });
    expect(await explain(recording, false, broken)).toEqual({
      ...recording,
      discover: { status: "not-wanted", reason: "--no-discover was given", seconds: 0 },
    });
  });

  it("keeps the first run when the second one fails, and says so", async () => {
    const recording = recordingOf({ attempts: [attempt] });
    expect(await explain(recording, true, broken)).toEqual({
      ...recording,
      discover: { status: "failed", reason: "The engine has gone away.", seconds: 0 },
    });
  });

  it("lets an interruption and defects through", async () => {
    const recording = recordingOf({ attempts: [attempt] });
    const stopped = new PratiqueError("interrupted", "Stopped.", { hint: "" });
    await expect(explain(recording, true, stopped)).rejects.toBe(stopped);
    const defect = new TypeError("x is undefined");
    await expect(explain(recording, true, defect)).rejects.toBe(defect);
  });
});
