import { PassThrough, Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { PratiqueError } from "../errors.ts";
import { isAlive } from "./owner.ts";
import { run, watchChildren } from "./process.ts";

const sh = (script: string, options: Parameters<typeof run>[2] = {}) => run("sh", ["-c", script], options);
const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition() && waited < 5000; waited += 20)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(condition()).toBe(true);
}

describe("run", () => {
  it("gives what the program printed, and any exit code", async () => {
    const result = await sh("echo out; echo err >&2; exit 7");
    expect(result).toEqual({ code: 7, signal: null, stdout: "out\n", stderr: "err\n", timedOut: false });
  });

  it("goes through no shell", async () => {
    expect((await run("printf", ["%s", "$(id) `id` ;"])).stdout).toBe("$(id) `id` ;");
  });

  it("says that a program is not there", async () => {
    await expect(run("pratique-no-such-program", [])).rejects.toMatchObject({
      code: "tool.failed",
      cause: expect.objectContaining({ code: "ENOENT" }),
    });
  });

  it("keeps the first part of much output, and reads all of it", async () => {
    let bytes = 0;
    const count = (chunk: Buffer): void => {
      bytes += chunk.length;
    };
    const script = "head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2";
    expect((await sh(script, { keep: 1000 })).stdout).toBe("x".repeat(1000));
    expect((await sh(script, { keep: 1000, onStdout: count })).stdout).toBe("");
    expect(bytes).toBe(3_000_000);
  });

  it("splits lines across chunks, whatever ends them, and cuts endless ones", async () => {
    const lines: string[] = [];
    await sh("printf 'a\\nb'; sleep 0.1; printf 'c\\r\\nd\\re'; echo f >&2", {
      onLine: (line, stream) => lines.push(`${stream}:${line}`),
    });
    expect(lines.filter((line) => line.startsWith("stdout"))).toEqual([
      "stdout:a",
      "stdout:bc",
      "stdout:d",
      "stdout:e",
    ]);
    expect(lines).toContain("stderr:f");
    const lengths: number[] = [];
    await sh("head -c 1000000 /dev/zero | tr '\\0' x", { onLine: (line) => lengths.push(line.length) });
    expect(lengths).toEqual([64 * 1024]);
  });

  it("hands bytes and streams in, and survives a program that does not read", async () => {
    expect((await run("cat", [], { input: Buffer.from("bytes") })).stdout).toBe("bytes");
    expect((await run("cat", [], { input: Readable.from(["a", "b"]) })).stdout).toBe("ab");
    expect((await run("true", [], { input: Buffer.alloc(1_000_000) })).code).toBe(0);
  });

  it("streams stdout with back-pressure", async () => {
    const sink = new PassThrough();
    let bytes = 0;
    sink.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await sh("head -c 2000000 /dev/zero", { stdoutTo: sink });
    sink.end();
    await until(() => bytes === 2_000_000);
  });

  it("adds to the environment and takes from it", async () => {
    process.env.PRATIQUE_TEST_GIVEN = "1";
    const env = { PRATIQUE_TEST_GIVEN: undefined, PRATIQUE_TEST_ADDED: "2" };
    const { stdout } = await sh('echo "[$PRATIQUE_TEST_GIVEN][$PRATIQUE_TEST_ADDED]"', { env });
    delete process.env.PRATIQUE_TEST_GIVEN;
    expect(stdout).toBe("[][2]\n");
  });

  it("ends all that the program started when the time is up", async () => {
    const result = await sh("sleep 300 & echo $!; wait", { timeout: 300 });
    expect(result.timedOut).toBe(true);
    const pid = Number(result.stdout);
    expect(pid).toBeGreaterThan(1);
    await until(() => !exists(pid));
  });

  it("ends what outlives the program and holds its output", async () => {
    const start = performance.now();
    const result = await sh("sleep 300 & echo $!; exit 0", { timeout: 300, grace: 300 });
    expect(result.timedOut).toBe(true);
    expect(performance.now() - start).toBeLessThan(5000);
    const pid = Number(result.stdout);
    await until(() => !exists(pid));
  });

  it("kills what does not heed SIGTERM", async () => {
    const start = performance.now();
    const result = await sh("trap '' TERM; while :; do sleep 1; done", { timeout: 200, grace: 200 });
    expect(result).toMatchObject({ timedOut: true, signal: "SIGKILL" });
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("stops when asked to, with the reason that was given", async () => {
    const abort = new AbortController();
    const reason = new PratiqueError("interrupted", "Stopped by SIGTERM.", { exitCode: 143 });
    setTimeout(() => abort.abort(reason), 100);
    await expect(sh("sleep 300", { signal: abort.signal })).rejects.toBe(reason);
    await expect(sh("true", { signal: abort.signal })).rejects.toBe(reason);
    await expect(sh("true", { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "interrupted" });
  });
});

describe("watchChildren", () => {
  afterEach(() => watchChildren(undefined));

  it("is told of every program that starts and ends", async () => {
    const events: string[] = [];
    watchChildren({
      started: (pid) => events.push(`started ${isAlive({ pid, start: "" }) || pid > 1}`),
      ended: () => events.push("ended"),
    });
    await sh("true");
    expect(events).toEqual(["started true", "ended"]);
  });
});
