/** The public API: the commands as functions, the report they make, and how to show it. */
export { type ErrorCode, PratiqueError } from "./errors.ts";
export type * from "./evidence/report.ts";
export type * from "./findings/finding.ts";
export type { ProgressSink } from "./pipeline/collector.ts";
export type { CommandOptions, CommandResult, ScanChoices } from "./pipeline/command.ts";
export {
  buildCommand as build,
  checkCommand as check,
  inspectCommand as inspect,
  scanCommand as scan,
  testCommand as test,
} from "./pipeline/container.ts";
export { type LintOptions, type LintResult, lintCommand as lint, lintText } from "./pipeline/lint.ts";
export { renderJson } from "./reporters/json.ts";
export { renderHtml } from "./reporters/page/render.tsx";
export { renderTerminal } from "./reporters/terminal.ts";
export type { Recording } from "./run/recording.ts";
