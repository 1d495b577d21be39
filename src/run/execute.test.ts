import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defaultConfig } from "../config/config.ts";
import { nothingExpected } from "../config/expectations.ts";
import { CommandLineEngine } from "../engine/command-line.ts";
import type { ContainerPlan, ContainerResult, ContainerState, RunOptions } from "../engine/engine.ts";
import { podman } from "../engine/podman.ts";
import { findRuntime } from "../profiles/find.ts";
import { imageFacts, testProfile } from "../rules/test-facts.ts";
import { executeRun } from "./execute.ts";
import { NO_EXTRAS } from "./extras.ts";
import { prepareFolders } from "./folders.ts";
import { planRun, type RunFolders, type RunPlan } from "./plan.ts";
import { NO_USAGE, type Recording } from "./recording.ts";

type Job = (plan: ContainerPlan, options: RunOptions) => ContainerResult | Promise<ContainerResult>;

/** An engine that starts nothing: the holder is ready, the job is what a test says. */
class PretendedEngine extends CommandLineEngine {
  readonly removed: string[] = [];
  state: ContainerState | undefined = { started: true, exitCode: 0, outOfMemory: false, error: "" };
  holderSays = '{"ready":true,"ipv4":true,"ipv6":true,"reason":""}\n';
  readonly #job: Job;

  constructor(job: Job) {
    super(podman(undefined), {
      name: "podman",
      version: "4.3.1",
      rootless: true,
      runtime: "runc",
      otherRuntimes: [],
      cgroupVersion: "v2",
      architecture: "amd64",
    });
    this.#job = job;
  }

  override async runContainer(plan: ContainerPlan, options: RunOptions): Promise<ContainerResult> {
    if (!plan.name.includes("-net")) return this.#job(plan, options);
    options.onStdout?.(Buffer.from(this.holderSays));
    await new Promise<void>((resolve) => {
      options.signal?.addEventListener("abort", () => resolve());
    });
    return { code: 0, stderr: "", timedOut: false };
  }
  override async containerState(): Promise<ContainerState | undefined> {
    return this.state;
  }
  override async kill(): Promise<void> {}
  override async remove(name: string): Promise<void> {
    this.removed.push(name);
  }
}

const profile = testProfile();
const k8s = findRuntime(profile, "k8s");
let folder: string;
let folders: RunFolders;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "pratique-execute-"));
  folders = await prepareFolders(join(folder, "run"), join(folder, "outputs"), undefined, k8s);
});
afterEach(() => {
  spawnSync("rm", ["-rf", "--", folder]);
});

function planOf(): RunPlan {
  const workspace = {
    id: "abc",
    owner: "o",
    output: folder,
    temporary: folder,
    clearLeft: async () => [],
    dispose: async () => {},
  };
  const trial = {
    runtime: k8s,
    case: { name: undefined, settings: defaultConfig.test, expect: nothingExpected },
    decides: true,
    extras: NO_EXTRAS,
  };
  return planRun({ profile, trial, image: imageFacts(), workspace, recorder: "/recorder", folders });
}
const execute = (engine: PretendedEngine): Promise<Recording> =>
  executeRun(engine, planOf(), {
    logFile: join(folder, "test.log"),
    logName: "test.log",
    signal: new AbortController().signal,
    onLine: () => {},
  });
const leaves = (write: () => void, code: number | null = 0): PretendedEngine =>
  new PretendedEngine((_plan, options) => {
    options.onStdout?.(Buffer.from("from the program\n"));
    write();
    return { code, stderr: "", timedOut: false };
  });
const recordPath = (): string => join(folders.record, "recording.json");
const observed = { status: "observed", reason: "" };
const record = (differences: object = {}): string =>
  JSON.stringify({
    protocol: 2,
    complete: true,
    seconds: 1,
    program: { argv: [], pid: 2, uid: 1, gid: 1 },
    exit: { code: 3, signal: null, cause: "exited", detail: "" },
    attempts: [],
    contacts: [],
    secondsLost: 0,
    strayWrites: [],
    failedWrites: [],
    processes: [],
    processTree: [],
    reads: null,
    outputs: { files: 0, bytes: 0 },
    input: { stdinRead: false, stdinReaders: [], terminalOpens: 0 },
    listens: [],
    setUserId: [],
    usage: NO_USAGE,
    dropped: {},
    coverage: { network: observed, names: observed, writes: observed },
    ...differences,
  });

