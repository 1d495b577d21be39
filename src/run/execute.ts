import { constants } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lastWords } from "../engine/command-line.ts";
import type { ContainerPlan, ContainerResult, ContainerRunner, ContainerState } from "../engine/engine.ts";
import { messageOf, PratiqueError } from "../errors.ts";
import { resultsDirectory } from "../profiles/profile.ts";
import { notWritable } from "../system/files.ts";
import { NOT_NEEDED } from "./contacts.ts";
import { Digests, onHost, outputFiles } from "./digests.ts";
import { LogFile } from "./log.ts";
import { GRACE, type RunPlan } from "./plan.ts";
import { reclaim } from "./reclaim.ts";
import type { RecordFile } from "./record-file.ts";
import {
  type Coverage,
  type DataRead,
  EXIT_CAUSES,
  NO_USAGE,
  type Observed,
  type RecordedWrite,
  type Recording,
  type RunExit,
} from "./recording.ts";

/** Milliseconds until the network must be ready: it only sets routes. */
const HOLDER_TIMEOUT = 30_000;
/** Beyond the recorder's own limit and grace, before we end the container ourselves. */
const BACKSTOP = 20_000;
/** What a program written in Go ends with when it crashes. */
const RECORDER_CRASHED = 2;
const CUT_SHORT = "the recorder was ended before the program was";
const MAX_RECORD_BYTES = 64 * 1024 * 1024;

export interface ExecuteOptions {
  /** Where the program's output is kept, absolute; and its name in the report. */
  readonly logFile: string;
  readonly logName: string;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

/** Carries a plan out and says what was seen. The containers are gone when it settles, whichever way it does. */
export async function executeRun(
  engine: ContainerRunner,
  plan: RunPlan,
  options: ExecuteOptions,
): Promise<Recording> {
  if (plan.argv.length === 0) return nothingToRun(plan, options);
  await writeFiles(plan);
  const holder =
    plan.holder === undefined ? undefined : await startHolder(engine, plan.holder, options.signal);
  try {
    // Without a black hole the run still has no network; only what it wanted stays unknown.
    const job = holder?.ready === false ? { ...plan.job, network: "none" } : plan.job;
    return await runJob(engine, plan, job, holder?.problem ?? "", options);
  } finally {
    // In this order: Podman keeps the container whose network another one uses.
    await engine.remove(plan.job.name);
    await holder?.stop();
    await reclaim(engine, plan);
  }
}

/** An image that names no program, and no arguments that would name one: there is nothing to start. */
async function nothingToRun(plan: RunPlan, options: ExecuteOptions): Promise<Recording> {
  const log = await new LogFile(options.logFile).close().catch((error: unknown) => {
    throw notWritable(options.logFile, error);
  });
  return {
    ...circumstances(plan),
    ...NOTHING_RECORDED,
    discover: NOT_NEEDED,
    outputs: { files: 0, bytes: 0, list: [] },
    seconds: 0,
    exit: {
      code: null,
      signal: null,
      cause: "not-started",
      detail: "the image has neither ENTRYPOINT nor CMD, so there is no program to start",
    },
    log: { file: options.logName, ...log },
    coverage: coverageOf(undefined, "there was no program to start", ""),
  };
}

/** What the plan alone says of a run. */
const circumstances = (
  plan: RunPlan,
): Pick<Recording, "runtime" | "case" | "rootFileSystem" | "argv" | "user"> => ({
  runtime: plan.trial.runtime.id,
  case: plan.trial.case.name ?? null,
  rootFileSystem: plan.job.readOnlyRoot ? "read-only" : "writable",
  argv: plan.argv,
  user: plan.user,
});

/** What a recording holds when the recorder saw nothing; its coverage says why. */
const NOTHING_RECORDED = {
  attempts: [],
  contacts: [],
  secondsLost: 0,
  strayWrites: [],
  failedWrites: [],
  processes: [],
  processTree: [],
  reads: null,
  outputs: { files: 0, bytes: 0 },
  input: { stdinRead: null, stdinReaders: [], terminalOpens: 0 },
  listens: [],
  setUserId: [],
  usage: NO_USAGE,
  dropped: {},
};

async function writeFiles(plan: RunPlan): Promise<void> {
  for (const [name, content] of Object.entries(plan.files)) {
    await writeFile(join(plan.folders.network, name), content, { mode: 0o644 });
  }
}

interface Holder {
  readonly ready: boolean;
  readonly problem: string;
  stop(): Promise<void>;
}

/** Starts the container that owns the network and waits for its word that the black hole is there. */
async function startHolder(
  engine: ContainerRunner,
  plan: ContainerPlan,
  signal: AbortSignal,
): Promise<Holder> {
  const ended = new AbortController();
  let firstLine = "";
  let settle: (line: string) => void = () => {};
  const spoken = new Promise<string>((resolve) => {
    settle = resolve;
  });
  const running = engine
    .runContainer(plan, {
      signal: AbortSignal.any([signal, ended.signal]),
      onStdout: (chunk) => {
        if (firstLine.includes("\n")) return;
        firstLine = (firstLine + chunk.toString("utf8")).slice(0, 4096);
        if (firstLine.includes("\n")) settle(firstLine);
      },
    })
    .then((result) => {
      settle("");
      return lastWords(result.stderr);
    })
    .catch((error: unknown) => {
      settle("");
      return messageOf(error);
    });
  const timer = setTimeout(() => settle(""), HOLDER_TIMEOUT);
  const line = await spoken;
  clearTimeout(timer);
  const stop = async (): Promise<void> => {
    await engine.remove(plan.name);
    ended.abort();
    await running;
  };
  if (signal.aborted) {
    await stop();
    throw signal.reason;
  }
  const answer = readReady(line);
  if (answer.ready) return { ready: true, problem: "", stop };
  const words =
    line === "" ? await Promise.race([running, Promise.resolve("it did not answer")]) : answer.reason;
  return { ready: false, problem: `the network of the Safe Haven could not be simulated: ${words}`, stop };
}

function readReady(line: string): { ready: boolean; reason: string } {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null) return { ready: false, reason: "unreadable answer" };
    const reason = "reason" in value && typeof value.reason === "string" ? value.reason : "";
    return { ready: "ready" in value && value.ready === true, reason };
  } catch {
    return { ready: false, reason: "unreadable answer" };
  }
}

