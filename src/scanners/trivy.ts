import { messageOf } from "../errors.ts";
import { type ProcessResult, run } from "../system/process.ts";
import type { ScannedMisconfiguration } from "./scanned.ts";
import { readTrivyReport, readTrivyVersion, type TrivyReport } from "./trivy-report.ts";

/** What came of one call of Trivy. */
export type TrivyResult = Pick<ProcessResult, "code" | "stdout" | "stderr" | "timedOut">;

/** Starts Trivy with these arguments; rejects with `interrupted` when the signal fires. */
export type TrivyCall = (
  args: readonly string[],
  options: {
    readonly signal: AbortSignal;
    readonly timeout: number;
    readonly onLine?: (line: string) => void;
  },
) => Promise<TrivyResult>;

/** All paths are absolute. */
export interface TrivyOptions {
  readonly call: TrivyCall;
  /** Archive of the image, in the form of `docker save`. */
  readonly archive: string;
  /** A copy of the Dockerfile with a name that Trivy knows it by. */
  readonly dockerfile?: string | undefined;
  /** Trivy's cache, where it is not to be the user's own: one that holds a database, so that none is fetched. */
  readonly cache?: string | undefined;
  /** Address of a Trivy server, which then brings the database. */
  readonly server?: string | undefined;
  /** Ignore file of Trivy's. */
  readonly ignoreFile?: string | undefined;
  /** Documents that say what does not affect the image: OpenVEX, CycloneDX or CSAF. */
  readonly vex?: readonly string[] | undefined;
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
  /** Milliseconds; 15 minutes unless told. */
  readonly timeout?: number;
}

export type TrivyAnswer =
  | {
      readonly version: string;
      readonly databaseOf: string | undefined;
      readonly image: TrivyReport;
      /** What it says of the Dockerfile, or why it says nothing. */
      readonly dockerfile: readonly ScannedMisconfiguration[] | { readonly missing: string };
    }
  /** Why nothing is known, and what would cure it. */
  | { readonly missing: string };

const TIMEOUT = 15 * 60_000;
/** Bytes of an answer: some 50,000 vulnerabilities. */
export const KEEP = 256 * 1024 * 1024;

const PLAIN = ["--quiet", "--format=json", "--disable-telemetry", "--skip-version-check"];

/**
 * Asks Trivy for what it knows of an image and its Dockerfile. Rejects with `interrupted`; all else that goes wrong is
 * said in `missing`.
 */
export async function askTrivy(options: TrivyOptions): Promise<TrivyAnswer> {
  const { call, signal, timeout = TIMEOUT, onLine } = options;
  const cache = options.cache === undefined ? [] : ["--cache-dir", options.cache];
  try {
    const result = await call(
      [
        "image",
        ...PLAIN,
        "--scanners=vuln,secret,license",
        "--show-suppressed",
        "--timeout=15m",
        "--input",
        options.archive,
        ...cache,
        ...(options.cache === undefined ? [] : ["--skip-db-update", "--skip-java-db-update"]),
        ...(options.server === undefined ? [] : ["--server", options.server]),
        ...(options.ignoreFile === undefined ? [] : ["--ignorefile", options.ignoreFile]),
        ...(options.vex ?? []).flatMap((file) => ["--vex", file]),
      ],
      { signal, timeout, ...(onLine === undefined ? {} : { onLine }) },
    );
    if (result.timedOut) return { missing: "Trivy took too long, and was ended." };
    if (result.code !== 0) return { missing: whyFailed(result.stderr, options.server) };
    const image = readTrivyReport(result.stdout);
    if (image === undefined) return { missing: "Trivy gave an answer that cannot be read." };
    // After the scan, which may have fetched the database.
    const about = await call(["version", "--format=json", ...cache], { signal, timeout: 60_000 });
    const { version = "unknown", databaseOf } = readTrivyVersion(about.stdout) ?? {};
    return {
      version,
      // The database of a server is not the one that lies here.
      databaseOf: options.server === undefined ? databaseOf : undefined,
      image,
      dockerfile: await askAboutDockerfile(options, cache),
    };
  } catch (error) {
    if (signal.aborted) throw error;
    return { missing: `Trivy could not be run: ${messageOf(error)}` };
  }
}

/** The checks are those that Trivy brings along, so that the same Trivy always says the same. */
async function askAboutDockerfile(
  { call, dockerfile, signal }: TrivyOptions,
  cache: readonly string[],
): Promise<readonly ScannedMisconfiguration[] | { readonly missing: string }> {
  if (dockerfile === undefined) return { missing: "there is no Dockerfile, only an image" };
  const result = await call(["config", ...PLAIN, "--skip-check-update", ...cache, dockerfile], {
    signal,
    timeout: 120_000,
  });
  const report = result.code === 0 && !result.timedOut ? readTrivyReport(result.stdout) : undefined;
  return report?.misconfigurations ?? { missing: "Trivy failed on the Dockerfile" };
}

/**
 * Calls the program on the PATH. Trivy's settings come from us alone: it runs in a folder of its own, and variables that
 * would change what it does are taken out.
 */
export function trivyProgram(cwd: string, program = "trivy"): TrivyCall {
  return (args, { onLine, ...options }) =>
    run(program, args, {
      ...options,
      cwd,
      env: withoutSettings(),
      keep: KEEP,
      ...(onLine === undefined
        ? {}
        : { onLine: (line, stream) => (stream === "stderr" ? onLine(line) : undefined) }),
    });
}

function withoutSettings(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) => name.startsWith("TRIVY_") && !KEPT.has(name));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

/** Where the database comes from and lies, and how a server is spoken to: they change no finding. */
const KEPT: ReadonlySet<string> = new Set([
  "TRIVY_CACHE_DIR",
  "TRIVY_DB_REPOSITORY",
  "TRIVY_JAVA_DB_REPOSITORY",
  "TRIVY_USERNAME",
  "TRIVY_PASSWORD",
  "TRIVY_TOKEN",
  "TRIVY_TOKEN_HEADER",
]);

function whyFailed(stderr: string, server: string | undefined): string {
  if (/java/i.test(stderr) && /db|database/i.test(stderr))
    return "The image has Java archives, for which Trivy wants its other database. On a machine with network: trivy image --download-java-db-only; then name the cache that holds both, db and java-db, with --db.";
  if (/DB error|vulnerability DB|failed to download/i.test(stderr))
    return "Trivy has no database of vulnerabilities and could not fetch one. On a machine with network: trivy image --download-db-only; then name the folder db of its cache with --db.";
  if (server !== undefined)
    return "The Trivy server did not answer, or Trivy failed on this image. To see why: trivy image --server <address> <the image's name>.";
  return "Trivy failed on this image. To see why: trivy image <the image's name>.";
}
