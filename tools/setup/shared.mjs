// @ts-check
/**
 * What every set-up script needs: where the project is, how to run a program, how to say what happens.
 *
 * These scripts run before `npm ci`, so they use Node alone.
 */
import { spawn } from "node:child_process";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { mkdir, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The project's root folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");

/**
 * Where the scripts keep what they made: base images, the registry's storage, Docker's data. It may be deleted at any
 * time when nothing runs. `PRATIQUE_SETUP_CACHE` puts it elsewhere, so that several checkouts can share one.
 */
export const cacheFolder = process.env.PRATIQUE_SETUP_CACHE
  ? path.resolve(process.env.PRATIQUE_SETUP_CACHE)
  : path.join(root, ".cache");

/** Exit code when something is missing that only the person at the machine can put right. */
export const EXIT_MACHINE = 3;

/** An expected failure: it is shown without a stack, with what to do. */
export class SetupError extends Error {
  /**
   * @param {string} message what happened
   * @param {{ hint?: string | undefined, exitCode?: number, cause?: unknown }} [options]
   */
  constructor(message, options = {}) {
    super(message, { cause: options.cause });
    this.name = "SetupError";
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT_MACHINE;
  }
}

/** @param {string} text One plain line about what is being done, on standard error. */
export function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

/**
 * @typedef {object} RunResult
 * @property {number} code exit code; 124 when it ran out of time, 127 when it was not found, 128 + n when signal n ended it
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] added to this process's environment; an undefined value removes a variable
 * @property {'pipe' | 'inherit'} [output] `inherit` passes the output through
 * @property {number} [timeout] milliseconds; the program gets SIGTERM after it
 * @property {string} [input] written to standard input
 */

/**
 * Runs a program without a shell and never throws for its exit code.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<RunResult>}
 */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const inherit = options.output === "inherit";
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: [
        options.input === undefined ? "ignore" : "pipe",
        inherit ? "inherit" : "pipe",
        inherit ? "inherit" : "pipe",
      ],
      ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    });
    /** @type {Buffer[]} */ const out = [];
    /** @type {Buffer[]} */ const err = [];
    child.stdout?.on("data", (/** @type {Buffer} */ part) => out.push(part));
    child.stderr?.on("data", (/** @type {Buffer} */ part) => err.push(part));
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input);
    const text = (/** @type {Buffer[]} */ parts) => Buffer.concat(parts).toString("utf8");
    child.on("error", (error) =>
      resolve({ code: 127, stdout: text(out), stderr: `${text(err)}${error.message}` }),
    );
    child.on("close", (code, signal) => {
      // Some programs end with 0 when they are asked to stop: out of time is a failure all the same.
      const status = child.killed ? 124 : (code ?? (signal === "SIGTERM" ? 143 : 137));
      resolve({ code: status, stdout: text(out), stderr: text(err) });
    });
  });
}

/**
 * Runs a program that has to succeed.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions & { what?: string, hint?: string }} [options] what: named in the error; hint: what to do then
 * @returns {Promise<RunResult>}
 */
export async function must(program, args, options = {}) {
  const result = await run(program, args, options);
  if (result.code !== 0) {
    const last = (result.stderr || result.stdout).trim().split("\n").slice(-12).join("\n");
    throw new SetupError(
      `${options.what ?? `${program} ${args.slice(0, 3).join(" ")}`} failed (exit ${result.code})${last ? `:\n${last}` : ""}`,
      { hint: options.hint, exitCode: 1 },
    );
  }
  return result;
}

/**
 * The full path of a program on PATH (or in /usr/sbin and /sbin, which a user's PATH often lacks).
 *
 * @param {string} program
 * @returns {string | undefined}
 */
export function which(program) {
  const folders = (process.env.PATH ?? "")
    .split(path.delimiter)
    .concat("/usr/local/sbin", "/usr/sbin", "/sbin");
  for (const folder of folders) {
    if (!folder) continue;
    const candidate = path.join(folder, program);
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return candidate;
    } catch {
      // not here
    }
  }
  return undefined;
}

