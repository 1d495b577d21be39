import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { currentOwner, formatOwner, isAlive, isGone, parseOwner } from "./owner.ts";

describe("an owner", () => {
  it("survives being written down, and fits a label", () => {
    const owner = currentOwner();
    const text = formatOwner(owner);
    expect(text).toMatch(/^[\w./-]+$/);
    expect(parseOwner(text)).toMatchObject({ boot: owner.boot, pid: process.pid, start: owner.start });
  });

  it("is alive here and now", () => {
    expect(isAlive(currentOwner())).toBe(true);
    expect(isGone(currentOwner())).toBe(false);
  });

  it("is gone when its process ended, its id was given to another, or the machine was started anew", () => {
    const { pid } = spawnSync("true");
    expect(isGone({ ...currentOwner(), pid, start: "1" })).toBe(true);
    expect(isGone({ ...currentOwner(), start: "1" })).toBe(true);
    expect(isGone({ ...currentOwner(), boot: "00000000" })).toBe(true);
  });

  it("on another machine is not ours to judge", () => {
    expect(isGone({ ...currentOwner(), host: "elsewhere", boot: "00000000" })).toBe(false);
  });

  it.each(["", "a", "a/b/c/d", "a/b/-1/d", "a/b/1"])("is not read from %j", (text) => {
    expect(parseOwner(text)).toBeUndefined();
  });

  it("is read from any text without failing", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const owner = parseOwner(text);
        if (owner !== undefined) expect(typeof isGone(owner)).toBe("boolean");
      }),
    );
  });
});
