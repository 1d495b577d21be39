/**
 * Every failure that a user can meet, as data: a stable code, what happened, what to do next, and which exit
 * code the command line ends with. Anything thrown that is not a `PratiqueError` is a defect of ours.
 */

/** 1: what was found stands in the way; 2: the user asked for something that cannot be; 3: the machine or another program failed. */
const EXIT_CODES = {
  "publish.not-clear": 1,
  "publish.tag-taken": 2,
  "usage.unknown-command": 2,
  "usage.bad-argument": 2,
  "project.not-found": 2,
  "project.no-dockerfile": 2,
  "project.unreadable": 2,
  "project.too-large": 2,
  "dockerfile.syntax": 2,
  "config.unreadable": 2,
  "config.invalid": 2,
  "data.too-large": 2,
  "data.unreadable": 2,
  "data-schema.invalid": 2,
  "data-schema.unreadable": 2,
  "profile.unknown": 2,
  "profile.invalid": 2,
  "runtime.unknown": 2,
  "run-file.unreadable": 2,
  "run-file.refused": 2,
  "manifest.unreadable": 2,
  "manifest.refused": 2,
  "rule.unknown": 2,
  "baseline.not-found": 2,
  "baseline.invalid": 2,
  "report.not-found": 2,
  "report.invalid": 2,
  "key.unreadable": 2,
  "key.unsuitable": 2,
  "attestation.invalid": 2,
  "identity.missing": 2,
  "identity.root-unreadable": 2,
  "identity.no-root": 3,
  "signing.failed": 3,
  "image.not-found": 2,
  "image.invalid": 2,
  "image.digest-mismatch": 2,
  "image.too-large": 2,
  "image.ambiguous": 2,
  "image.no-file": 2,
  "image.unreadable": 3,
  "registry.failed": 3,
  "engine.not-installed": 3,
  "engine.not-started": 3,
  "engine.not-permitted": 3,
  "engine.runtime-fails": 3,
  "engine.failed": 3,
  "engine.no-space": 3,
  "output.exists": 2,
  "output.not-writable": 3,
  "output.not-removable": 3,
  "recorder.changed": 3,
  "recorder.unreadable": 3,
  "tool.failed": 3,
  "internal.defect": 3,
  interrupted: 130,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

export interface ErrorDetails {
  /** What to do next, in the imperative, for a person who does not know the tool's insides. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Replaces the code's own exit code; only `interrupted` needs it (130 for SIGINT, 143 for SIGTERM). */
  readonly exitCode?: number;
}

export class PratiqueError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "PratiqueError";
    this.code = code;
    this.hint = details.hint;
    this.exitCode = details.exitCode ?? EXIT_CODES[code];
  }
}

/** The `code` of a Node system error ("ENOENT", ...), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return undefined;
}

/** What any thrown value says, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
