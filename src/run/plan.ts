import { join } from "node:path";
import { parseDuration } from "../config/duration.ts";
import { type ContainerPlan, type Mount, OWNER_LABEL, RUN_LABEL } from "../engine/engine.ts";
import type { ImageFacts } from "../image/facts.ts";
import { insideOf, type Profile, type Runtime, resultsDirectory } from "../profiles/profile.ts";
import type { Workspace } from "../system/workspace.ts";
import type { RunExtras } from "./extras.ts";
import { type Trial, trialName } from "./trial.ts";

/** Where our own files lie inside the container. */
export const INSIDE = "/.pratique";

/** All that is needed to start one run; `execute.ts` only carries it out. */
export interface RunPlan {
  readonly trial: Trial;
  readonly user: { readonly uid: number; readonly gid: number };
  /** Owns the network; undefined where the run goes without a black hole. */
  readonly holder: ContainerPlan | undefined;
  readonly job: ContainerPlan;
  readonly observed: boolean;
  /** Milliseconds. */
  readonly timeLimit: number;
  /** The program and its arguments, as the container starts them. */
  readonly argv: readonly string[];
  /** Files of /etc that the runtime writes, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly folders: RunFolders;
}

/** Folders of the machine that the container is given. */
export interface RunFolders {
  readonly data: string;
  readonly outputs: string;
  readonly scratch: string;
  readonly home: string;
  readonly record: string;
  /** Files of /etc as the runtime has them: resolv.conf, hosts, hostname, passwd. */
  readonly network: string;
  /** Only we can look into it. */
  readonly secret: string;
  /** What lies where results are kept before the run begins. */
  readonly before: { readonly files: number; readonly bytes: number };
}

export interface PlanInput {
  readonly profile: Profile;
  readonly trial: Trial;
  readonly image: ImageFacts;
  readonly workspace: Workspace;
  /** The recorder for the engine's machine; undefined where there is none. */
  readonly recorder: string | undefined;
  readonly folders: RunFolders;
}

/** Milliseconds that the recorder waits between SIGTERM and SIGKILL when the time is up. */
export const GRACE = 5000;

export function planRun(input: PlanInput): RunPlan {
  const { trial, image, workspace, recorder, folders } = input;
  const { runtime, extras } = trial;
  const { settings } = trial.case;
  const name = `pratique-${workspace.id}-${trialName(trial)}`;
  const labels = { [RUN_LABEL]: workspace.id, [OWNER_LABEL]: workspace.owner };
  const argv = startOf(image, extras, settings.args);
  const timeLimit = timeLimitOf(trial);
  const holderName = `${name}-net`;
  const recorderMount =
    recorder === undefined ? [] : [{ source: recorder, target: `${INSIDE}/recorder`, readOnly: true }];
  const user = { uid: runtime.user.value, gid: runtime.group.value };
  const hostname = (extras.hostname ?? name).slice(0, 63);
  const files = { ...networkFiles(runtime, hostname), ...accountFiles(runtime, image) };

  const common = {
    image: image.id,
    labels,
    readOnlyRoot: extras.readOnlyRoot || runtime.rootFileSystem.value === "read-only",
    mappedUser: user,
    // The hosts file has it, as in a pod: a program that looks itself up is to find itself.
    hostname,
  };
  const holder: ContainerPlan | undefined =
    recorder === undefined
      ? undefined
      : {
          ...common,
          name: holderName,
          user: "0:0",
          network: "none",
          capabilities: ["NET_ADMIN", "NET_BIND_SERVICE", "NET_RAW"],
          noNewPrivileges: true,
          mounts: recorderMount,
          temporary: [],
          environment: {},
          environmentFile: undefined,
          workingDirectory: undefined,
          entrypoint: `${INSIDE}/recorder`,
          command: ["hold", "--nameserver", runtime.nameserver.value],
          memory: undefined,
          processes: 64,
          processors: undefined,
          sharedMemory: undefined,
        };
  const job: ContainerPlan = {
    ...common,
    name,
    user: `${user.uid}:${user.gid}`,
    network: holder === undefined ? "none" : `container:${holderName}`,
    capabilities: runtime.capabilities.value,
    noNewPrivileges: runtime.noNewPrivileges.value,
    mounts: [
      ...recorderMount,
      ...(recorder === undefined
        ? []
        : [{ source: folders.record, target: `${INSIDE}/record`, readOnly: false }]),
      ...Object.keys(files).map((file) => ({
        source: join(folders.network, file),
        target: `/etc/${file}`,
        readOnly: true,
      })),
      ...directoryMounts(input),
      ...extras.mounts,
    ],
    temporary: [...new Set([...runtime.temporary.value, ...extras.temporary])].filter(
      (path) => !extras.mounts.some(({ target }) => target === path),
    ),
    environment: {
      ...runtime.environment.value,
      ...(runtime.imageHome.value && image.environment.has("HOME") ? {} : { HOME: runtime.home.value }),
      ...settings.env,
      ...extras.environment,
    },
    environmentFile: join(folders.secret, "environment"),
    workingDirectory:
      extras.workingDirectory ?? (runtime.workingDirectory.value === "home" ? runtime.home.value : undefined),
    entrypoint: recorder === undefined ? argv[0] : `${INSIDE}/recorder`,
    command: recorder === undefined ? argv.slice(1) : recorderArguments(input, argv, timeLimit),
    memory: extras.memory ?? settings.memory ?? runtime.memory.value,
    processes: extras.processes ?? runtime.processes.value,
    processors: extras.processors,
    sharedMemory: extras.sharedMemory ?? runtime.sharedMemory.value,
  };
  return { trial, user, holder, job, observed: recorder !== undefined, timeLimit, argv, files, folders };
}

/** ENTRYPOINT and its arguments; another ENTRYPOINT takes CMD away with it, as engines do. */
function startOf(image: ImageFacts, extras: RunExtras, args: readonly string[] | undefined): string[] {
  const given = extras.args ?? args;
  if (extras.entrypoint !== undefined) return [...extras.entrypoint, ...(given ?? [])];
  return [...image.entrypoint, ...(given ?? image.command)];
}

/** Longer than the place allows is of no use to a test. */
function timeLimitOf({ runtime, case: { settings } }: Trial): number {
  const wanted = settings.timeout ?? parseDuration(runtime.testTime.value) ?? 600_000;
  const allowed = parseDuration(runtime.timeLimit?.value ?? "") ?? Number.POSITIVE_INFINITY;
  return Math.min(wanted, allowed);
}

function directoryMounts({ profile, trial: { runtime }, folders }: PlanInput): Mount[] {
  return runtime.mounts.map(({ value: { directory, access } }) => ({
    source: folders[directory],
    target: insideOf(directory, profile, runtime),
    readOnly: access === "read-only",
  }));
}

function recorderArguments(input: PlanInput, argv: readonly string[], timeLimit: number): string[] {
  const { profile, trial } = input;
  const { runtime } = trial;
  const writable = [...directoryMounts(input), ...trial.extras.mounts]
    .filter(({ readOnly }) => !readOnly)
    .map(({ target }) => target);
  const results = resultsDirectory(runtime);
  const mounted = (name: string): boolean => runtime.mounts.some(({ value }) => value.directory === name);
  return [
    "run",
    "--record",
    `${INSIDE}/record`,
    "--time-limit",
    `${Math.ceil(timeLimit / 1000)}s`,
    "--grace",
    `${GRACE / 1000}s`,
    ...[...writable, "/dev/shm"].flatMap((path) => ["--allow", path]),
    "--nameserver",
    runtime.nameserver.value,
    ...runtime.searchDomains.value.flatMap((domain) => ["--search", domain]),
    ...(results === undefined ? [] : ["--outputs", insideOf(results, profile, runtime)]),
    ...(mounted("scratch") ? ["--scratch", insideOf("scratch", profile, runtime)] : []),
    ...(mounted("data") && trial.case.settings.lineage === true
      ? ["--reads", insideOf("data", profile, runtime)]
      : []),
    ...writable.flatMap((path) => ["--release", path]),
    "--",
    ...argv,
  ];
}

/** The files that the runtime would put into the container, so that look-ups behave as they do there. */
export function networkFiles(runtime: Runtime, name: string): Readonly<Record<string, string>> {
  const options = runtime.resolverOptions.value;
  return {
    "resolv.conf": [
      `search ${runtime.searchDomains.value.join(" ")}`,
      `nameserver ${runtime.nameserver.value}`,
      ...(options.length === 0 ? [] : [`options ${options.join(" ")}`]),
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

/**
 * passwd and group with the user in them, where the runtime adds it: the image's own with one line more. An image
 * without these files gets none, as with Podman and Apptainer.
 */
export function accountFiles(runtime: Runtime, image: ImageFacts): Readonly<Record<string, string>> {
  if (!runtime.passwdEntry.value) return {};
  const [uid, gid] = [runtime.user.value, runtime.group.value];
  const name = uid === 0 ? "root" : (runtime.environment.value.USER ?? "user");
  const { passwd, group } = image.accounts;
  return {
    ...withLine("passwd", passwd, uid, `${name}:x:${uid}:${gid}::${runtime.home.value}:/bin/sh`),
    ...withLine("group", group, gid, `${name}:x:${gid}:`),
  };
}

function withLine(
  file: string,
  text: string | undefined,
  id: number,
  line: string,
): Readonly<Record<string, string>> {
  if (text === undefined || text.split("\n").some((entry) => entry.split(":")[2] === String(id))) return {};
  return { [file]: `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n` };
}
