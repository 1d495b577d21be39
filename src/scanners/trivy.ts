import { resolve } from "node:path";
import { messageOf } from "../errors.ts";
import { run } from "../system/process.ts";
import { readTrivyReport, readTrivyVersion, type TrivyVulnerability } from "./trivy-report.ts";

export interface TrivyOptions {
  /** Archive of the image, in the form of `docker save`. */
  readonly archive: string;
  /** Empty folder for what Trivy writes; whoever made it takes it away. */
  readonly scratch: string;
  /** Cache of Trivy's that holds a database, so that none is fetched; Trivy's own, and what it fetches, unless given. */
  readonly cache?: string | undefined;
  /** Address of a Trivy server, which then brings the database. */
  readonly server?: string | undefined;
  /** Ignore file of Trivy's. */
  readonly ignoreFile?: string | undefined;
  /** Documents that say what does not affect the image: OpenVEX, CycloneDX or CSAF. */
  readonly vex?: readonly string[] | undefined;
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
  /** The program; `trivy` on the PATH unless told. */
  readonly program?: string;
  /** Milliseconds; 15 minutes unless told. */
  readonly timeout?: number;
}

export type TrivyAnswer =
  | {
      readonly version: string;
      readonly databaseOf: string | undefined;
      readonly vulnerabilities: readonly TrivyVulnerability[];
    }
  /** Why nothing is known, and what would cure it. */
  | { readonly missing: string };

const TIMEOUT = 15 * 60_000;
/** Bytes of an answer: some 50,000 vulnerabilities. */
const KEEP = 256 * 1024 * 1024;

/**
 * Asks Trivy for the vulnerabilities of an image. Trivy's settings come from here alone: it runs in a folder of its own,
 * and variables that would change what it does are taken out. Rejects with `interrupted`;
 * all else that goes wrong is said in `missing`.
 */
export async function askTrivy(options: TrivyOptions): Promise<TrivyAnswer> {
  const { program = "trivy", signal, scratch } = options;
  const cache = options.cache === undefined ? [] : ["--cache-dir", options.cache];
  const settings = { cwd: scratch, env: withoutSettings(), signal, timeout: options.timeout ?? TIMEOUT };
  try {
    const { onLine } = options;
    const result = await run(
      program,
      [
        "image",
        "--quiet",
        "--format=json",
        "--scanners=vuln",
        "--show-suppressed",
        "--disable-telemetry",
        "--skip-version-check",
        "--input",
        options.archive,
        ...cache,
        ...(options.cache === undefined ? [] : ["--skip-db-update", "--skip-java-db-update"]),
        ...(options.server === undefined ? [] : ["--server", options.server]),
        ...(options.ignoreFile === undefined ? [] : ["--ignorefile", options.ignoreFile]),
        ...(options.vex ?? []).flatMap((file) => ["--vex", resolve(file)]),
      ],
      {
        ...settings,
        keep: KEEP,
        ...(onLine === undefined
          ? {}
          : { onLine: (line, stream) => (stream === "stderr" ? onLine(line) : undefined) }),
      },
    );
    if (result.timedOut) return { missing: "Trivy took too long, and was ended." };
    if (result.code !== 0) return { missing: whyFailed(result.stderr) };
    const vulnerabilities = readTrivyReport(result.stdout);
    if (vulnerabilities === undefined) return { missing: "Trivy gave an answer that cannot be read." };
    // After the scan, which may have fetched the database.
    const about = await run(program, ["version", "--format=json", ...cache], {
      ...settings,
      timeout: 30_000,
    });
    const { version = "unknown", databaseOf } = readTrivyVersion(about.stdout) ?? {};
    // The database of a server is not the one that lies here.
    return {
      version,
      databaseOf: options.server === undefined ? databaseOf : undefined,
      vulnerabilities,
    };
  } catch (error) {
    if (signal.aborted) throw error;
    return { missing: `Trivy could not be run: ${messageOf(error)}` };
  }
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

function whyFailed(stderr: string): string {
  if (/DB error|vulnerability DB|failed to download/i.test(stderr))
    return "Trivy has no database of vulnerabilities and could not fetch one. On a machine with network: trivy image --download-db-only; then name the folder db of its cache with --db.";
  return "Trivy failed on this image. To see why: trivy image <the image's name>.";
}
