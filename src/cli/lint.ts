import { PratiqueError } from "../errors.ts";
import type { FixedFile } from "../fix/result.ts";
import type { CommandOptions } from "../pipeline/command.ts";
import { lintCommand, lintText, mendText } from "../pipeline/lint.ts";
import { DEFAULT_OUTPUT } from "../system/output.ts";
import { reportFailure, terminalOptions } from "./failure.ts";
import { outputFolder } from "./output-folder.ts";
import { type Outputs, readOutputs, renderAs } from "./outputs.ts";
import { makeProgress } from "./progress.ts";
import { exitCode, type RunOptions, stopOnSignals, write, writeOutput, writeReport } from "./work.ts";

export interface LintRunOptions extends RunOptions {
  readonly select?: readonly string[];
  readonly ignore?: readonly string[];
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
  readonly shellcheck?: "auto" | "always" | "never";
  readonly fix?: boolean;
  readonly dryRun?: boolean;
}

/** `pratique lint`: shows what it found, mends what it may, and says how it went by the exit code. */
export async function runLint(targets: readonly string[], options: LintRunOptions): Promise<number> {
  const outputs = readOutputs(options.format, false);
  const abort = new AbortController();
  const unhook = stopOnSignals(abort);
  const output = options.output ?? DEFAULT_OUTPUT;
  const given: CommandOptions = {
    target: targets[0] ?? ".",
    config: options.config,
    profile: options.profile,
    file: options.file,
    output,
    select: options.select,
    ignore: options.ignore,
    signal: abort.signal,
    progress: makeProgress(false, false).sink,
  };
  const mends = options.fix === true || options.dryRun === true;
  try {
    const isInput = targets.includes("-");
    if (isInput && targets.length > 1) throw onlyInput();
    const content = isInput ? await readStandardInput() : undefined;
    if (content !== undefined && mends) return await mendInput(content, given, options.dryRun === true);
    const { shellcheck, baseline, updateBaseline } = options;
    const asked = { ...given, shellcheck, baseline, updateBaseline };
    const { report, failOn, failure, fixes } =
      content !== undefined
        ? { ...(await lintText(content, asked)), fixes: [] }
        : await lintCommand({
            ...asked,
            targets,
            fix: mends ? (options.dryRun === true ? "show" : "write") : undefined,
          });
    // A quick look at a Dockerfile must not replace the evidence of a whole check.
    if (options.output !== undefined) await writeReport(report, await outputFolder(output, "lint"));
    for (const file of outputs.files) await writeOutput(report, file);
    await show(report, fixes, outputs, options.dryRun === true);
    if (failure !== undefined) return await reportFailure(failure, []);
    return exitCode(report, options.failOn ?? failOn);
  } finally {
    unhook();
  }
}

async function show(
  report: Parameters<typeof exitCode>[0],
  fixes: readonly FixedFile[],
  outputs: Outputs,
  dryRun: boolean,
): Promise<void> {
  const asText = outputs.screen === "text";
  if (fixes.length > 0) {
    const { renderFixes } = await import("../reporters/fix.ts");
    // Beside a document for programs, words for people go where they do not spoil it.
    const stream = asText ? process.stdout : process.stderr;
    await write(stream, renderFixes(fixes, terminalOptions(stream), dryRun));
  }
  if (outputs.screen !== "text")
    return write(process.stdout, await renderAs(outputs.screen, report, undefined));
  const { findingPieces } = await import("../reporters/terminal.ts");
  let waiting = "";
  for (const piece of findingPieces(report, terminalOptions(process.stdout))) {
    waiting += piece;
    if (waiting.length < BATCH) continue;
    await write(process.stdout, waiting);
    waiting = "";
  }
  return write(process.stdout, waiting);
}

/** Characters that are written at once. */
const BATCH = 64 * 1024;

/** Like any filter: text in, text out; the diff in its place for a dry run. */
async function mendInput(content: Uint8Array, given: CommandOptions, dryRun: boolean): Promise<number> {
  const { text, result } = await mendText(content, given);
  if (!dryRun) {
    await write(process.stdout, text);
    return 0;
  }
  const { renderFixes } = await import("../reporters/fix.ts");
  await write(process.stdout, renderFixes([result], terminalOptions(process.stdout), true));
  return 0;
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

const onlyInput = (): PratiqueError =>
  new PratiqueError("usage.bad-argument", "“-” stands alone: standard input is linted by itself.", {
    hint: "Lint the files with a command of their own.",
  });
