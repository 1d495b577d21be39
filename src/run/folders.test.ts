import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findRuntime } from "../profiles/find.ts";
import { testProfile } from "../rules/test-facts.ts";
import { prepareFolders } from "./folders.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pratique-folders-"));
  mkdirSync(join(folder, "data", "sub"), { recursive: true });
  writeFileSync(join(folder, "data", "a.csv"), "x\n1\n", { mode: 0o600 });
  writeFileSync(join(folder, "data", "sub", "run.sh"), "#!/bin/sh\n", { mode: 0o700 });
  symlinkSync("a.csv", join(folder, "data", "link"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const prepare = (id: string, data: string | undefined = join(folder, "data")) =>
  prepareFolders(join(folder, "run"), join(folder, "outputs"), data, findRuntime(testProfile(), id));
const mode = (path: string): number => statSync(path).mode & 0o777;

describe("prepareFolders", () => {
  it("hands out the data themselves where they are read-only", async () => {
    const folders = await prepare("k8s");
    expect(folders).toMatchObject({ data: join(folder, "data"), before: { files: 0, bytes: 0 } });
    expect(mode(folders.scratch)).toBe(0o777);
    expect(mode(folders.secret)).toBe(0o700);
  });

  it("copies them for everybody to write where the job may write to them", async () => {
    const { data, before } = await prepare("ood");
    expect(data).toBe(join(folder, "run", "data"));
    expect(before).toEqual({ files: 2, bytes: 14 });
    expect(readFileSync(join(data, "a.csv"), "utf8")).toBe("x\n1\n");
    expect([mode(data), mode(join(data, "a.csv")), mode(join(data, "sub", "run.sh"))]).toEqual([
      0o777, 0o666, 0o766,
    ]);
    expect(readlinkSync(join(data, "link"))).toBe("a.csv");
    writeFileSync(join(data, "a.csv"), "");
    expect(readFileSync(join(folder, "data", "a.csv"), "utf8")).toBe("x\n1\n");
  });

  it("makes an empty folder where there are no data", async () => {
    const folders = await prepareFolders(
      join(folder, "run"),
      join(folder, "outputs"),
      undefined,
      findRuntime(testProfile(), "ood"),
    );
    expect(folders).toMatchObject({ data: join(folder, "run", "data"), before: { files: 0, bytes: 0 } });
  });

  it("copies samples only", async () => {
    writeFileSync(join(folder, "data", "large"), "");
    truncateSync(join(folder, "data", "large"), 3 * 1024 ** 3);
    await expect(prepare("ood")).rejects.toMatchObject({ code: "data.too-large", exitCode: 2 });
    await expect(prepare("k8s")).resolves.toMatchObject({ data: join(folder, "data") });
  });
});
