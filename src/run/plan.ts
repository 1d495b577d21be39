import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { parseDuration } from "../config/duration.ts";
import { type ContainerPlan, OWNER_LABEL, RUN_LABEL } from "../engine/engine.ts";
import type { ImageFacts } from "../image/facts.ts";
import type { Profile, Runtime } from "../profiles/profile.ts";
import type { Workspace } from "../system/workspace.ts";

/** Where our own files lie inside the container. */
export const INSIDE = "/.pratique";

/** All that is needed to start one run; `execute.ts` only carries it out. */
export interface RunPlan {
  readonly runtimeId: string;
  readonly runtime: Runtime;
  /** Owns the network; undefined where the run goes without a black hole. */
  readonly holder: ContainerPlan | undefined;
  readonly job: ContainerPlan;
  readonly observed: boolean;
  /** Milliseconds. */
  readonly timeLimit: number;
  /** The program and its arguments, as the container starts them. */
  readonly argv: readonly string[];
  readonly folders: RunFolders;
}

export interface RunFolders {
  readonly data: string;
  readonly outputs: string;
  readonly scratch: string;
  readonly record: string;
  /** resolv.conf, hosts and hostname as the runtime has them. */
  readonly network: string;
}

export interface PlanInput {
  readonly profile: Profile;
  readonly runtimeId: string;
  readonly runtime: Runtime;
  readonly image: ImageFacts;
  readonly config: Config;
  readonly workspace: Workspace;
  /** The recorder for the engine's machine; undefined where there is none. */
  readonly recorder: string | undefined;
  readonly readOnlyRoot: boolean;
  readonly folders: RunFolders;
}

/** Milliseconds that the recorder waits between SIGTERM and SIGKILL when the time is up. */
export const GRACE = 5000;

export function planRun(input: PlanInput): RunPlan {
  const { profile, runtime, image, config, workspace, recorder, folders } = input;
  const { data, outputs, scratch } = profile.directories;
  const suffix = input.readOnlyRoot ? "-foreseen" : "";
  const labels = { [RUN_LABEL]: workspace.id, [OWNER_LABEL]: workspace.owner };
  const argv = [...image.entrypoint, ...(config.test.args ?? image.command)];
  const timeLimit = config.test.timeout ?? parseDuration(runtime.timeLimit.value) ?? 600_000;
  const holderName = `pratique-${workspace.id}-net${suffix}`;
  const recorderMount =
    recorder === undefined ? [] : [{ source: recorder, target: `${INSIDE}/recorder`, readOnly: true }];
  const networkFiles = ["resolv.conf", "hosts", "hostname"].map((name) => ({
    source: join(folders.network, name),
    target: `/etc/${name}`,
    readOnly: true,
  }));

  const mappedUser = { uid: runtime.user.value, gid: runtime.group.value };
  const common = { image: image.id, labels, readOnlyRoot: input.readOnlyRoot, mappedUser };
  const holder: ContainerPlan | undefined =
    recorder === undefined
      ? undefined
      : {
          ...common,
          name: holderName,
          user: "0:0",
          network: "none",
          capabilities: ["NET_ADMIN", "NET_BIND_SERVICE"],
          noNewPrivileges: true,
          mounts: recorderMount,
          environment: {},
          entrypoint: `${INSIDE}/recorder`,
          command: ["hold", "--nameserver", runtime.nameserver.value],
          memory: undefined,
          processes: 64,
          sharedMemory: undefined,
        };
  const job: ContainerPlan = {
    ...common,
    name: `pratique-${workspace.id}-job${suffix}`,
    user: `${runtime.user.value}:${runtime.group.value}`,
    network: holder === undefined ? "none" : `container:${holderName}`,
    capabilities: [],
    noNewPrivileges: runtime.noNewPrivileges.value,
    mounts: [
      ...recorderMount,
      ...(recorder === undefined
        ? []
        : [{ source: folders.record, target: `${INSIDE}/record`, readOnly: false }]),
      ...networkFiles,
      { source: folders.data, target: data.value, readOnly: runtime.dataMount.value === "read-only" },
      { source: folders.outputs, target: outputs.value, readOnly: false },
      { source: folders.scratch, target: scratch.value, readOnly: false },
    ],
    // Without a passwd entry HOME is the profile's, unless the image sets it.
    environment: {
      ...(image.environment.has("HOME") ? {} : { HOME: runtime.home.value }),
      ...config.test.env,
    },
    entrypoint: recorder === undefined ? argv[0] : `${INSIDE}/recorder`,
    command: recorder === undefined ? argv.slice(1) : recorderArguments(input, argv, timeLimit),
    memory: config.test.memory ?? runtime.memory.value,
    processes: runtime.processes.value,
    sharedMemory: runtime.sharedMemory.value,
  };
  return {
    runtimeId: input.runtimeId,
    runtime,
    holder,
    job,
    observed: recorder !== undefined,
    timeLimit,
    argv,
    folders,
  };
}

function recorderArguments(input: PlanInput, argv: readonly string[], timeLimit: number): string[] {
  const { profile, runtime } = input;
  const { outputs, scratch } = profile.directories;
  return [
    "run",
    "--record",
    `${INSIDE}/record`,
    "--time-limit",
    `${Math.ceil(timeLimit / 1000)}s`,
    "--grace",
    `${GRACE / 1000}s`,
    ...[outputs.value, scratch.value, "/dev/shm"].flatMap((path) => ["--allow", path]),
    "--nameserver",
    runtime.nameserver.value,
    ...runtime.searchDomains.value.flatMap((domain) => ["--search", domain]),
    "--outputs",
    outputs.value,
    ...[outputs.value, scratch.value].flatMap((path) => ["--release", path]),
    "--",
    ...argv,
  ];
}

/** The files that Kubernetes would put into the pod, so that look-ups behave as they do there. */
export function networkFiles(runtime: Runtime, name: string): Readonly<Record<string, string>> {
  return {
    "resolv.conf": [
      `search ${runtime.searchDomains.value.join(" ")}`,
      `nameserver ${runtime.nameserver.value}`,
      `options ${runtime.resolverOptions.value.join(" ")}`,
      "",
    ].join("\n"),
    hosts: [
      "127.0.0.1\tlocalhost",
      "::1\tlocalhost ip6-localhost ip6-loopback",
      `127.0.0.1\t${name}`,
      "",
    ].join("\n"),
    hostname: `${name}\n`,
  };
}
