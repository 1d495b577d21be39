import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readdirSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import { notWritable } from "./files.ts";
import { followFile } from "./follow.ts";
import { LineSplitter, LONGEST_LINE } from "./lines.ts";
import { statFields } from "./proc.ts";

export interface SpawnOptions {
  readonly cwd?: string;
  /** Added to our own environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends the program (and all it started) when aborted. */
  readonly signal?: AbortSignal;
  readonly input?: Readable | Uint8Array;
  /** Called with each line; of one longer than 64 KiB the rest is left out. */
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
  /**
   * File that takes stdout and stderr, emptied first; `onLine` follows it. The program then outlives us without
   * dying of a broken pipe, so that the next run can end it in good order.
   */
  readonly outputFile?: string;
  /** Takes stdout as a stream, with back-pressure, in place of collecting it. It is not ended. */
  readonly stdoutTo?: Writable;
  /** Gets the raw bytes of stdout in place of collecting them. */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  /** Bytes of stdout and of stderr that are kept, from the start; 8 MiB unless told. */
  readonly keep?: number;
  /** Milliseconds after which the program is ended and `timedOut` is set. */
  readonly timeout?: number;
  /** Milliseconds between SIGTERM and SIGKILL; 5000 unless told. */
  readonly grace?: number;
  /**
   * For a build: end what runs inside it first, so that the builder sees its step fail and clears up after itself.
   * Podman 4.3 leaves its working container behind when it is signalled itself (measured).
   */
  readonly endStepFirst?: boolean;
}

export interface ProcessResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** Watches which programs run, so that a later start can end those that outlived a killed one. */
export interface ChildWatcher {
  /** `builder` says that the program clears up after itself only when its step ends before it. */
  started(pid: number, builder: boolean): void;
  ended(pid: number): void;
}

let watcher: ChildWatcher | undefined;

export function watchChildren(next: ChildWatcher | undefined): void {
  watcher = next;
}

const KEEP = 8 * 1024 * 1024;
/** Milliseconds that a builder gets to stop of itself once its step was ended. */
export const BUILDER_PATIENCE = 6000;

/**
 * Runs a program without a shell, in a process group of its own: Ctrl-C reaches us alone, and we end the group.
 * Rejects with `tool.failed` when the program cannot be started (cause: the system error) and with `interrupted`
 * when the signal fires; any exit code is a normal result.
 */
export function run(
  program: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<ProcessResult> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    if (signal?.aborted) {
      reject(interrupted(signal));
      return;
    }
    let file: number | undefined;
    try {
      if (options.outputFile !== undefined) file = openSync(options.outputFile, "w");
    } catch (error) {
      reject(notWritable(options.outputFile ?? "", error));
      return;
    }
    const child = spawn(program, [...args], {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: mergeEnvironment(options.env),
      stdio: [options.input === undefined ? "ignore" : "pipe", file ?? "pipe", file ?? "pipe"],
      detached: true,
    });
    if (file !== undefined) closeSync(file);
    const { pid } = child;
    const follower =
      options.outputFile === undefined
        ? undefined
        : followFile(options.outputFile, options.onLine ?? (() => {}));
    if (pid !== undefined) watcher?.started(pid, options.endStepFirst === true);

    if (options.stdoutTo !== undefined) {
      child.stdout?.pipe(options.stdoutTo, { end: false });
    }
    const stdout = collect(
      options.stdoutTo === undefined ? child.stdout : null,
      "stdout",
      options.onStdout,
      options,
    );
    const stderr = collect(child.stderr, "stderr", options.onStderr, options);
    let timedOut = false;
    let killTimer: NodeJS.Timeout | undefined;
    let stepTimer: NodeJS.Timeout | undefined;
    const end = (): void => {
      const kill = (): void => {
        signalGroup(child, "SIGTERM");
        clearTimeout(killTimer);
        killTimer = setTimeout(() => signalGroup(child, "SIGKILL"), options.grace ?? 5000);
      };
      if (options.endStepFirst !== true || pid === undefined) {
        kill();
        return;
      }
      // Between two steps there is nothing to end yet: look again until the builder stops of itself.
      endSteps(pid);
      stepTimer ??= setInterval(() => endSteps(pid), 100);
      killTimer ??= setTimeout(kill, BUILDER_PATIENCE);
    };
    const timer =
      options.timeout === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            end();
          }, options.timeout);
    signal?.addEventListener("abort", end, { once: true });
    const tidy = (): void => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      clearInterval(stepTimer);
      signal?.removeEventListener("abort", end);
      follower?.stop();
      if (pid !== undefined) watcher?.ended(pid);
    };

    child.once("error", (error) => {
      tidy();
      reject(
        new PratiqueError(
          "tool.failed",
          `${program} could not be started: ${systemErrorCode(error) ?? error.message}.`,
          {
            cause: error,
          },
        ),
      );
    });
    child.once("close", (code, killedBy) => {
      tidy();
      if (signal?.aborted) reject(interrupted(signal));
      else resolve({ code, signal: killedBy, stdout: stdout(), stderr: stderr(), timedOut });
    });
    if (options.input !== undefined && child.stdin !== null) {
      // A program that stops reading early ends with its own error; ours would only hide it.
      child.stdin.on("error", () => {});
      if (options.input instanceof Uint8Array) child.stdin.end(options.input);
      else options.input.pipe(child.stdin);
    }
  });
}

