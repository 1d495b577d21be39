import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { notWritable, writeWhole } from "./files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pratique-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("writeWhole", () => {
  it("makes the folders on the way, and replaces what was there", async () => {
    const path = join(folder, "a/b/report.json");
    await writeWhole(path, "one");
    await writeWhole(path, Buffer.from("two"));
    expect(readFileSync(path, "utf8")).toBe("two");
    expect(readdirSync(join(folder, "a/b"))).toEqual(["report.json"]);
  });

  it.each(["file/report.json", "file/deeper/report.json"])(
    "says that a file is in the way of %s",
    async (path) => {
      writeFileSync(join(folder, "file"), "kept");
      await expect(writeWhole(join(folder, path), "x")).rejects.toMatchObject({
        code: "output.not-writable",
        exitCode: 3,
        message: expect.stringContaining("a file is in the way"),
      });
      expect(readFileSync(join(folder, "file"), "utf8")).toBe("kept");
    },
  );

  it.runIf(process.platform === "linux")("ends where no folder can be made", async () => {
    await expect(writeWhole("/proc/pratique/report.json", "x")).rejects.toMatchObject({
      code: "output.not-writable",
      message: expect.stringContaining("no folder can be made there"),
    });
  });

  it("leaves nothing behind when the place is taken by a folder", async () => {
    mkdirSync(join(folder, "report.json/inside"), { recursive: true });
    await expect(writeWhole(join(folder, "report.json"), "x")).rejects.toMatchObject({
      code: "output.not-writable",
    });
    expect(readdirSync(folder)).toEqual(["report.json"]);
  });
});

it.each([
  ["ENOSPC", "there is no space left"],
  ["EROFS", "the file system is read-only"],
  ["EACCES", "you may not write there"],
  ["ENOTDIR", "a file is in the way"],
  ["EIO", "EIO"],
])("notWritable puts %s into words", (code, words) => {
  const error = notWritable("/x", Object.assign(new Error("no"), { code }));
  expect(error.message).toBe(`/x cannot be written: ${words}.`);
});
