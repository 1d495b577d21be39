import { describe, expect, it } from "vitest";
import { askTrivy, type TrivyCall, type TrivyOptions } from "./trivy.ts";

const REPORT = JSON.stringify({ SchemaVersion: 2, Results: [] });
const VERSION = JSON.stringify({ Version: "0.74.0", VulnerabilityDB: { UpdatedAt: "2026-08-13T00:00:00Z" } });

/** Notes how Trivy is called, and answers as it would. */
function answering(answers: Readonly<Record<string, Partial<Awaited<ReturnType<TrivyCall>>>>> = {}) {
  const calls: (readonly string[])[] = [];
  const call: TrivyCall = async (args) => {
    calls.push(args);
    const [command = ""] = args;
    const stdout = command === "version" ? VERSION : REPORT;
    return { code: 0, stdout, stderr: "", timedOut: false, ...answers[command] };
  };
  return { call, calls };
}

const ask = (call: TrivyCall, more: Partial<TrivyOptions> = {}) =>
  askTrivy({ call, archive: "/s/image.tar", signal: new AbortController().signal, ...more });

describe("askTrivy", () => {
  it("fetches nothing where a database is given, and keeps to it in every call", async () => {
    const { call, calls } = answering();
    const answer = await ask(call, { cache: "/s/cache", dockerfile: "/s/d/Dockerfile", vex: ["/s/v.json"] });
    expect(answer).toMatchObject({
      version: "0.74.0",
      databaseOf: "2026-08-13T00:00:00Z",
      dockerfile: [],
    });
    expect(calls.map(([command]) => command)).toEqual(["image", "version", "config"]);
    for (const args of calls) expect(args.join(" ")).toContain("--cache-dir /s/cache");
    expect(calls[0]).toEqual(expect.arrayContaining(["--skip-db-update", "--skip-java-db-update"]));
    expect(calls[2]).toContain("--skip-check-update");
  });

  it("does not take its own database for the server's", async () => {
    expect(await ask(answering().call, { server: "http://x" })).toMatchObject({ databaseOf: undefined });
  });

  it("says what is missing", async () => {
    const failing = (image: Partial<Awaited<ReturnType<TrivyCall>>>) => ask(answering({ image }).call);
    expect(await failing({ code: 1, stderr: "FATAL DB error: failed to download" })).toMatchObject({
      missing: expect.stringContaining("no database"),
    });
    expect(await failing({ code: 1, stderr: "Java DB error" })).toMatchObject({
      missing: expect.stringContaining("--download-java-db-only"),
    });
    expect(await failing({ timedOut: true, code: null })).toMatchObject({
      missing: expect.stringContaining("too long"),
    });
    expect(await failing({ stdout: "{}" })).toMatchObject({
      missing: expect.stringContaining("cannot be read"),
    });
  });

  it("takes no failure on the Dockerfile for a pass", async () => {
    const { call } = answering({ config: { code: 1 } });
    expect(await ask(call, { dockerfile: "/s/d/Dockerfile" })).toMatchObject({
      dockerfile: { missing: "Trivy failed on the Dockerfile" },
    });
    expect(await ask(call)).toMatchObject({ dockerfile: { missing: expect.any(String) } });
  });
});
