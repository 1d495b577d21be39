import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Step } from "../evidence/report.ts";
import { Progress } from "./progress.ts";
import { displayWidth } from "./wrap.ts";

const step = (differences: Partial<Step> = {}): Step => ({
  id: "build",
  status: "done",
  detail: "heart-risk:check",
  findings: 0,
  seconds: 38,
  reason: "",
  ...differences,
});
function start(env: Record<string, string> = {}, isTTY = false) {
  const written: string[] = [];
  const stream = { isTTY, columns: 80, write: (text: string) => written.push(text) };
  return { written, progress: new Progress({ stream, env, now: () => Date.now() }) };
}
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("Progress in a pipe or in CI", () => {
  it.each([
    ["a pipe", {}, false],
    ["CI", { CI: "true" }, true],
    ["a dumb terminal", { TERM: "dumb" }, true],
  ])("writes plain lines to %s, and one now and then", (_title, env, isTTY) => {
    const { written, progress } = start(env, isTTY);
    progress.start("build", "heart-risk");
    vi.advanceTimersByTime(10_000);
    progress.detail("\u001b[31mStep 3/7\u001b[0m");
    vi.advanceTimersByTime(10_000);
    progress.done(step());
    progress.stop();
    vi.advanceTimersByTime(60_000);
    expect(written).toHaveLength(3);
    expect(written[0]).toMatch(/^build: heart-risk \.\.\.\n$/);
    expect(written[1]).toMatch(/^build: 1\d s, Step 3\/7\n$/);
    expect(written[2]).toMatch(/^build: done.* 38\.0 s\n$/);
  });

  it("says why a step failed or was left out", () => {
    const { written, progress } = start();
    progress.done(step({ status: "failed", reason: "podman does not answer." }));
    progress.done(step({ id: "scan", status: "not-assessed", reason: "No scanner." }));
    expect(written[0]).toMatch(/^build: failed.*: podman does not answer\.\n$/);
    expect(written[1]).toMatch(/^scan: not assessed: No scanner\.\n$/);
  });
});

describe("Progress on a terminal", () => {
  it("moves one line, hides the cursor and gives it back", () => {
    const { written, progress } = start({}, true);
    progress.start("test", "the job");
    progress.detail(`\u001b[2J${"long ".repeat(100)}\u202e`);
    vi.advanceTimersByTime(500);
    for (const text of written) {
      const shown = text.replace(/\r|\u001b\[(?:K|\?25[lh])/g, "").replace(/\u001b\[\d+m/g, "");
      expect(shown).not.toMatch(/[\u001b\u202e\n]/);
      expect(displayWidth(shown)).toBeLessThanOrEqual(80);
    }
    progress.stop();
    progress.stop();
    expect(written.filter((text) => text.endsWith("\u001b[?25h"))).toHaveLength(1);
  });

  it("redraws at most ten times a second, with the program's last words", () => {
    const { written, progress } = start({}, true);
    progress.start("test", "the job");
    for (let i = 0; i < 1000; i++) progress.detail(`epoch ${i}`);
    vi.advanceTimersByTime(3000);
    expect(written.length).toBeLessThanOrEqual(31);
    expect(written.at(-1)).toMatch(/^\r\S test +3 s {2}epoch 999\u001b\[K$/);
  });

  it("shows the cursor as often as it hides it, and leaves no timer, when a step is cut short", () => {
    const { written, progress } = start({}, true);
    progress.start("build", "x");
    progress.start("test", "y");
    progress.stop();
    const all = written.join("");
    expect(all.split("\u001b[?25h")).toHaveLength(all.split("\u001b[?25l").length);
    expect(all.endsWith("\u001b[?25h")).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("shows plain lines with NO_COLOR", () => {
    const { written, progress } = start({ NO_COLOR: "1" }, true);
    progress.start("build", "x");
    progress.done(step({ findings: 2 }));
    expect(written.join("")).not.toContain("\u001b");
  });

  it("shows every line, made safe, when it is asked to", () => {
    const written: string[] = [];
    const stream = { isTTY: false, write: (text: string) => written.push(text) };
    const progress = new Progress({ stream, env: {}, verbose: true });
    progress.start("build", "x");
    progress.detail("STEP 1/2: FROM a");
    progress.detail("\u001b[31mred\u0007");
    progress.stop();
    expect(written.slice(1)).toEqual(["  | STEP 1/2: FROM a\n", "  | red\\x07\n"]);
  });
});
