import { join, relative, resolve } from "node:path";
import type { EngineName } from "../engine/engine.ts";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import type { Report } from "../evidence/report.ts";
import { atLeast, type Severity } from "../findings/finding.ts";
import type { CommandOptions, CommandResult } from "../pipeline/command.ts";
import { renderJson } from "../reporters/json.ts";
import { DEFAULT_OUTPUT } from "../system/workspace.ts";
import { reportFailure, terminalOptions } from "./failure.ts";
import { makeProgress } from "./progress.ts";

export interface RunOptions {
  readonly config?: string;
  readonly profile?: string;
  readonly file?: string;
  readonly output?: string;
  readonly format: "text" | "json";
  readonly failOn: Severity;
  readonly engine?: EngineName;
  readonly foreseen?: boolean;
  readonly verbose?: boolean;
}

type CommandName = "check" | "lint" | "build" | "inspect" | "test" | "scan";

/** Runs one of the commands that make a report: shows it, writes it, and says how it went by the exit code. */
export async function runWork(name: CommandName, target: string, options: RunOptions): Promise<number> {
  const abort = new AbortController();
  const unhook = stopOnSignals(abort);
  const progress = makeProgress(name !== "lint", options.verbose === true || name === "build");
  const output = options.output ?? DEFAULT_OUTPUT;
  try {
    const result = await perform(name, {
      target,
      engine: options.engine,
      config: options.config,
      profile: options.profile,
      file: options.file,
      output,
      foreseen: options.foreseen,
      signal: abort.signal,
      progress: progress.sink,
    });
    progress.stop();
    // A quick look at a Dockerfile must not replace the evidence of a whole check.
    const written =
      name === "lint" && options.output === undefined ? undefined : await writeReport(result.report, output);
    await show(name, result, written, options);
    if (result.failure !== undefined) return reportFailure(result.failure, []);
    return exitCode(result.report, options.failOn);
  } finally {
    progress.stop();
    unhook();
  }
}

/** Loads what the command needs and no more: a lint must not wait for the engines' code. */
async function perform(name: CommandName, options: CommandOptions): Promise<CommandResult> {
  if (name === "lint" || name === "scan") {
    const { lintCommand, lintText, scanCommand } = await import("../pipeline/lint.ts");
    if (name === "scan") return scanCommand(options);
    return options.target === "-" ? lintText(await readStandardInput(), options) : lintCommand(options);
  }
  const commands = await import("../pipeline/container.ts");
  const work = {
    check: commands.checkCommand,
    build: commands.buildCommand,
    inspect: commands.inspectCommand,
    test: commands.testCommand,
  };
  return work[name](options);
}

/** Bytes of standard input that are read: far more than any Dockerfile has. */
const MAX_INPUT = 4 * 1024 * 1024;

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > MAX_INPUT) {
      throw new PratiqueError("project.too-large", "Standard input is too long for a Dockerfile.", {
        hint: "Give the name of the file in place of “-”.",
      });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

export interface WrittenReport {
  readonly page: string;
  readonly evidence: string;
}

/** Writes `report.json` and `index.html`, each whole or not at all. */
export async function writeReport(report: Report, output: string): Promise<WrittenReport> {
  const [{ renderHtml }, { writeWhole }] = await Promise.all([
    import("../reporters/page/render.tsx"),
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
  name: CommandName,
  result: CommandResult,
  written: WrittenReport | undefined,
  options: RunOptions,
) {
  if (options.format === "json") {
    await write(process.stdout, renderJson(result.report));
    return;
  }
  const { renderFindings, renderTerminal } = await import("../reporters/terminal.ts");
  const look = terminalOptions(process.stdout);
  const text =
    name === "lint"
      ? renderFindings(result.report, look)
      : renderTerminal(result.report, {
          // A moving display has left the steps on the screen already.
          stepsShown:
            process.stdout.isTTY === true &&
            process.stderr.isTTY === true &&
            !process.env.CI &&
            !process.env.NO_COLOR,
          ...look,
          ...(written === undefined ? {} : { reportPaths: written }),
        });
  await write(process.stdout, text);
}

/** Waits until a slow reader has taken everything: leaving early would cut a long document short. */
function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      // Nobody reads any more: that is the reader's choice and no failure.
      if (error == null || systemErrorCode(error) === "EPIPE") resolve();
      else reject(error);
    });
  });
}

/** 1 for findings at or above the threshold, and for a check whose verdict is not at least clear with advice. */
function exitCode(report: Report, failOn: Severity): number {
  const open = report.findings.filter((finding) => finding.waived === undefined);
  if (open.some((finding) => atLeast(finding.severity, failOn))) return 1;
  // A lint or an inspection alone can never show everything; only a check is held to it.
  return report.command === "check" && (report.verdict === "not-clear" || report.verdict === "incomplete")
    ? 1
    : 0;
}

/** Ctrl-C and friends end the work in an orderly way; a second one is let through. */
function stopOnSignals(abort: AbortController): () => void {
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
