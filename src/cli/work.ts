import { stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { EngineName } from "../engine/engine.ts";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import type { Report } from "../evidence/report.ts";
import { atLeast, type Severity } from "../findings/finding.ts";
import type { CommandOptions, CommandResult } from "../pipeline/command.ts";
import { DEFAULT_OUTPUT } from "../system/output.ts";
import { reportFailure, terminalOptions } from "./failure.ts";
import { outputFolder } from "./output-folder.ts";
import { aboutPackages, type Outputs, readOutputs, renderAs } from "./outputs.ts";
import { makeProgress } from "./progress.ts";

export interface RunOptions {
  readonly config?: string;
  readonly profile?: string;
  readonly file?: string;
  readonly output?: string;
  readonly format: readonly string[];
  /** The settings decide unless it is given. */
  readonly failOn?: Severity;
  readonly engine?: EngineName;
  readonly runtime?: readonly string[];
  readonly case?: readonly string[];
  readonly matrix?: boolean;
  readonly optFile?: string;
  readonly argFile?: string;
  readonly envFile?: string;
  readonly cesEnvFile?: string;
  readonly manifest?: string;
  readonly foreseen?: boolean;
  readonly discover?: boolean;
  readonly verify?: boolean;
  readonly db?: string;
  readonly server?: string;
  readonly vex?: readonly string[];
  readonly import?: readonly string[];
  readonly verbose?: boolean;
}

type CommandName = "check" | "build" | "inspect" | "test" | "scan";

/** Runs one of the commands that make a report: shows it, writes it, and says how it went by the exit code. */
export async function runWork(name: CommandName, target: string, options: RunOptions): Promise<number> {
  const outputs = readOutputs(options.format);
  const abort = new AbortController();
  const unhook = stopOnSignals(abort);
  const progress = makeProgress(true, options.verbose === true || name === "build");
  try {
    const output = await placeFor(name, options);
    const result = await perform(name, {
      target,
      engine: options.engine,
      config: options.config,
      profile: options.profile,
      file: options.file,
      output,
      cases: options.case,
      runtimes: { named: options.runtime, matrix: options.matrix, foreseen: options.foreseen },
      cesRun: {
        options: options.optFile,
        arguments: options.argFile,
        environment: options.cesEnvFile ?? options.envFile,
      },
      manifest: options.manifest,
      discover: options.discover,
      verify: options.verify,
      scan: { database: options.db, server: options.server, vex: options.vex, imports: options.import },
      signal: abort.signal,
      progress: progress.sink,
    });
    progress.stop();
    const written = await writeReport(result.report, output);
    const folder = await projectFolder(target);
    const lacks = (format: Outputs["screen"]): boolean =>
      result.report.inventory === undefined && aboutPackages(format);
    for (const file of outputs.files) if (!lacks(file.format)) await writeOutput(result.report, file, folder);
    if (!lacks(outputs.screen)) await show(result, written, outputs, folder);
    if (result.failure !== undefined) return reportFailure(result.failure, []);
    // What could not be written says why.
    for (const format of [outputs.screen, ...outputs.files.map((file) => file.format)])
      if (format !== "text" && lacks(format)) await renderAs(format, result.report, folder);
    return exitCode(result.report, options.failOn ?? result.failOn);
  } finally {
    progress.stop();
    unhook();
  }
}

/** A test by a manifest has a place of its own, so that a job can be made from the evidence, tried, and made anew. */
function placeFor(name: CommandName, { output, manifest }: RunOptions): Promise<string> {
  return manifest === undefined
    ? outputFolder(output ?? DEFAULT_OUTPUT, name)
    : outputFolder(output ?? join(DEFAULT_OUTPUT, MANIFEST), MANIFEST);
}

const MANIFEST = "manifest";

async function perform(name: CommandName, options: CommandOptions): Promise<CommandResult> {
  const commands = await import("../pipeline/container.ts");
  const work = {
    check: commands.checkCommand,
    build: commands.buildCommand,
    inspect: commands.inspectCommand,
    test: commands.testCommand,
    scan: commands.scanCommand,
  };
  return work[name](options);
}

export async function writeOutput(
  report: Report,
  { format, path }: Outputs["files"][number],
  folder?: string,
): Promise<void> {
  const { writeWhole } = await import("../system/files.ts");
  await writeWhole(resolve(path), await renderAs(format, report, folder));
}

/** These commands name files from the project's folder, and forges want to know the way there. */
async function projectFolder(target: string): Promise<string | undefined> {
  const info = await stat(target).catch(() => undefined);
  if (info === undefined) return undefined;
  const path = relative(process.cwd(), info.isDirectory() ? resolve(target) : dirname(resolve(target)));
  return path === "" || path.startsWith("..") ? undefined : path.split(sep).join("/");
}

export interface WrittenReport {
  readonly page: string;
  readonly evidence: string;
}

/** Writes `report.json` and `index.html`, each whole or not at all. */
export async function writeReport(report: Report, output: string): Promise<WrittenReport> {
  const [{ renderHtml }, { renderJson }, { writeWhole }] = await Promise.all([
    import("../reporters/page/render.tsx"),
    import("../reporters/json.ts"),
    import("../system/files.ts"),
  ]);
  const folder = resolve(output);
  const page = join(folder, "index.html");
  const evidence = join(folder, "report.json");
  await writeWhole(evidence, renderJson(report));
  await writeWhole(page, renderHtml(report));
  return { page: display(page), evidence: display(evidence) };
}

function display(path: string): string {
  const inside = relative(process.cwd(), path);
  return inside.startsWith("..") ? path : inside;
}

async function show(
  result: CommandResult,
  written: WrittenReport,
  outputs: Outputs,
  folder: string | undefined,
): Promise<void> {
  if (outputs.screen !== "text") {
    await write(process.stdout, await renderAs(outputs.screen, result.report, folder));
    return;
  }
  const { renderTerminal } = await import("../reporters/terminal.ts");
  const text = renderTerminal(result.report, {
    // A moving display has left the steps on the screen already.
    stepsShown:
      process.stdout.isTTY === true &&
      process.stderr.isTTY === true &&
      !process.env.CI &&
      !process.env.NO_COLOR,
    ...terminalOptions(process.stdout),
    reportPaths: written,
  });
  await write(process.stdout, text);
}

/** Waits until a slow reader has taken everything: leaving early would cut a long document short. */
export function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      // Nobody reads any more: that is the reader's choice and no failure.
      if (error == null || systemErrorCode(error) === "EPIPE") resolve();
      else reject(error);
    });
  });
}

/** 1 for findings at or above the threshold, and for a check whose verdict is not at least clear with advice. */
export function exitCode(report: Report, failOn: Severity): number {
  const open = report.findings.filter((finding) => finding.waived === undefined);
  if (open.some((finding) => atLeast(finding.severity, failOn))) return 1;
  // A lint or an inspection alone can never show everything; only a check is held to it.
  return report.command === "check" && (report.verdict === "not-clear" || report.verdict === "incomplete")
    ? 1
    : 0;
}

/** Ctrl-C and friends end the work in an orderly way; a second one is let through. */
export function stopOnSignals(abort: AbortController): () => void {
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  const handlers = Object.entries(codes).map(([signal, code]) => {
    const handler = (): void => {
      if (!abort.signal.aborted) process.stderr.write("\nStopping, and clearing up ...\n");
      abort.abort(
        new PratiqueError("interrupted", `Stopped by ${signal} before the work was done.`, {
          exitCode: code,
          hint: "Nothing was left behind; start again when you like.",
        }),
      );
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => {
    for (const off of handlers) off();
  };
}