/** @param {string} file @returns {Promise<boolean>} */
export async function exists(file) {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/**
 * @param {string} file
 * @returns {Promise<any>} the parsed JSON, or undefined when the file is missing or damaged
 */
export async function readJson(file) {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {string} file @param {unknown} value */
export async function writeJson(file, value) {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** @param {number} milliseconds @returns {Promise<void>} */
export function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** @param {number} pid @returns {boolean} */
export function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/**
 * @param {number} pid
 * @returns {string} the program's name as the kernel has it, empty when the process is gone
 */
export function processName(pid) {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

/**
 * Holds a lock file of this machine while `work` runs; a lock whose process is gone is taken over.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function locked(name, work) {
  const file = path.join(cacheFolder, `${name}.lock`);
  await mkdir(cacheFolder, { recursive: true });
  let told = false;
  for (;;) {
    try {
      const handle = await open(file, "wx");
      await handle.writeFile(String(process.pid));
      await handle.close();
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
      const text = await readFile(file, "utf8").catch(() => "");
      const holder = Number(text);
      const age = await stat(file).then(
        (facts) => Date.now() - facts.mtimeMs,
        () => 0,
      );
      // An empty lock is one that is being written: it counts as abandoned only when it stays empty.
      if (text === "" ? age > 5000 : !alive(holder)) {
        await rm(file, { force: true });
        continue;
      }
      if (!told) say(`waiting for process ${text || "?"}, which is doing the same (${file})`);
      told = true;
      await sleep(300);
    }
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** @param {string} moduleUrl `import.meta.url` @returns {boolean} whether this module was started from the command line */
export function isMain(moduleUrl) {
  return process.argv[1] !== undefined && moduleUrl === pathToFileURL(process.argv[1]).href;
}

/**
 * Runs the command-line part of a set-up script: expected errors become plain lines and an exit code.
 *
 * @param {string} moduleUrl `import.meta.url`
 * @param {(args: string[]) => Promise<void>} main
 */
export function commandLine(moduleUrl, main) {
  if (!isMain(moduleUrl)) return;
  main(process.argv.slice(2)).catch((error) => {
    process.exitCode = report(error);
  });
}

/**
 * Prints an error the way a person can use it.
 *
 * @param {unknown} error
 * @returns {number} the exit code that goes with it
 */
export function report(error) {
  if (error instanceof SetupError) {
    say(`error: ${error.message}`);
    if (error.hint) say(`what to do: ${error.hint}`);
    return error.exitCode;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}

/**
 * Splits `--name value`, `--name=value` and `--flag` from the rest.
 *
 * @param {readonly string[]} args
 * @param {{ values?: readonly string[], flags?: readonly string[], usage: string }} known
 * @returns {{ values: Record<string, string>, flags: Set<string>, rest: string[] }}
 */
export function parseArgs(args, known) {
  /** @type {Record<string, string>} */ const values = {};
  /** @type {Set<string>} */ const flags = new Set();
  /** @type {string[]} */ const rest = [];
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] ?? "";
    if (arg === "--help" || arg === "-h") {
      process.stdout.write(`${known.usage}\n`);
      process.exit(0);
    }
    const [name = "", inline] = arg.replace(/^--/, "").split(/=(.*)/s);
    if (!arg.startsWith("--")) rest.push(arg);
    else if (known.flags?.includes(name) && inline === undefined) flags.add(name);
    else if (known.values?.includes(name)) {
      if (inline === undefined) i += 1;
      const value = inline ?? args[i];
      if (value === undefined)
        throw new SetupError(`--${name} needs a value`, { hint: known.usage, exitCode: 2 });
      values[name] = value;
    } else throw new SetupError(`unknown option ${arg}`, { hint: known.usage, exitCode: 2 });
  }
  return { values, flags, rest };
}
