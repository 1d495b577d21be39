import type { ProcessRef } from "../findings/finding.ts";
import type { Contact, Discovery } from "./contacts.ts";

/** What was seen of one run of the container. No verdicts; `coverage` says what could not be seen. */
export interface Recording {
  /** Runtime of the profile that was simulated. */
  readonly runtime: string;
  /** Name of the test case in the settings; null where they name none. */
  readonly case: string | null;
  readonly rootFileSystem: "writable" | "read-only";
  /** Wall time of the program, in seconds. */
  readonly seconds: number;
  readonly argv: readonly string[];
  readonly user: { readonly uid: number; readonly gid: number };
  readonly exit: RunExit;
  readonly attempts: readonly NetworkAttempt[];
  /** What was said to whom, as far as it was heard: see `discover`. */
  readonly contacts: readonly Contact[];
  /** The run in which names were answered, to hear what is asked for. */
  readonly discover: Discovery;
  /** Seconds during which at least one attempt was waiting: attempts side by side count once. */
  readonly secondsLost: number;
  readonly strayWrites: readonly RecordedWrite[];
  readonly failedWrites: readonly FailedWrite[];
  readonly processes: readonly {
    readonly command: string;
    readonly executable: string;
    readonly count: number;
  }[];
  /** Files and bytes below /safe_outputs when the program had ended. */
  readonly outputs: { readonly files: number; readonly bytes: number };
  readonly log: {
    /** Relative to the output folder. */
    readonly file: string;
    readonly bytes: number;
    /** Set when the program printed more than is kept. */
    readonly truncated: boolean;
    /** The last lines as they were printed: reporters make them safe to show. */
    readonly tail: readonly string[];
  };
  /** What did not fit the recorder's bounds, by kind. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly coverage: Coverage;
}

export const EXIT_CAUSES = [
  "exited",
  "signal",
  "time-limit",
  "memory",
  "not-found",
  "not-executable",
  "missing-interpreter",
  "wrong-architecture",
  "not-started",
  "unknown",
] as const;
export type ExitCause = (typeof EXIT_CAUSES)[number];

export interface RunExit {
  /** Exit code of the program; null when a signal ended it or it never started. */
  readonly code: number | null;
  /** `SIGKILL`, ... or null. */
  readonly signal: string | null;
  readonly cause: ExitCause;
  /** More about the cause, in words; may be empty. */
  readonly detail: string;
}

export interface NetworkAttempt {
  /** The name that was looked up; null for a connection to a bare address. */
  readonly host: string | null;
  readonly address: string | null;
  readonly port: number | null;
  readonly protocol: "dns" | "tcp" | "udp";
  readonly process: ProcessRef;
  readonly count: number;
  /** Seconds after the start of the run. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly secondsLost: number;
}

export interface RecordedWrite {
  readonly path: string;
  readonly operation: string;
  readonly process: ProcessRef;
  readonly count: number;
  /** Why it matters where it was written. */
  readonly reason: string;
}

export interface FailedWrite {
  readonly path: string;
  readonly operation: string;
  readonly process: ProcessRef;
  readonly count: number;
  /** `permission denied`, `read-only file system`, ... */
  readonly reason: string;
}

export interface Observed {
  readonly status: "observed" | "partial" | "not-observed";
  readonly reason: string;
}

export interface Coverage {
  readonly network: Observed;
  readonly names: Observed;
  readonly writes: Observed;
}

export const completed = (recording: Recording): boolean => recording.exit.code === 0;
