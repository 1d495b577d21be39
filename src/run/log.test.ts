import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LogFile } from "./log.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pratique-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("LogFile", () => {
  it("keeps every byte in the file and the last lines in memory", async () => {
    const path = join(folder, "test.log");
    const seen: string[] = [];
    const log = new LogFile(path, (line) => seen.push(line));
    const text = Array.from({ length: 100 }, (_, n) => `line ${n}${n % 2 ? "\r\n" : "\n"}`).join("");
    log.write(Buffer.from(`${text}\n \nlast`));
    const { bytes, truncated, tail } = await log.close();
    expect(readFileSync(path, "utf8")).toBe(`${text}\n \nlast`);
    expect({ bytes, truncated }).toEqual({ bytes: text.length + 7, truncated: false });
    expect(tail).toHaveLength(20);
    expect(tail.at(0)).toBe("line 81");
    expect(tail.at(-1)).toBe("last");
    expect(seen).toHaveLength(101);
  });

  it("joins lines and letters that come in pieces", async () => {
    const log = new LogFile(join(folder, "test.log"));
    const bytes = Buffer.from("größe\nné");
    for (const byte of bytes) log.write(Buffer.from([byte]));
    expect((await log.close()).tail).toEqual(["größe", "né"]);
  });

  it("holds little of an endless line", async () => {
    const lengths: number[] = [];
    const log = new LogFile(join(folder, "test.log"), (line) => lengths.push(line.length));
    for (let n = 0; n < 100; n++) log.write(Buffer.alloc(10_000, "x"));
    const { tail } = await log.close();
    expect(tail.join("").length).toBeLessThanOrEqual(4096);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(4096);
  });

  it("stops writing at its bound, says so, and still knows the last lines", async () => {
    const path = join(folder, "test.log");
    const log = new LogFile(path);
    for (let n = 0; n < 65; n++) log.write(Buffer.alloc(1024 * 1024, "x"));
    const flood = Buffer.from("a line of the flood\n".repeat(1000));
    log.write(flood);
    log.write(Buffer.from("the last"));
    log.write(Buffer.from(" words\n"));
    const { bytes, truncated, tail } = await log.close();
    expect({ bytes, truncated }).toEqual({ bytes: 65 * 1024 * 1024 + flood.length + 15, truncated: true });
    expect(statSync(path).size).toBe(64 * 1024 * 1024);
    expect(tail.at(-1)).toBe("the last words");
    expect(new Set(tail.slice(0, -1))).toEqual(new Set(["a line of the flood"]));
  });

  it.each(["none/test.log", "."])(
    "fails when it is closed, not before, where it cannot write: %s",
    async (name) => {
      const log = new LogFile(join(folder, name));
      log.write(Buffer.from("x\n"));
      await new Promise((resolve) => setTimeout(resolve, 50));
      log.write(Buffer.from("y\n"));
      await expect(log.close()).rejects.toThrow();
    },
  );

  it("fails when the disk is full", async () => {
    const log = new LogFile("/dev/full");
    log.write(Buffer.from("x\n"));
    await expect(log.close()).rejects.toThrow("ENOSPC");
  });
});
