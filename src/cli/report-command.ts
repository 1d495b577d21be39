import { readReport } from "../pipeline/read-report.ts";
import { terminalOptions } from "./failure.ts";
import { readOutputs, renderAs } from "./outputs.ts";
import { write, writeOutput } from "./work.ts";

export interface ReportOptions {
  readonly format: readonly string[];
  readonly notAssessed?: boolean;
}

/** Shows a report that was written before, and writes it in other formats. */
export async function showReport(path: string, options: ReportOptions): Promise<number> {
  const outputs = readOutputs(options.format);
  const report = await readReport(path);
  for (const file of outputs.files) await writeOutput(report, file);
  if (outputs.screen !== "text") {
    await write(process.stdout, await renderAs(outputs.screen, report, undefined));
    return 0;
  }
  // Who only wants files gets no more than them.
  if (outputs.files.length > 0 && options.format.every((word) => word !== "text")) return 0;
  const { renderNotAssessed, renderTerminal } = await import("../reporters/terminal.ts");
  const look = terminalOptions(process.stdout);
  await write(
    process.stdout,
    options.notAssessed === true ? renderNotAssessed(report, look) : renderTerminal(report, look),
  );
  return 0;
}
