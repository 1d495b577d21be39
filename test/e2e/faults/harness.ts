import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { type ErrorCode, systemErrorCode } from "../../../src/errors.ts";
import type { Report } from "../../../src/evidence/report.ts";
import type { Observed, Recording, RunExit } from "../../../src/run/recording.ts";
import { finish } from "../support.ts";
import { type ImageName, imageReference } from "./images.ts";
import { type Place, processesWith } from "./place.ts";

/** One thing that may go wrong. Everything that must hold whatever goes wrong is checked by `runCase`. */
export interface FaultCase {
  readonly name: string;
  /** Only in `npm run test:faults`: it takes long, or another case is much like it. */
  readonly onDemand?: boolean;
  /** `tools` unless told. */
  readonly image?: ImageName;
  /** In place of the image's CMD. */
  readonly args?: readonly string[];
  /** `test` of pratique.yaml; the time limit is 20 s unless told. */
  readonly test?: {
    readonly timeout?: string;
    readonly memory?: string;
    readonly env?: Readonly<Record<string, string>>;
  };
  /** Gives the output folder a small file system of its own. */
  readonly disk?: true;
  /** Whether the screen is to show every line that the program prints; it is unless told. */
  readonly verbose?: boolean;
  /** Another run with the same output folder has to clear away what this one left there. */
  readonly again?: boolean;
  /** The command line itself is killed: then the next run clears up, and there is nothing else to see. */
  readonly killed?: boolean;
  /** What happens from outside while the program runs. */
  readonly meanwhile?: (running: Running) => Promise<void>;
  readonly expect: Expected | ((place: Place) => Expected);
}

export interface Expected {
  /** Code of the command line; 0 or 1 by what the program did unless told. */
  readonly code?: number;
  /** The failure that the command line ends with: then there may be no recording. */
  readonly error?: ErrorCode;
  /** The failure that may come instead of a recording: which of them it is depends on who is faster. */
  readonly orError?: ErrorCode;
  readonly exit?: Partial<RunExit>;
  /** What was not wholly observed; the rest must have been. `any` where the program was never started. */
  readonly coverage?: "any" | "not whole" | Partial<Record<keyof Recording["coverage"], Observed["status"]>>;
  /** Lines that the program printed: they show that the case really took place. */
  readonly printed?: readonly string[];
  /** Paths of writes outside the allowed folders. */
  readonly stray?: readonly string[];
  readonly findings?: readonly string[];
  readonly also?: (seen: Seen) => void;
}

/** Why a run ended whose recorder crashed: now and then a Go program hangs in doing so, until its time is up. */
export const CRASHED: RunExit["cause"] = expect.stringMatching(/^(?:unknown|time-limit)$/);

export interface Seen {
  readonly report: Report;
  readonly recording: Recording;
  readonly output: string;
  readonly screen: string;
  readonly place: Place;
}

export interface Running {
  readonly place: Place;
  readonly output: string;
  /** The command line's own process. */
  readonly pid: number;
  readonly job: string;
  readonly holder: string;
  /** Waits until the program has printed the words. */
  printed(words: string): Promise<void>;
  /** Processes of this case, on the host, by their command line. */
  processes(command: RegExp): number[];
}

/** Seconds that a whole test may take beyond the program's own time limit, on a busy machine. */
const PATIENCE = 90;
/** Control characters (but line breaks and tabs), and those that turn text around. */
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const KEPT = [".gitignore", "index.html", "report.json", "safe_outputs", "test.log"];

export async function runCase(place: Place, fault: FaultCase): Promise<void> {
  const folder = place.makeFolder();
  try {
    const output = fault.disk === true ? place.takeDisk() : join(folder, "output");
    const token = `fault-${randomBytes(6).toString("hex")}`;
    const outcome = await runOnce(place, fault, { folder, output, token });
    const expected = typeof fault.expect === "function" ? fault.expect(place) : fault.expect;
    if (fault.killed !== true) {
      checkOutcome(place, output, expected, outcome);
      await checkNothingLeft(place, output, token, outcome.runIds);
    }
    if (fault.again !== true && fault.killed !== true) return;
    const second = await runOnce(place, { name: "", expect: {} }, { folder, output, token });
    checkOutcome(place, output, { exit: { code: 0 } }, second);
    await checkNothingLeft(place, output, token, new Set([...outcome.runIds, ...second.runIds]));
  } finally {
    place.removeFolder(folder);
  }
}

interface Spot {
  readonly folder: string;
  readonly output: string;
  readonly token: string;
}

interface Outcome {
  readonly code: number | null;
  readonly screen: string;
  readonly seconds: number;
  readonly limit: number;
  readonly runIds: ReadonlySet<string>;
}

async function runOnce(place: Place, fault: FaultCase, { folder, output, token }: Spot): Promise<Outcome> {
  const settings = join(folder, "settings.yaml");
  const { timeout = "20s", env, ...test } = fault.test ?? {};
  // What JSON says, YAML says as well.
  const content = {
    version: 1,
    test: {
      ...test,
      timeout,
      env: { ...env, PRATIQUE_FAULT: token },
      ...(fault.args === undefined ? {} : { args: fault.args }),
    },
  };
  writeFileSync(settings, JSON.stringify(content));
  const startedAt = performance.now();
  const args = ["test", imageReference(fault.image ?? "tools"), "--engine", place.engine];
  if (fault.verbose !== false) args.push("--verbose");
  // A second run of the same fault would show nothing new.
  args.push("--no-discover");
  const child = place.start([...args, "--config", settings, "--output", output], {});
  const ended = finish(child);
  let over = false;
  void ended.finally(() => {
    over = true;
  });
  const runIds = new Set<string>();
  const watching = (async () => {
    while (!over) {
      for (const id of list(join(output, ".run"))) runIds.add(id);
      await sleep(20);
    }
  })();
  const limit = Number.parseInt(timeout, 10);
  // A test that hangs fails all the same, and must not leave its processes to the next one.
  const watchdog = setTimeout(() => child.kill("SIGKILL"), (limit + PATIENCE) * 1000);
  try {
    await Promise.race([fault.meanwhile?.(running(place, output, token, child.pid ?? 0, runIds)), ended]);
    const { code, stdout, stderr } = await ended;
    const seconds = (performance.now() - startedAt) / 1000;
    return { code, screen: stdout + stderr, seconds, limit, runIds };
  } finally {
    clearTimeout(watchdog);
    over = true;
    await watching;
  }
}

