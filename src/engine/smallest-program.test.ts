import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { smallestProgram } from "./smallest-program.ts";

it.runIf(process.platform === "linux")("runs on this machine and succeeds", () => {
  const folder = mkdtempSync(join(tmpdir(), "smallest-"));
  try {
    const program = smallestProgram(process.arch === "x64" ? "amd64" : process.arch);
    if (program === undefined) throw new Error(`no program for ${process.arch}`);
    writeFileSync(join(folder, "ok"), program, { mode: 0o755 });
    expect(execFileSync(join(folder, "ok")).length).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it("knows two architectures and says so of others", () => {
  expect(smallestProgram("arm64")?.length).toBe(132);
  expect(smallestProgram("s390x")).toBeUndefined();
});
