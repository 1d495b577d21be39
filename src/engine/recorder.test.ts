import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readRecorder } from "./recorder.ts";

const PROGRAM = "a program";
const HASH = createHash("sha256").update(PROGRAM).digest("hex");
let folder: string;
const put = (name: string, content: string): void => writeFileSync(join(folder, name), content);

beforeEach(() => {
  vi.stubEnv("PRATIQUE_RECORDER", undefined);
  folder = mkdtempSync(join(tmpdir(), "recorder-"));
  put("pratique-recorder-linux-amd64", PROGRAM);
  put("build.json", JSON.stringify({ sha256: { amd64: HASH } }));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe("the recorder", () => {
  it("is read where it is what was built", async () => {
    const recorder = await readRecorder("amd64", folder);
    expect(recorder?.sha256).toBe(HASH);
    expect(Buffer.from(recorder?.program ?? []).toString()).toBe(PROGRAM);
  });

  it("is missing for an architecture that has none", async () => {
    expect(await readRecorder("riscv64", folder)).toBeUndefined();
    expect(await readRecorder("amd64", join(folder, "nowhere"))).toBeUndefined();
  });

  it.each([
    ["changed", () => put("pratique-recorder-linux-amd64", "another program")],
    ["cut short", () => put("pratique-recorder-linux-amd64", PROGRAM.slice(1))],
    ["without its hash", () => put("build.json", "{}")],
    ["with a list of hashes that is none", () => put("build.json", "[")],
    ["with null for a list", () => put("build.json", "null")],
    ["without a list", () => rmSync(join(folder, "build.json"))],
  ])("is refused %s", async (_title, spoil) => {
    spoil();
    await expect(readRecorder("amd64", folder)).rejects.toMatchObject({
      code: "recorder.changed",
      exitCode: 3,
      hint: expect.stringContaining("Install pratique anew"),
    });
  });

  it("says when it may not be read", async () => {
    // A folder is read as a file by nobody, root included.
    vi.stubEnv("PRATIQUE_RECORDER", folder);
    await expect(readRecorder("amd64", folder)).rejects.toMatchObject({ code: "recorder.unreadable" });
  });

  it("that its owner names is taken as it is", async () => {
    put("mine", "my own");
    vi.stubEnv("PRATIQUE_RECORDER", join(folder, "mine"));
    expect((await readRecorder("amd64", folder))?.sha256).toBe(
      createHash("sha256").update("my own").digest("hex"),
    );
  });
});
