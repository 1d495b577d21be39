import { readReport } from "../pipeline/read-report.ts";
import { renderJson } from "../reporters/json.ts";
import { terminalOptions } from "./failure.ts";

export interface ReportOptions {
  readonly format: "text" | "json" | "html";
  readonly notAssessed?: boolean;
}

/** Shows a report that was written before. */
export async function showReport(path: string, options: ReportOptions): Promise<number> {
  const report = await readReport(path);
  if (options.format === "json") {
    process.stdout.write(renderJson(report));
  } else if (options.format === "html") {
    const { renderHtml } = await import("../reporters/page/render.tsx");
    process.stdout.write(renderHtml(report));
  } else {
    const { renderNotAssessed, renderTerminal } = await import("../reporters/terminal.ts");
    const look = terminalOptions(process.stdout);
    process.stdout.write(
      options.notAssessed === true ? renderNotAssessed(report, look) : renderTerminal(report, look),
    );
  }
  return 0;
}