describe("executeRun", () => {
  it("takes the recorder's word, keeps the output, and removes both containers", async () => {
    const engine = leaves(() => writeFileSync(recordPath(), record()), 3);
    const recording = await execute(engine);
    expect(recording).toMatchObject({
      exit: { code: 3, cause: "exited" },
      log: { file: "test.log", tail: ["from the program"] },
      coverage: { network: observed, names: observed, writes: observed },
    });
    expect(readFileSync(join(folder, "test.log"), "utf8")).toBe("from the program\n");
    expect(engine.removed).toEqual(["pratique-abc-k8s", "pratique-abc-k8s-net"]);
  });

  it.each([
    ["a link to a file of ours", () => symlinkSync(join(folder, "secret.json"), recordPath())],
    ["a folder", () => mkdirSync(recordPath())],
    ["no recording", () => {}],
    ["no JSON", () => writeFileSync(recordPath(), "{")],
    ["another shape", () => writeFileSync(recordPath(), '{"protocol":1}')],
    ["another protocol", () => writeFileSync(recordPath(), record({ protocol: 9 }))],
    [
      "far too much",
      () => {
        writeFileSync(recordPath(), "");
        truncateSync(recordPath(), 65 * 1024 * 1024);
      },
    ],
  ])("observes nothing, and says so, where the job left %s", async (_title, write) => {
    writeFileSync(join(folder, "secret.json"), record());
    const { coverage, exit } = await execute(leaves(write));
    for (const part of [coverage.network, coverage.names, coverage.writes]) {
      expect(part.status).toBe("not-observed");
      expect(part.reason).toMatch(/record/);
    }
    expect(exit).toMatchObject({ code: 0, cause: "exited" });
  });

  it("calls a recording that was cut off partly observed", async () => {
    const engine = leaves(() => writeFileSync(recordPath(), record({ complete: false, exit: null })));
    engine.state = { started: true, exitCode: 137, outOfMemory: true, error: "" };
    const { coverage, exit } = await execute(engine);
    expect(coverage.writes).toMatchObject({
      status: "partial",
      reason: expect.stringMatching(/ended before/),
    });
    expect(exit).toMatchObject({ code: null, signal: "SIGKILL", cause: "memory" });
  });

  it("does not believe a whole recording that says another end than the container's", async () => {
    const forged = record({ exit: { code: 0, signal: null, cause: "exited", detail: "" } });
    const engine = leaves(() => writeFileSync(recordPath(), forged), 2);
    engine.state = { started: true, exitCode: 2, outOfMemory: false, error: "" };
    const { coverage, exit } = await execute(engine);
    expect(coverage.network.status).toBe("partial");
    expect(exit).toMatchObject({ code: null, cause: "unknown" });
  });

  it("does not guess how the job would have ended when the engine's own command was ended", async () => {
    const engine = leaves(() => writeFileSync(recordPath(), record({ complete: false, exit: null })), null);
    await expect(execute(engine)).rejects.toMatchObject({ code: "engine.failed" });
    expect(engine.removed).toEqual(["pratique-abc-k8s", "pratique-abc-k8s-net"]);
  });

  it("opens what the job left closed by another container of the same user", async () => {
    const plans: ContainerPlan[] = [];
    const engine = new PretendedEngine((plan) => {
      plans.push(plan);
      writeFileSync(recordPath(), record());
      return { code: 3, stderr: "", timedOut: false };
    });
    vi.spyOn(process, "getuid").mockReturnValue(1000);
    await execute(engine);
    expect(plans).toHaveLength(1);
    // Nothing is closed to root, but what is deeper than a path can say nobody has looked into.
    const script =
      'n=$(printf "%0200d" 0); cd "$1"; for i in $(seq 30); do mkdir $n && cd -P $n || exit 1; done';
    expect(spawnSync("sh", ["-c", script, "sh", folders.scratch]).status).toBe(0);
    await execute(engine);
    vi.restoreAllMocks();
    expect(plans).toHaveLength(3);
    expect(plans[2]).toMatchObject({
      name: "pratique-abc-k8s-open",
      user: plans[1]?.user,
      network: "none",
      entrypoint: "/.pratique/recorder",
      command: ["release", "/safe_outputs", "/scratch"],
    });
    expect(engine.removed.at(-1)).toBe("pratique-abc-k8s-open");
  });

  it("does not take an engine that could not start the recorder for a missing program", async () => {
    const engine = new PretendedEngine((_plan, options) => {
      options.onStderr?.(Buffer.from("cannot chdir to /x: No such file or directory\n"));
      return { code: 127, stderr: "", timedOut: false };
    });
    engine.state = undefined;
    await expect(execute(engine)).rejects.toMatchObject({ code: "engine.failed" });
  });

  it("does not take the exit code of a container that was never started for the program's", async () => {
    const engine = new PretendedEngine((_plan, options) => {
      options.onStderr?.(Buffer.from("Error: creating container workdir: mkdir: permission denied\n"));
      return { code: 126, stderr: "", timedOut: false };
    });
    engine.state = { started: false, exitCode: 0, outOfMemory: false, error: "" };
    await expect(execute(engine)).rejects.toMatchObject({ code: "engine.failed" });
  });

  it("goes on without the black hole, and says what was not seen", async () => {
    const plans: ContainerPlan[] = [];
    const engine = new PretendedEngine((plan) => {
      plans.push(plan);
      writeFileSync(recordPath(), record());
      return { code: 3, stderr: "", timedOut: false };
    });
    engine.holderSays = '{"ready":false,"reason":"no NET_ADMIN"}\n';
    const { coverage } = await execute(engine);
    expect(plans[0]?.network).toBe("none");
    expect(coverage.names).toMatchObject({
      status: "not-observed",
      reason: expect.stringContaining("NET_ADMIN"),
    });
    expect(coverage.network.status).toBe("partial");
  });

  it("fails when the engine refuses to start it, and still removes everything", async () => {
    const engine = new PretendedEngine((_plan, options) => {
      options.onStderr?.(Buffer.from("Error: mounting is not allowed\n"));
      return { code: 125, stderr: "", timedOut: false };
    });
    engine.state = undefined;
    await expect(execute(engine)).rejects.toMatchObject({
      code: "engine.failed",
      message: "The container could not be started: mounting is not allowed",
    });
    expect(engine.removed).toEqual(["pratique-abc-k8s", "pratique-abc-k8s-net"]);
  });
});
