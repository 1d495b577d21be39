import { describe, expect, it } from "vitest";
import { CommandLineEngine } from "./command-line.ts";
import type { Adjustments, EngineInfo } from "./engine.ts";
import { podman } from "./podman.ts";
import { adjust } from "./probe.ts";

const info: EngineInfo = {
  name: "podman",
  version: "4.3.1",
  rootless: true,
  runtime: "crun",
  otherRuntimes: ["runc"],
  cgroupVersion: "v1",
  architecture: "amd64",
};
const engine = new CommandLineEngine(podman(undefined), info);
const alone = new CommandLineEngine(podman(undefined), { ...info, otherRuntimes: [] });
const NONE: Adjustments = { notes: [] };

describe("adjust", () => {
  it("lowers limits that are refused, once", () => {
    const stderr = "Error: OCI runtime error: crun: setrlimit `RLIMIT_NOFILE`: Operation not permitted";
    const lowered = adjust(engine, NONE, stderr);
    const permitted = [expect.stringMatching(/^nofile=(\d+):\1$/), expect.stringMatching(/^nproc=(\d+):\1$/)];
    expect(lowered).toMatchObject({ ulimits: permitted });
    expect(lowered?.notes).toHaveLength(1);
    const other = adjust(engine, lowered ?? NONE, stderr);
    expect(other).toMatchObject({ runtime: "runc", ulimits: lowered?.ulimits });
    expect(other?.notes).toHaveLength(2);
    expect(adjust(engine, other ?? NONE, stderr)).toBeUndefined();
  });

  it("takes another runtime where the default one fails, once", () => {
    const stderr = "Error: OCI runtime error: crun: unknown version specified";
    const other = adjust(engine, NONE, stderr);
    expect(other).toMatchObject({ runtime: "runc" });
    expect(other?.notes[0]).toContain("crun fails on this machine");
    expect(adjust(engine, other ?? NONE, stderr)).toBeUndefined();
    expect(adjust(alone, NONE, stderr)).toBeUndefined();
  });

  it("has nothing to try against other complaints", () => {
    expect(adjust(engine, NONE, "Error: no space left on device")).toBeUndefined();
    expect(adjust(engine, NONE, "")).toBeUndefined();
  });
});