export function interrupted(signal: AbortSignal): PratiqueError {
  return signal.reason instanceof PratiqueError
    ? signal.reason
    : new PratiqueError("interrupted", "Stopped before the work was done.", { cause: signal.reason });
}

function mergeEnvironment(extra: SpawnOptions["env"]): NodeJS.ProcessEnv {
  const merged: NodeJS.ProcessEnv = { ...process.env };
  for (const [name, value] of Object.entries(extra ?? {})) {
    if (value === undefined) delete merged[name];
    else merged[name] = value;
  }
  return merged;
}

/** The program itself may have ended: what it left running still holds its output, and is ended with the group. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (systemErrorCode(error) !== "ESRCH" && systemErrorCode(error) !== "EPERM") throw error;
  }
}

/**
 * Kills the processes below `pid` that run in sessions of their own: the steps of a build, not the builder. Returns
 * how many there were; none where there is no /proc.
 */
export function endSteps(pid: number): number {
  let ended = 0;
  const table = processTable();
  const inside = new Set([pid]);
  // Parents may have higher ids than their children once ids wrap around: go round until nothing is added.
  for (let size = 0; size !== inside.size; ) {
    size = inside.size;
    for (const [child, entry] of table) if (inside.has(entry.parent)) inside.add(child);
  }
  const own = table.get(pid)?.session;
  for (const child of inside) {
    const session = table.get(child)?.session;
    if (child === pid || session === undefined || session === own) continue;
    try {
      process.kill(child, "SIGKILL");
      ended++;
    } catch (error) {
      if (systemErrorCode(error) !== "ESRCH" && systemErrorCode(error) !== "EPERM") throw error;
    }
  }
  return ended;
}

function processTable(): Map<number, { parent: number; session: number }> {
  const table = new Map<number, { parent: number; session: number }>();
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return table;
  }
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statFields(name);
    // Undefined when it ended while we were reading.
    if (fields !== undefined)
      table.set(Number(name), { parent: Number(fields[1]), session: Number(fields[3]) });
  }
  return table;
}

/** Reads a stream to its end whatever its size, keeps the first part, and splits lines where they are wanted. */
function collect(
  stream: Readable | null,
  name: "stdout" | "stderr",
  onChunk: ((chunk: Buffer) => void) | undefined,
  options: SpawnOptions,
): () => string {
  const kept: Buffer[] = [];
  let room = onChunk === undefined ? (options.keep ?? KEEP) : 0;
  const { onLine } = options;
  const lines =
    onLine === undefined ? undefined : new LineSplitter(LONGEST_LINE, (line) => onLine(line, name));
  stream?.on("data", (chunk: Buffer) => {
    onChunk?.(chunk);
    if (room > 0) {
      kept.push(chunk.length <= room ? chunk : chunk.subarray(0, room));
      room -= chunk.length;
    }
    lines?.write(chunk);
  });
  stream?.on("end", () => lines?.end());
  return () => Buffer.concat(kept).toString("utf8");
}
