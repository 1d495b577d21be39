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
  /** Programs that were started, by command line. Every process counts in one of these, or in `dropped`. */
  readonly processes: readonly StartedProgram[];
  /** Single processes in the order in which they started: the first ones; all others are in `processes` alone. */
  readonly processTree: readonly ProcessRecord[];
  /** Files of the data that were opened; null unless the settings ask for it (`test.lineage`). */
  readonly reads: readonly DataRead[] | null;
  readonly outputs: Outputs;
  readonly input: InputUse;
  /** Ports that were opened for others to connect to. */
  readonly listens: readonly Listen[];
  /** Programs that would have run with another user's or group's rights. */
  readonly setUserId: readonly SetUserIdUse[];
  readonly usage: Usage;
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
  /** Size of the file when it was last seen: at the end of the run or when it was deleted. Null when it was not seen. */
  readonly bytes: number | null;
  /** Whether what was written is still there after the job. */
  readonly survives: boolean;
  /** Why it matters where it was written. */
  readonly reason: string;
}

export interface FailedWrite {
  readonly path: string;
  readonly operation: string;
  readonly process: ProcessRef;
  readonly count: number;
  /** `permission denied`, `read-only file system`, `no space left on device`, ... */
  readonly reason: string;
}

export interface StartedProgram {
  readonly command: string;
  readonly executable: string;
  readonly count: number;
  /** Of all its processes that have ended or were sampled. */
  readonly cpuSeconds: number;
  /** Bytes of the largest of its processes; null when none was measured. */
  readonly peakMemory: number | null;
  /** How many of its processes ended with another exit code than 0 or by a signal. */
  readonly failures: number;
}

export interface ProcessRecord {
  readonly pid: number;
  /** Process that started it; 0 for the job's own program. An orphan keeps the parent that it was first seen with. */
  readonly parent: number;
  readonly command: string;
  readonly executable: string;
  /** Seconds after the start of the run. */
  readonly startedAt: number;
  /** Null when it was still running when the recording ended. */
  readonly endedAt: number | null;
  /** Null when a signal ended it, or when its end was not seen. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** User and system time; null when it was never measured. */
  readonly cpuSeconds: number | null;
  /** Most memory it had resident, in bytes, shared parts included; null when it was never measured. */
  readonly peakMemory: number | null;
  /** Most threads that were seen at a time. */
  readonly threads: number;
  /**
   * When time and memory were read: as it ended (`exit`), by whoever waited for it, with the processes that it had waited
   * for (`wait`), or now and then while it ran (`sampled`: what came after the last look is missing).
   */
  readonly measured: "exit" | "wait" | "sampled";
}

export interface DataRead {
  /** Absolute path in the container. */
  readonly path: string;
  readonly process: ProcessRef;
  readonly count: number;
  /** Size and digest of the file after the run; null when it could not be read. */
  readonly bytes: number | null;
  readonly sha256: string | null;
}

export interface Outputs {
  /** Regular files below /safe_outputs when the program had ended, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** The first of them by name, with digests taken after the run; the number of others is in `dropped`. */
  readonly list: readonly OutputFile[];
}

export interface OutputFile {
  /** Relative to the folder, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
  /** Null when it could not be read, or when too much was written to read all of it. */
  readonly sha256: string | null;
}

export interface InputUse {
  /** Whether anything was read, or tried to be, from standard input, which is empty; null when that was not observed. */
  readonly stdinRead: boolean | null;
  /** Who did, as far as it is known. */
  readonly stdinReaders: readonly ProcessRef[];
  /** Opens of /dev/tty; shells do it when they start. */
  readonly terminalOpens: number;
}

export interface Listen {
  /** Where others could connect: `0.0.0.0`, `::`, an address of the machine; never an address for itself alone. */
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  readonly process: ProcessRef;
  readonly count: number;
}

export interface SetUserIdUse {
  readonly path: string;
  readonly kind: "user" | "group";
  readonly process: ProcessRef;
  readonly count: number;
}

/** What the run used, as sampled while it went on; null where it could not be measured. */
export interface Usage {
  /** What was in force during the run. */
  readonly limits: {
    readonly memory: number | null;
    readonly processes: number | null;
    readonly sharedMemory: number | null;
    readonly scratch: number | null;
    readonly openFiles: number | null;
  };
  readonly peaks: {
    /** Bytes that all processes had together, and the largest process alone. */
    readonly memory: number | null;
    readonly largestProcess: number | null;
    /** Processors in use, in the busiest interval. */
    readonly processors: number | null;
    readonly scratch: number | null;
    readonly outputs: number | null;
    readonly sharedMemory: number | null;
    readonly openFiles: number | null;
    readonly processes: number | null;
    readonly threads: number | null;
  };
  /** User and system time of all processes. */
  readonly cpuSeconds: number | null;
  /** Folders whose file system was seen without free space, and when first. */
  readonly full: readonly { readonly path: string; readonly at: number }[];
  readonly samples: UsageSamples;
  /** How a peak was measured, in words, by its name. */
  readonly methods: Readonly<Record<string, string>>;
}

/** Columns of equal length: one entry for each moment that was looked at. A long run is looked at less often. */
export interface UsageSamples {
  /** Seconds after the start of the run. */
  readonly at: readonly number[];
  readonly memory: readonly (number | null)[];
  /** Processors in use since the moment before. */
  readonly processors: readonly (number | null)[];
  readonly scratch: readonly (number | null)[];
  readonly outputs: readonly (number | null)[];
  readonly sharedMemory: readonly (number | null)[];
  readonly openFiles: readonly (number | null)[];
  readonly processes: readonly (number | null)[];
}

export const NO_USAGE: Usage = {
  limits: { memory: null, processes: null, sharedMemory: null, scratch: null, openFiles: null },
  peaks: {
    memory: null,
    largestProcess: null,
    processors: null,
    scratch: null,
    outputs: null,
    sharedMemory: null,
    openFiles: null,
    processes: null,
    threads: null,
  },
  cpuSeconds: null,
  full: [],
  samples: {
    at: [],
    memory: [],
    processors: [],
    scratch: [],
    outputs: [],
    sharedMemory: [],
    openFiles: [],
    processes: [],
  },
  methods: {},
};

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