async function runJob(
  engine: ContainerRunner,
  plan: RunPlan,
  job: ContainerPlan,
  networkProblem: string,
  options: ExecuteOptions,
): Promise<Recording> {
  const log = new LogFile(options.logFile, options.onLine);
  const startedAt = performance.now();
  const beganAt = Date.now();
  let timedOut = false;
  const backstop = setTimeout(
    () => {
      timedOut = true;
      // It may have ended in this moment; if the engine does not answer, removing the container says so.
      void engine.kill(job.name).catch(() => {});
    },
    plan.timeLimit + (plan.observed ? GRACE + BACKSTOP : 0),
  );
  let result: ContainerResult;
  let printed: Awaited<ReturnType<LogFile["close"]>>;
  const errors: Buffer[] = [];
  try {
    result = await engine.runContainer(job, {
      cwd: plan.folders.network,
      signal: options.signal,
      onStdout: (chunk) => log.write(chunk),
      onStderr: (chunk) => {
        log.write(chunk);
        if (errors.length < 64) errors.push(chunk.subarray(0, 4096));
      },
    });
  } finally {
    clearTimeout(backstop);
    printed = await log.close().catch((error: unknown) => {
      throw notWritable(options.logFile, error);
    });
  }
  const seconds = (performance.now() - startedAt) / 1000;
  if (result.code === null && !timedOut) throw engineEnded(engine);
  const state = await engine.containerState(job.name);
  const stderr = Buffer.concat(errors).toString("utf8");
  const file = plan.observed
    ? await readRecordFile(plan.folders.record)
    : { problem: "the recorder is not installed" };
  const record = "record" in file ? believable(file.record, result.code) : undefined;
  const neverStarted = engineRefused(result, state, record);
  // The recorder's own start asks nothing of the image: only without it may the image's program be what is missing.
  if (neverStarted && (plan.observed || !/no such file|not found|executable file/i.test(stderr))) {
    throw new PratiqueError("engine.failed", `The container could not be started: ${lastWords(stderr)}`, {
      hint: `“pratique doctor” checks whether ${engine.info.name} works on this machine.`,
    });
  }
  const seen = record ?? NOTHING_RECORDED;
  const results = resultsDirectory(plan.trial.runtime);
  const written =
    results === undefined
      ? { list: [], more: 0 }
      : await outputFiles(plan.folders[results], beganAt, options.signal);
  return {
    ...circumstances(plan),
    seconds: record?.seconds ?? seconds,
    exit: neverStarted
      ? { code: null, signal: null, cause: "not-started", detail: lastWords(stderr) }
      : exitOf(record, result.code, state, timedOut, stderr, plan.observed),
    attempts: seen.attempts,
    contacts: seen.contacts,
    discover: NOT_NEEDED,
    secondsLost: seen.secondsLost,
    strayWrites: seen.strayWrites.map((write) => ({ ...write, ...fateOf(write.path, plan) })),
    failedWrites: seen.failedWrites,
    processes: seen.processes,
    processTree: seen.processTree,
    reads: seen.reads === null ? null : await withDigests(seen.reads, plan, options.signal),
    outputs: {
      files: Math.max(0, seen.outputs.files - plan.folders.before.files),
      bytes: Math.max(0, seen.outputs.bytes - plan.folders.before.bytes),
      list: written.list,
    },
    input: seen.input,
    listens: seen.listens,
    setUserId: seen.setUserId,
    usage: seen.usage,
    log: { file: options.logName, ...printed },
    dropped: { ...seen.dropped, ...(written.more > 0 ? { outputs: written.more } : {}) },
    coverage: coverageOf(record, "problem" in file ? file.problem : "", networkProblem),
  };
}

