import type { ImageContents } from "./contents.ts";
import type { FitnessFacts } from "./fitness/fitness.ts";
import type { SpaceFacts } from "./layers/facts.ts";

/** What the image's configuration and file tree say. Reading only: no verdicts. */
export interface ImageFacts {
  /** The name the engine knows it by. */
  readonly reference: string;
  /** Digest of the image's configuration (`sha256:…`): the same image always has the same one. */
  readonly id: string;
  /** Digest of the manifest, where the engine knows one. */
  readonly digest: string | undefined;
  readonly platform: { readonly os: string; readonly architecture: string };
  /** Bytes, as the engine counts them. */
  readonly size: number;
  readonly layers: number;
  readonly created: string | undefined;
  /** `USER`, empty when none is set. */
  readonly user: string;
  readonly workingDirectory: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  /** How the program that starts the job was found. */
  readonly program: ProgramFacts;
  /** For each folder of the profile: is it there, and what lies in it. */
  readonly directories: ReadonlyMap<string, DirectoryFacts>;
  /** /etc/passwd and /etc/group, where the image has them as ordinary files of ordinary length. */
  readonly accounts: { readonly passwd: string | undefined; readonly group: string | undefined };
  /** Whether its files suit the job's user and machine; undefined when they could not be read. */
  readonly fitness: FitnessFacts | undefined;
  /** Undefined when the file tree could not be read; then `treeProblem` says why. */
  readonly tree: { readonly files: number; readonly bytes: number } | undefined;
  readonly treeProblem: string | undefined;
  /** Data, secrets, models and what a GPU needs; undefined where the files were not read. */
  readonly contents?: ImageContents | undefined;
  /** What takes the room; undefined where the file tree is. */
  readonly space: SpaceFacts | undefined;
}

export interface ProgramFacts {
  /** First word of ENTRYPOINT and CMD; empty when the image has neither. */
  readonly name: string;
  readonly status: "found" | "missing" | "not-executable" | "unreachable" | "none" | "unknown";
  /** Absolute path after PATH and links were followed. */
  readonly path: string | undefined;
  /** For scripts: the interpreter of the first line, and whether it is there. */
  readonly interpreter: { readonly path: string; readonly found: boolean } | undefined;
  readonly mode: number | undefined;
  readonly owner: number | undefined;
}

export interface DirectoryFacts {
  readonly exists: boolean;
  readonly isDirectory: boolean;
  /** Files and folders below it, the first few named. */
  readonly entries: number;
  readonly sample: readonly string[];
}
