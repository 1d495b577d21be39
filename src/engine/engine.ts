import type { Readable } from "node:stream";

export type EngineName = "podman" | "docker";
export const ENGINE_NAMES: readonly EngineName[] = ["podman", "docker"];

export interface EngineInfo {
  readonly name: EngineName;
  readonly version: string;
  readonly rootless: boolean;
  /** OCI runtime that containers run with: `runc`, `crun`. */
  readonly runtime: string;
  /** Other OCI runtimes that are installed. */
  readonly otherRuntimes: readonly string[];
  readonly cgroupVersion: "v1" | "v2" | "unknown";
  /** Architecture of the machine that runs the containers, as Go names it. */
  readonly architecture: string;
  /** Where it says that it keeps images; on another machine for a remote engine. */
  readonly storage?: EngineStorage;
}

export interface EngineStorage {
  /** `overlay` (Podman), `overlay2` (Docker). */
  readonly driver: string;
  readonly root: string;
}

/** What the driver adds to every call so that containers start on this machine. */
export interface Adjustments {
  /** `--runtime` to use in place of the engine's default. */
  readonly runtime?: string;
  /** `--ulimit` values, where the engine's own are refused. */
  readonly ulimits?: readonly string[];
  /** In words, for the report. */
  readonly notes: readonly string[];
}

export interface BuildPlan {
  readonly context: string;
  readonly dockerfile: string;
  readonly tag: string;
  /** Where the engine writes the image's id: the tag may be moved by another build at any time. */
  readonly idFile: string;
  readonly platform: string;
  readonly network: string | undefined;
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ImageConfig {
  readonly id: string;
  readonly digest: string | undefined;
  readonly os: string;
  readonly architecture: string;
  readonly size: number;
  readonly layers: number;
  /** Digests of the layers' contents, from the base up. */
  readonly diffIds: readonly string[];
  readonly created: string | undefined;
  readonly user: string;
  readonly workingDirectory: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: readonly string[];
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface ContainerPlan {
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly user: string;
  /** The ids that must exist inside, where the engine has to be told; the same for containers that share a network. */
  readonly mappedUser: { readonly uid: number; readonly gid: number } | undefined;
  /** `none`, or `container:<name>`. */
  readonly network: string;
  /** Docker gives a container that joins another one's network that one's name. */
  readonly hostname?: string;
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly readOnlyRoot: boolean;
  readonly mounts: readonly Mount[];
  /** Folders that are writable and of the memory. */
  readonly temporary: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Where the driver may write the environment for the engine to read: everybody on the machine sees command lines. */
  readonly environmentFile: string | undefined;
  /** The image's own unless given. */
  readonly workingDirectory: string | undefined;
  /** Replaces ENTRYPOINT; its arguments come first in `command`. */
  readonly entrypoint: string | undefined;
  readonly command: readonly string[];
  readonly memory: string | undefined;
  readonly processes: number | undefined;
  /** At most as many as the machine has: Docker refuses more. */
  readonly processors: number | undefined;
  readonly sharedMemory: string | undefined;
}

export interface RunOptions {
  /** Folder the engine works in: Podman's monitor leaves a file named `oom` there when memory ran out (measured). */
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  readonly onLine?: (line: string) => void;
  readonly timeout?: number;
}

export interface ContainerState {
  /** False while it was only made: its exit code then says nothing. */
  readonly started: boolean;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** The engine's own words when the container could not be started. */
  readonly error: string;
}

export interface ContainerResult {
  /** Exit code of the engine's `run`; 125 to 127 are the engine's own. */
  readonly code: number | null;
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface Labelled {
  readonly id: string;
  readonly value: string;
}

/** What is needed to start a container and to end it. */
export interface ContainerRunner {
  readonly info: { readonly name: string; readonly version: string };
  runContainer(plan: ContainerPlan, options: RunOptions): Promise<ContainerResult>;
  containerState(name: string): Promise<ContainerState | undefined>;
  kill(name: string, signal?: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** A Docker or Podman command line, with the differences between the two taken away. */
export interface Engine extends ContainerRunner {
  readonly info: EngineInfo;
  readonly adjustments: Adjustments;
  /** The same engine with other adjustments. */
  with(adjustments: Adjustments): Engine;
  /** Resolves to the image's id. What the engine prints goes to `outputFile` and line by line to `onLine`. */
  build(plan: BuildPlan, options: RunOptions & { readonly outputFile: string }): Promise<string>;
  /** Fails with `image.not-found` when the engine has no such image. */
  inspectImage(reference: string): Promise<ImageConfig>;
  /** Digest by which a base was pulled, or undefined when the engine knows none. */
  repositoryDigest(reference: string): Promise<string | undefined>;
  /** Hands the image as a `docker save` archive to `read`, which has to read it to its end. */
  streamImage(
    reference: string,
    read: (archive: Readable) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<void>;
  importImage(tar: Uint8Array, tag: string, labels: Readonly<Record<string, string>>): Promise<void>;
  /** Writes an image to a file, in the form of `docker save`. */
  saveImage(reference: string, file: string, signal?: AbortSignal): Promise<void>;
  removeImage(reference: string): Promise<void>;
  /** Removes a folder in which containers left files of ids that are not ours; false where the engine has no way to. */
  removeFolder(path: string): Promise<boolean>;
  /** Containers that carry the label, with its value. */
  labelled(label: string): Promise<readonly Labelled[]>;
  /** Images that carry the label, with its value. */
  labelledImages(label: string): Promise<readonly Labelled[]>;
}

/** Every container of ours carries these; their values are the run's id and who started it. */
export const RUN_LABEL = "pratique.run";
export const OWNER_LABEL = "pratique.owner";