/** The data does not change during the run, so its digests can be taken afterwards. Links inside it are not followed. */
async function withDigests(
  reads: RecordFile["reads"] & {},
  { job, folders }: RunPlan,
  signal: AbortSignal,
): Promise<DataRead[]> {
  const target = job.mounts.find(({ source }) => source === folders.data)?.target ?? "";
  const digests = new Digests();
  const known = new Map<string, Awaited<ReturnType<Digests["of"]>>>();
  const list: DataRead[] = [];
  for (const read of reads) {
    const path = onHost(read.path, target, folders.data);
    if (path !== undefined && !known.has(read.path)) known.set(read.path, await digests.of(path, signal));
    list.push({ ...read, bytes: null, sha256: null, ...known.get(read.path) });
  }
  return list;
}

/** What becomes of a write: only what lies in a folder of the host's is still there after the job. */
function fateOf(path: string, { trial, job, folders }: RunPlan): Pick<RecordedWrite, "survives" | "reason"> {
  const places = trial.runtime.mounts
    .filter(({ value }) => value.kept && value.access === "read-write")
    .map(({ value }) => folders[value.directory]);
  const kept = job.mounts.some(
    ({ source, target }) => places.includes(source) && (path === target || path.startsWith(`${target}/`)),
  );
  return kept
    ? { survives: true, reason: "kept, but not where results belong" }
    : { survives: false, reason: "lost when the job ends" };
}

/** Somebody ended the engine's own command: the job may be running still, so nobody knows how it would have ended. */
function engineEnded({ info }: ContainerRunner): PratiqueError {
  return new PratiqueError("engine.failed", `${info.name} was ended while the job ran.`, {
    hint: "Start the test again. If nobody ended it, the machine may have run out of memory.",
  });
}

/**
 * The recorder ends as its last recording says. Where the container ended otherwise, the recorder did not write that:
 * how the program ended is then for the engine to say.
 */
