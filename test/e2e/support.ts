import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { EngineName } from "../../src/engine/engine.ts";
import type { Report } from "../../src/evidence/report.ts";
import { parseOwner } from "../../src/system/owner.ts";
import { statFields } from "../../src/system/proc.ts";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const cli = join(root, "dist", "cli", "main.cjs");
const BASE_FILES = {
  PYTHON_BASE: join(root, "examples", "bases.args"),
  R_BASE: join(root, "examples", "bases.args"),
  LANGUAGES_BASE: join(root, "test", "e2e", "languages.args"),
  OCTAVE_BASE: join(root, "test", "e2e", "languages.args"),
  RENV_BASE: join(root, "test", "e2e", "languages.args"),
  JULIA_BASE: join(root, "test", "e2e", "languages.args"),
  PYTORCH_BASE: join(root, "test", "e2e", "languages.args"),
  MODELS_BASE: join(root, "test", "e2e", "languages.args"),
  NODE_BASE: join(root, "test", "e2e", "languages.args"),
};

/** The base images of the examples and of the tests, as `npm test` made them known. */
export function base(name: keyof typeof BASE_FILES): string {
  const file = BASE_FILES[name];
  const line = readFileSync(file, "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}=`));
  if (line === undefined) throw new Error(`${file} has no ${name}: run “npm test”, which makes it`);
  return line.slice(name.length + 1);
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly report: Report;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What stands on standard input; nothing unless given. */
  readonly input?: string;
}

/** Process ids of the command lines that these tests started. */
const started = new Set<number>();

export function start(args: readonly string[], options: RunOptions = {}): ChildProcess {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: options.cwd ?? root,
    env: { ...process.env, CI: "true", ...options.env },
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  child.stdin?.end(options.input);
  if (child.pid !== undefined) started.add(child.pid);
  return child;
}

/** Runs the built command line; with `--format json` in the arguments the report is read from stdout. */
export async function pratique(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const outcome = await finish(start(args, options));
  const json = args.includes("json");
  if (!json) return { ...outcome, report: undefined as never };
  try {
    return { ...outcome, report: JSON.parse(outcome.stdout) };
  } catch {
    throw new Error(`no JSON on stdout (exit ${outcome.code}); stderr: ${outcome.stderr.slice(-2000)}`);
  }
}

export async function finish(
  child: ChildProcess,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => {
    stdout += String(chunk);
  });
  child.stderr?.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("close", resolve);
    child.on("error", reject);
  });
  return { code, stdout, stderr };
}

/** Resolves once the program has printed the words on stderr. */
export function printed(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr?.on("data", (chunk) => {
      text += String(chunk);
      if (text.includes(words)) resolve();
    });
    child.on("close", () => reject(new Error(`ended before it printed “${words}”:\n${text}`)));
  });
}

/** A project in a folder of its own, removed by `dispose`. */
export function project(files: Readonly<Record<string, string>>): {
  folder: string;
  output: string;
  dispose(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), "case-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return {
    folder,
    output: join(folder, ".pratique"),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The lines that a program of the image prints, with limits that every machine grants. */
export function runIn(
  engine: EngineName,
  image: string,
  [program = "", ...args]: readonly string[],
): string[] {
  const limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
  const options = ["--rm", "--network", "none", ...limits, "--entrypoint", program];
  const text = execFileSync(engine, ["run", ...options, image, ...args], {
    encoding: "utf8",
    timeout: 240_000,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return text.split("\n").filter(Boolean);
}

/** What an engine holds, to be compared before and after. */
export interface Holdings {
  /** Surely of runs that these tests started. */
  readonly ours: readonly string[];
  /** Whose nobody can tell: other people use the engine too. */
  readonly anybodys: readonly string[];
}

/** Milliseconds after which what is still there was left: other people's builds and questions come and go. */
const PATIENCE = 15_000;

export function holdings(engine: EngineName): Holdings {
  const list = (...args: string[]): string[] =>
    execFileSync(engine, args, { encoding: "utf8", timeout: 60_000 }).split("\n").filter(Boolean);
  const named = (kind: string, names: readonly string[]): string[] => names.map((name) => `${kind} ${name}`);
  // Podman shows a builder's containers only on demand.
  const external = engine === "podman" ? ["--external"] : [];
  const containers = list("ps", "--all", ...external, "--no-trunc", "--format", "{{.ID}} {{.Labels}}").map(
    (line) => ({ id: line.split(" ")[0] ?? "", owner: ownerIn(line) }),
  );
  const idsOf = (wanted: (owner: number | undefined) => boolean): string[] =>
    containers.filter(({ owner }) => wanted(owner)).map(({ id }) => id);
  return {
    ours: named(
      "container",
      idsOf((owner) => owner !== undefined && started.has(owner)),
    ),
    anybodys: [
      ...named(
        "container",
        idsOf((owner) => owner === undefined),
      ),
      ...named("network", list("network", "ls", "--quiet")),
      ...named("volume", list("volume", "ls", "--quiet")),
      ...named("image", list("images", "--quiet", "localhost/pratique-probe")),
      // Podman's builder works here.
      ...named("folder", engine === "podman" ? buildFolders() : []),
      ...named("process", processes(engine)),
    ],
  };
}

/** The process that a container's label names. */
function ownerIn(labels: string): number | undefined {
  const [, text = ""] = /\bpratique\.owner[=:]([^\s,\]]+)/.exec(labels) ?? [];
  return parseOwner(text)?.pid;
}

const buildFolders = (): string[] => readdirSync("/var/tmp").filter((name) => name.startsWith("buildah"));

/** What a run left with the engine or in its output folder. */
export async function leftBehind(engine: EngineName, before: Holdings, output: string): Promise<string[]> {
  const runs = existsSync(output)
    ? readdirSync(output, { recursive: true, encoding: "utf8" }).filter((name) => name.startsWith(".run"))
    : [];
  const { ours, anybodys } = holdings(engine);
  let left = anybodys.filter((one) => !before.anybodys.includes(one));
  for (let waited = 0; left.length > 0 && waited < PATIENCE; waited += 500) {
    await sleep(500);
    const now = holdings(engine).anybodys;
    left = left.filter((one) => now.includes(one));
  }
  return [...runs, ...ours, ...left];
}

/** Programs of the engine that still work for us: builds, exports and runs, by their command lines. */
function processes(engine: EngineName): string[] {
  const found: string[] = [];
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      // Another user's engine is none of ours.
      if (statSync(`/proc/${pid}`).uid !== process.getuid?.()) continue;
      const words = wordsOf(pid);
      if (!words[0]?.endsWith(engine) || !words.some((word) => word.includes("pratique"))) continue;
      const parent = statFields(pid)?.[1] ?? "";
      const isTheirs =
        !started.has(Number(parent)) && wordsOf(parent).some((word) => word.endsWith("main.cjs"));
      if (!isTheirs) found.push(`${pid} ${words.join(" ")}`);
    } catch {
      // Ended while we looked.
    }
  }
  return found;
}

const wordsOf = (pid: string): string[] => readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
