import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CommandLineEngine } from "./command-line.ts";
import type { Adjustments, ContainerPlan, ContainerResult, EngineInfo } from "./engine.ts";
import { podman } from "./podman.ts";
import { forget, provenEngine } from "./proven.ts";

const info: EngineInfo = {
  name: "podman",
  version: "4.3.1",
  rootless: true,
  runtime: "crun",
  otherRuntimes: ["runc"],
  cgroupVersion: "v1",
  architecture: "amd64",
};
const by = { id: "test", owner: "owner" };

/** Refuses to start anything until the runtime is another one. */
class Picky extends CommandLineEngine {
  static started = 0;
  constructor(known: EngineInfo, adjustments?: Adjustments) {
    super(podman(undefined), known, adjustments);
  }
  override with(adjustments: Adjustments): Picky {
    return new Picky(this.info, adjustments);
  }
  override async runContainer(_plan: ContainerPlan): Promise<ContainerResult> {
    Picky.started++;
    const works = this.adjustments.runtime === "runc";
    return { code: works ? 0 : 126, stderr: works ? "" : "OCI runtime error: crun", timedOut: false };
  }
  override async importImage(): Promise<void> {}
  override async removeImage(): Promise<void> {}
  override async remove(): Promise<void> {}
}

describe("provenEngine", () => {
  let folder: string;
  const file = (): string => join(folder, "pratique", "podman.json");
  const startsFor = async (known: EngineInfo): Promise<number> => {
    Picky.started = 0;
    const { adjustments } = await provenEngine(new Picky(known), by);
    expect(adjustments.runtime).toBe("runc");
    expect(adjustments.notes).toHaveLength(1);
    return Picky.started;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cache-"));
    vi.stubEnv("XDG_CACHE_HOME", folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  it("asks once, and again when the engine is another one or has failed", async () => {
    expect(await startsFor(info)).toBe(2);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(await startsFor(info)).toBe(0);
    expect(await startsFor({ ...info, version: "5.0.0" })).toBe(2);
    expect(await startsFor({ ...info, version: "5.0.0" })).toBe(0);
    await forget(info);
    expect(await startsFor(info)).toBe(2);
    await forget(info);
    await forget(info);
  });

  it.each([
    ["half of it", (text: string) => text.slice(0, -5)],
    ["another form", () => "[]"],
    ["yesterday's", (text: string) => text.replace(/"at":\d+/, `"at":${Date.now() - 25 * 60 * 60 * 1000}`)],
    ["tomorrow's", (text: string) => text.replace(/"at":\d+/, `"at":${Date.now() + 60_000}`)],
    ["a runtime that is none of the engine's", (text: string) => text.replace('"runc"', '"/tmp/evil"')],
    [
      "limits that are options",
      (text: string) => text.replace('"notes"', '"ulimits":["--privileged"],"notes"'),
    ],
  ])("asks again where the answer that was kept is %s", async (_name, change) => {
    await startsFor(info);
    writeFileSync(file(), change(readFileSync(file(), "utf8")));
    expect(await startsFor(info)).toBe(2);
  });

  it("does without a folder to keep the answer in", async () => {
    vi.stubEnv("XDG_CACHE_HOME", join(folder, "file"));
    writeFileSync(join(folder, "file"), "");
    expect(await startsFor(info)).toBe(2);
    expect(await startsFor(info)).toBe(2);
  });
});