function believable(record: RecordFile, engineCode: number | null): RecordFile {
  if (record.exit === null || record.exit.code === engineCode) return record;
  return { ...record, complete: false, exit: null };
}

/** True when the engine's `run` failed before the program (or the recorder) did anything. */
function engineRefused(
  result: ContainerResult,
  state: ContainerState | undefined,
  record: RecordFile | undefined,
): boolean {
  if (record !== undefined) return false;
  return (
    state === undefined ||
    !state.started ||
    result.code === 125 ||
    (state.error !== "" && state.exitCode !== 0)
  );
}

/** The recorder knows best; where it was killed with the program, the engine's state tells the rest. */
function exitOf(
  record: RecordFile | undefined,
  engineCode: number | null,
  state: ContainerState | undefined,
  timedOut: boolean,
  stderr: string,
  observed: boolean,
): RunExit {
  if (record?.exit != null) {
    const { code, signal, cause, detail } = record.exit;
    const outOfMemory = state?.outOfMemory === true && (signal === "SIGKILL" || code === 137);
    return {
      code,
      signal,
      cause: outOfMemory ? "memory" : (EXIT_CAUSES.find((known) => known === cause) ?? "unknown"),
      detail,
    };
  }
  if (timedOut) return { code: null, signal: "SIGKILL", cause: "time-limit", detail: "" };
  const code = engineCode ?? state?.exitCode ?? -1;
  if (state?.outOfMemory === true) return { code: null, signal: "SIGKILL", cause: "memory", detail: "" };
  if (code > 128 && code <= 128 + 64) {
    return { code: null, signal: SIGNALS[code - 128] ?? `signal ${code - 128}`, cause: "signal", detail: "" };
  }
  if (observed && code === RECORDER_CRASHED) {
    return { code: null, signal: null, cause: "unknown", detail: CUT_SHORT };
  }
  // Whoever was observed up to a moment was started.
  if (record !== undefined) return { code, signal: null, cause: "exited", detail: "" };
  if (code === 127) return { code, signal: null, cause: "not-found", detail: lastWords(stderr) };
  if (code === 126) return { code, signal: null, cause: "not-executable", detail: lastWords(stderr) };
  return { code, signal: null, cause: "exited", detail: "" };
}

const SIGNALS: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  13: "SIGPIPE",
  15: "SIGTERM",
};

function coverageOf(record: RecordFile | undefined, recordProblem: string, networkProblem: string): Coverage {
  if (record === undefined) {
    const nothing: Observed = { status: "not-observed", reason: recordProblem };
    return { network: nothing, names: nothing, writes: nothing };
  }
  const { network, names, writes } = record.coverage;
  const cut: Observed = { status: "partial", reason: CUT_SHORT };
  const whole = (observed: Observed): Observed =>
    record.complete || observed.status !== "observed" ? observed : cut;
  if (networkProblem === "") return { network: whole(network), names: whole(names), writes: whole(writes) };
  return {
    network: { status: "partial", reason: networkProblem },
    names: { status: "not-observed", reason: networkProblem },
    writes: whole(writes),
  };
}

/** A link that the job planted must not make us read a file of the host. */
async function readRegularFile(path: string): Promise<Buffer | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const info = await file.stat();
    return info.isFile() && info.size <= MAX_RECORD_BYTES ? await file.readFile() : undefined;
  } finally {
    await file.close();
  }
}

/** Reads what the recorder left. The job's user can write there too, so nothing in it is trusted. */
async function readRecordFile(folder: string): Promise<{ record: RecordFile } | { problem: string }> {
  try {
    const content = await readRegularFile(join(folder, "recording.json"));
    if (content === undefined) return { problem: "the recording is larger than any real one" };
    const { recordFileSchema } = await import("./record-file.ts");
    const parsed = recordFileSchema.safeParse(JSON.parse(content.toString("utf8")));
    if (parsed.success) return { record: parsed.data };
    return { problem: "the recording is not in the form that the recorder writes" };
  } catch {
    return { problem: "the recorder could not start or left no recording" };
  }
}