function running(
  place: Place,
  output: string,
  token: string,
  pid: number,
  runIds: ReadonlySet<string>,
): Running {
  const job = (): string => `pratique-${[...runIds].at(-1)}-k8s`;
  return {
    place,
    output,
    pid,
    get job() {
      return job();
    },
    get holder() {
      return `${job()}-net`;
    },
    async printed(words) {
      const log = join(output, "test.log");
      while (!existsSync(log) || !readFileSync(log, "utf8").includes(words)) await sleep(50);
    },
    processes: (command) =>
      processesWith(token, job())
        .filter((found) => command.test(found.command))
        .map((found) => found.pid),
  };
}

function checkOutcome(place: Place, output: string, expected: Expected, outcome: Outcome): void {
  const { screen, code, seconds, limit } = outcome;
  expect(seconds, "nothing hangs past its limit").toBeLessThan(limit + PATIENCE);
  expect(UNSAFE.exec(screen)?.[0], "nothing of the program's reaches our terminal unchanged").toBe(undefined);
  expect(screen).not.toMatch(/\n {4}at |internal\.defect/);
  const strange = list(output).filter((name) => !KEPT.includes(name));
  expect(strange, "no half-written files").toEqual([]);
  if (expected.error !== undefined) expect(screen).toContain(`[${expected.error}]`);
  if (expected.error !== undefined && !existsSync(join(output, "report.json"))) {
    expect(code, screen).toBe(expected.code ?? 3);
    return;
  }
  const report: Report = JSON.parse(readFileSync(join(output, "report.json"), "utf8"));
  expect(report.verdict, "a test alone never clears an image").not.toMatch(/^clear/);
  expect(readFileSync(join(output, "index.html"), "utf8")).not.toMatch(/<script>alert|<img src=x/);
  const { recording } = report;
  if (recording === null) {
    const failure = expected.error ?? expected.orError;
    expect(failure, `there is no recording:\n${screen}`).not.toBe(undefined);
    expect(screen).toContain(`[${failure}]`);
    expect(code, screen).toBe(expected.code ?? 3);
    return;
  }
  checkHonesty(report, recording);
  const text = readFileSync(join(output, "test.log"), "utf8");
  const { network, names, writes } = recording.coverage;
  const coverage = { network: network.status, names: names.status, writes: writes.status };
  if (expected.coverage === "not whole") expect(Object.values(coverage)).not.toContain("observed");
  const wanted = { network: "observed", names: "observed", writes: "observed" };
  expect({
    exit: recording.exit,
    coverage,
    printed: (expected.printed ?? []).filter((line) => !text.includes(line)),
    stray: (expected.stray ?? []).filter(
      (path) => !recording.strayWrites.some((write) => write.path === path),
    ),
    findings: (expected.findings ?? []).filter((id) => !report.findings.some(({ rule }) => rule === id)),
    code,
  }).toMatchObject({
    exit: expected.exit ?? {},
    coverage: typeof expected.coverage === "string" ? {} : { ...wanted, ...expected.coverage },
    printed: [],
    stray: [],
    findings: [],
    code: expected.code ?? (recording.exit.code === 0 ? expect.any(Number) : 1),
  });
  expected.also?.({ report, recording, output, screen, place });
}

/** What was not seen is never counted as a pass, and a job that failed is never called one that ran. */
function checkHonesty(report: Report, recording: Recording): void {
  const { network, names, writes } = recording.coverage;
  const passed = new Set(report.requirements.filter((one) => one.status === "pass").map(({ id }) => id));
  if (network.status !== "observed" || names.status !== "observed") expect(passed).not.toContain("OFF-01");
  if (writes.status !== "observed") expect(passed).not.toContain("DIR-10");
  for (const { status, reason } of [network, names, writes]) {
    if (status !== "observed") expect(reason, "what was not observed has a reason").not.toBe("");
  }
  if (recording.exit.code === 0) return;
  // What it would have wanted later on, nobody knows.
  for (const id of ["IMG-14", "OFF-01", "DIR-07"]) expect(passed).not.toContain(id);
  const told = report.findings.filter(({ rule }) => rule === "job-fails" || rule === "program-not-found");
  expect(told.length, "a job that failed is told").toBeGreaterThan(0);
}

async function checkNothingLeft(
  place: Place,
  output: string,
  token: string,
  runIds: ReadonlySet<string>,
): Promise<void> {
  expect(list(output)).not.toContain(".run");
  for (const id of runIds) {
    expect(place.ask("ps", "--all", "--quiet", "--filter", `label=pratique.run=${id}`)).toEqual([]);
    expect(list(place.notes)).not.toContain(`${id}.json`);
  }
  const words = [token, ...[...runIds].map((id) => `pratique-${id}`)];
  // Podman's monitor needs a moment after its container.
  for (let waited = 0; waited < 5000 && processesWith(...words).length > 0; waited += 100) await sleep(100);
  expect(processesWith(...words)).toEqual([]);
}

/** Names in a folder; none where there is no folder, or none any more. */
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}
