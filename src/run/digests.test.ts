import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Digests, onHost, outputFiles } from "./digests.ts";

const signal = new AbortController().signal;
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pratique-digests-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("outputFiles", () => {
  it("lists regular files with their digests, and follows nothing", async () => {
    mkdirSync(join(folder, "b"));
    writeFileSync(join(folder, "b/two.csv"), "x,y\n");
    writeFileSync(join(folder, "a.txt"), "");
    symlinkSync("/etc/passwd", join(folder, "link"));
    symlinkSync("/", join(folder, "root"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    expect(await outputFiles(folder, 0, signal)).toEqual({
      list: [
        { path: "a.txt", bytes: 0, sha256: sha256("") },
        { path: "b/two.csv", bytes: 4, sha256: sha256("x,y\n") },
      ],
      more: 0,
    });
  });

  it("leaves out what was there before the run", async () => {
    writeFileSync(join(folder, "a.txt"), "");
    expect(await outputFiles(folder, Date.now() + 60_000, signal)).toEqual({ list: [], more: 0 });
  });

  it("is empty where there is no folder", async () => {
    expect(await outputFiles(join(folder, "none"), 0, signal)).toEqual({ list: [], more: 0 });
  });

  it("counts what it does not list", async () => {
    for (let index = 0; index < 13; index++) writeFileSync(join(folder, `${index}`), "");
    const { list, more } = await outputFiles(folder, 0, signal, 10);
    expect([list.length, more]).toEqual([10, 3]);
  });
});

describe("Digests", () => {
  it("gives the size alone when there is too much to read", async () => {
    writeFileSync(join(folder, "a"), "12345");
    writeFileSync(join(folder, "b"), "12345678");
    const digests = new Digests(10);
    expect(await digests.of(join(folder, "a"), signal)).toEqual({ bytes: 5, sha256: sha256("12345") });
    expect(await digests.of(join(folder, "b"), signal)).toEqual({ bytes: 8, sha256: null });
  });

  it("gives the size alone when it takes too long", async () => {
    writeFileSync(join(folder, "a"), "12345");
    writeFileSync(join(folder, "empty"), "");
    const digests = new Digests(10, -1);
    expect(await digests.of(join(folder, "a"), signal)).toEqual({ bytes: 5, sha256: null });
    expect(await digests.of(join(folder, "empty"), signal)).toEqual({ bytes: 0, sha256: sha256("") });
  });

  it("takes no link, no pipe and no folder for a file", async () => {
    symlinkSync("/etc/passwd", join(folder, "link"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    const digests = new Digests();
    for (const name of ["link", "pipe", ".", "none"])
      expect(await digests.of(join(folder, name), signal)).toBeUndefined();
  });

  it("stops when it is told to", async () => {
    writeFileSync(join(folder, "a"), "12345");
    await expect(new Digests().of(join(folder, "a"), AbortSignal.abort())).rejects.toThrow();
  });
});

describe("onHost", () => {
  it.each([
    ["/safe_data/a/b.csv", "/host/a/b.csv"],
    ["/safe_data/../etc/passwd", undefined],
    ["/safe_data/a/./b", undefined],
    ["/safe_data//b", undefined],
    ["/safe_data", undefined],
    ["/safe_database/a", undefined],
  ])("%s is %s", (path, expected) => {
    expect(onHost(path, "/safe_data", "/host")).toBe(expected);
  });
});
