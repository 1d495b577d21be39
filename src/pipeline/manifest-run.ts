import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import type { TestCase } from "../config/config.ts";
import { parseDuration } from "../config/duration.ts";
import { PratiqueError } from "../errors.ts";
import { expandReferences } from "../job/expand.ts";
import type { JobFacts } from "../job/facts.ts";
import { parseQuantity } from "../job/quantity.ts";
import { readManifest } from "../job/read.ts";
import { type NamedRuntime, type Profile, type Runtime, safeDirectories } from "../profiles/profile.ts";
import {
  type Container,
  containersOf,
  isPart,
  isPlaceholder,
  listIn,
  mountsOf,
  type Pod,
  partAt,
  podsOf,
  shown,
  textOf,
} from "../rules/jobs.ts";
import { NO_EXTRAS, type RunExtras } from "../run/extras.ts";
import { INSIDE } from "../run/plan.ts";
import { readSmallFile } from "./project.ts";

/** What a manifest makes of a test: the container is started as the cluster would start it. */
export interface ManifestRun {
  /** The runtime with the manifest's user, mounts and limits in place of the profile's. */
  runtimeFor(runtime: NamedRuntime): NamedRuntime;
  /** The case with what the manifest does not say: data, and what is expected. */
  caseFor(one: TestCase, runtime: NamedRuntime): TestCase;
  readonly extras: RunExtras;
  /** Where a new, empty folder is mounted that everybody may write to. */
  readonly emptyFolders: readonly string[];
  /** The name that the job has in the test; its results may lie in a folder of this name. */
  readonly jobName: string;
  /** What was used, and what of the manifest a test does not show. */
  readonly notes: readonly string[];
}

/** The characters that the cluster would draw: always the same, so that two tests are the same. */
const JOB_END = "abcde";
const POD_END = "fghij";

/** Reads the one job of a manifest. Fails with `manifest.unreadable` or `manifest.refused`. */
export function readManifestRun(path: string, profile: Profile): ManifestRun {
  const content = readSmallFile(path);
  if (content === undefined)
    throw new PratiqueError("manifest.unreadable", `There is no job manifest ${path}.`, {
      hint: "Correct the name after --manifest; “pratique job” writes one.",
    });
  const facts = readManifest(content.toString("utf8"), basename(path));
  return new Reader(facts, createHash("sha256").update(content).digest("hex"), profile).read();
}

class Reader {
  readonly #facts: JobFacts;
  readonly #sha256: string;
  readonly #profile: Profile;
  readonly #notes: string[] = [];

  constructor(facts: JobFacts, sha256: string, profile: Profile) {
    this.#facts = facts;
    this.#sha256 = sha256;
    this.#profile = profile;
  }

  read(): ManifestRun {
    const pod = this.#pod();
    const container = this.#container(pod);
    const jobName = jobNameOf(pod);
    const podName = `${jobName}-${POD_END}`.slice(0, 63);
    const gpus = parseQuantity(this.#limit(container, this.#profile.jobs?.gpuResource.value ?? ""));
    if (gpus !== undefined && gpus > 0) this.#note("the GPUs it asks for were not there");
    const environment = this.#environment(pod, container, { jobName, podName });
    const variables = new Map(Object.entries(environment));
    const command = this.#words(container, "command", variables);
    const args = this.#words(container, "args", variables);
    const mounts = this.#mounts(pod, container);
    const cpu = this.#amount(container, "cpu");
    const extras: RunExtras = {
      ...NO_EXTRAS,
      environment: { ...environment, HOSTNAME: podName },
      entrypoint: command,
      args: args ?? (command === undefined ? undefined : []),
      memory: bytesText(this.#amount(container, "memory")),
      // More than there is makes no difference, and engines refuse it.
      processors: cpu !== undefined && cpu > 0 && cpu < availableParallelism() ? cpu : undefined,
      sharedMemory: mounts.sharedMemory,
      workingDirectory: this.#workingDirectory(container),
      readOnlyRoot: partAt(container.spec, "securityContext", "readOnlyRootFilesystem") === true,
      hostname: podName,
    };
    const deadline = partAt(pod.spec, "activeDeadlineSeconds") ?? this.#ofJob(pod, "activeDeadlineSeconds");
    const user = this.#user(pod, container);
    return {
      runtimeFor: (runtime) => ({
        ...runtime,
        ...(user.uid === undefined ? {} : { user: { value: user.uid, source: MANIFEST } }),
        ...(user.gid === undefined ? {} : { group: { value: user.gid, source: MANIFEST } }),
        mounts: mounts.directories(runtime),
      }),
      caseFor: (one, runtime) => caseOf(one, runtime, deadline),
      extras,
      emptyFolders: mounts.emptyFolders,
      jobName,
      notes: this.#notes,
    };
  }

  #note(what: string): void {
    this.#notes.push(`${this.#facts.file}: ${what}.`);
  }

  #refuse(what: string, hint: string, line?: number): PratiqueError {
    const where = line === undefined ? this.#facts.file : `${this.#facts.file}:${line}`;
    return new PratiqueError("manifest.refused", `${where}: ${what}`, { hint });
  }

  #pod(): Pod {
    const [problem] = this.#facts.problems;
    if (problem !== undefined)
      throw this.#refuse(
        `It cannot be read: ${problem.message}.`,
        "“pratique lint” says more about it.",
        problem.range.start.line,
      );
    const pods = this.#facts.documents.flatMap(podsOf);
    const [pod, second] = pods;
    if (pod === undefined)
      throw this.#refuse("It describes no job with containers.", "Name the manifest of the job.");
    if (second !== undefined)
      throw this.#refuse(
        `It describes ${pods.length} jobs, and a test runs one.`,
        "Give each job a file of its own.",
        second.document.rangeOf(["kind"]).start.line,
      );
    return pod;
  }

  #container(pod: Pod): Container {
    const all = containersOf(pod);
    const [first, second] = all.filter(({ isInit }) => !isInit);
    if (first === undefined)
      throw this.#refuse("The job has no containers.", "“pratique lint” says more about it.");
    if (second !== undefined)
      throw this.#refuse(
        "The job has several containers, and a test runs one.",
        "Test a manifest with the container that does the work.",
        pod.document.rangeOf([...second.path, "name"]).start.line,
      );
    this.#notes.push(
      `The job was started as container “${shown(first.spec.name)}” of ${this.#facts.file} says (sha256:${this.#sha256}). Its image there is ${shown(first.spec.image)}; that it is the one tested here, only you can tell.`,
    );
    for (const one of all.filter(({ isInit }) => isInit)) this.#note(`the ${one.title} was not run`);
    if (first.spec.lifecycle !== undefined) this.#note("what “lifecycle” starts was not run");
    return first;
  }

  #words(
    container: Container,
    field: "command" | "args",
    variables: ReadonlyMap<string, string>,
  ): readonly string[] | undefined {
    const value = container.spec[field];
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value))
      throw this.#refuse(
        `“${field}” of the ${container.title} is no list.`,
        `Write it so: ${field}: ["python", "fit.py"]`,
      );
    return listIn(value).map((word) => expandReferences(textOf(word) ?? "", variables));
  }

  #user(pod: Pod, container: Container): { uid: number | undefined; gid: number | undefined } {
    const setting = (field: string): number | undefined => {
      const value =
        partAt(container.spec, "securityContext", field) ?? partAt(pod.spec, "securityContext", field);
      if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32 - 1)
        return value;
      if (value !== undefined)
        this.#note(`${field} is “${shown(value)}”, which is no number: the profile's was used`);
      return undefined;
    };
    const uid = setting("runAsUser");
    const gid = setting("runAsGroup");
    if (uid === undefined && partAt(pod.spec, "securityContext", "runAsUser") === undefined)
      this.#note("it names no user, so that the profile's was used");
    return { uid, gid };
  }

  #limit(container: Container, name: string): unknown {
    return (
      partAt(container.spec, "resources", "limits", name) ??
      partAt(container.spec, "resources", "requests", name)
    );
  }

  #amount(container: Container, name: "cpu" | "memory"): number | undefined {
    const value = partAt(container.spec, "resources", "limits", name);
    const amount = parseQuantity(value);
    if (amount === undefined || amount <= 0)
      this.#note(
        value === undefined
          ? `it sets no limit of ${name}, and the cluster refuses such a job`
          : `“${shown(value)}” is no limit of ${name}, and was not in force`,
      );
    return amount !== undefined && amount > 0 ? amount : undefined;
  }

  #ofJob({ document, jobPath }: Pod, field: string): unknown {
    return jobPath === undefined ? undefined : partAt(document.value, ...jobPath, field);
  }

  #workingDirectory(container: Container): string | undefined {
    const folder = textOf(container.spec.workingDir);
    if (folder === undefined) return undefined;
    if (folder.startsWith("/")) return folder;
    this.#note("“workingDir” is no whole path, and was not used");
    return undefined;
  }

  /** In the order of the list, so that a variable may use those before it. */
  #environment(pod: Pod, container: Container, names: PodNames): Record<string, string> {
    const variables = new Map<string, string>();
    const known = (): ReadonlyMap<string, string> => variables;
    for (const source of listIn(container.spec.envFrom)) {
      const data = this.#configMap(textOf(partAt(source, "configMapRef", "name")));
      if (data === undefined) this.#note("variables that “envFrom” takes from elsewhere were not set");
      for (const [name, value] of Object.entries(data ?? {}))
        variables.set(`${textOf(partAt(source, "prefix")) ?? ""}${name}`, textOf(value) ?? "");
    }
    for (const entry of listIn(container.spec.env)) {
      const name = textOf(partAt(entry, "name"));
      if (name === undefined || !/^[^\s=*\0]+$/.test(name)) continue;
      const from = partAt(entry, "valueFrom");
      const value = isPart(from)
        ? this.#valueFrom(from, pod, container, names)
        : expandReferences(scalarText(partAt(entry, "value")), known());
      if (value === undefined)
        this.#note(`${shown(name)} comes from elsewhere on the cluster, and was not set`);
      else variables.set(name, value.replaceAll("\0", ""));
    }
    return Object.fromEntries(variables);
  }

  #valueFrom(from: unknown, pod: Pod, container: Container, names: PodNames): string | undefined {
    const field = textOf(partAt(from, "fieldRef", "fieldPath"));
    if (field !== undefined) return this.#field(field, pod, names);
    const resource = textOf(partAt(from, "resourceFieldRef", "resource"));
    const [kind = "", name = ""] = resource?.split(".") ?? [];
    if (resource !== undefined) {
      const amount = parseQuantity(partAt(container.spec, "resources", kind, name));
      return amount === undefined ? undefined : String(Math.ceil(amount));
    }
    const key = textOf(partAt(from, "configMapKeyRef", "key")) ?? "";
    return textOf(partAt(this.#configMap(textOf(partAt(from, "configMapKeyRef", "name"))), key));
  }

  #field(path: string, { document, path: podPath }: Pod, { jobName, podName }: PodNames): string | undefined {
    const label = /^metadata\.(labels|annotations)\['([^']{1,300})'\]$/.exec(path);
    if (label !== null) {
      const [, kind = "", name = ""] = label;
      if (/^(?:batch\.kubernetes\.io\/)?job-name$/.test(name)) return jobName;
      return textOf(partAt(document.value, ...podPath.slice(0, -1), "metadata", kind, name)) ?? "";
    }
    return FIELDS[path]?.(podName, textOf(partAt(document.value, "metadata", "namespace")) ?? "default");
  }

  /** The data of a ConfigMap in the same file. */
  #configMap(name: string | undefined): Readonly<Record<string, unknown>> | undefined {
    const found = this.#facts.documents.find(
      ({ kind, value }) =>
        kind === "ConfigMap" && name !== undefined && partAt(value, "metadata", "name") === name,
    );
    const data = partAt(found?.value, "data");
    return isPart(data) ? data : undefined;
  }

  #mounts(pod: Pod, container: Container) {
    const own = safeDirectories(this.#profile);
    const emptyFolders: string[] = [];
    let sharedMemory: string | undefined;
    const readOnly = new Map<string, boolean>();
    for (const { target, volume, spec, container: owner } of mountsOf(pod)) {
      if (owner.spec !== container.spec) continue;
      const memory = partAt(volume, "emptyDir", "medium") === "Memory";
      const size = parseQuantity(partAt(volume, "emptyDir", "sizeLimit"));
      if (own.includes(target)) readOnly.set(target, spec.readOnly === true);
      else if (target === "/dev/shm" && memory)
        sharedMemory = bytesText(size ?? parseQuantity(this.#limit(container, "memory")));
      else if (volume?.emptyDir !== undefined && isMountable(target) && !emptyFolders.includes(target))
        emptyFolders.push(target);
      else this.#note(`what it mounts at ${shown(target)} was not there`);
    }
    const { directories } = this.#profile;
    return {
      emptyFolders,
      sharedMemory,
      directories: (runtime: Runtime): Runtime["mounts"] =>
        runtime.mounts.flatMap((mount) => {
          const { directory } = mount.value;
          const closed = directory === "home" ? undefined : readOnly.get(directories[directory].value);
          if (closed === undefined) return [];
          return [
            { value: { ...mount.value, access: closed ? "read-only" : "read-write" }, source: MANIFEST },
          ];
        }),
    };
  }
}

const MANIFEST = "manifest";

interface PodNames {
  readonly jobName: string;
  readonly podName: string;
}

/** What the downward API tells a pod of itself; addresses are such as clusters give. */
const FIELDS: Readonly<Record<string, (pod: string, namespace: string) => string>> = {
  "metadata.name": (pod) => pod,
  "metadata.namespace": (_pod, namespace) => namespace,
  "metadata.uid": () => "00000000-0000-4000-8000-000000000000",
  "spec.nodeName": () => "node",
  "spec.serviceAccountName": () => "default",
  "status.hostIP": () => "192.0.2.1",
  "status.podIP": () => "127.0.0.1",
  "status.podIPs": () => "127.0.0.1",
};

/** `generateName` and what the cluster adds; of a template, what is left when the brackets are gone. */
function jobNameOf({ document }: Pod): string {
  const prefix = textOf(partAt(document.value, "metadata", "generateName"));
  const written =
    prefix === undefined ? textOf(partAt(document.value, "metadata", "name")) : `${prefix}${JOB_END}`;
  const plain = (written ?? "job")
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "")
    .replace(/^-+|-+$/g, "")
    .slice(0, 57);
  return plain === "" ? "job" : plain;
}

/** Arguments and variables are the manifest's alone; no run is longer than the pod may be. */
function caseOf(one: TestCase, runtime: NamedRuntime, deadline: unknown): TestCase {
  const { settings } = one;
  const wanted = settings.timeout ?? parseDuration(runtime.testTime.value);
  const most = typeof deadline === "number" && deadline > 0 ? deadline * 1000 : undefined;
  const timeout = most === undefined ? wanted : Math.min(most, wanted ?? most);
  return { ...one, settings: { ...settings, args: undefined, env: {}, memory: undefined, timeout } };
}

const bytesText = (bytes: number | undefined): string | undefined =>
  bytes === undefined || bytes < 1 ? undefined : `${Math.ceil(bytes)}b`;

/** What lint has said is wrong: YAML's `1` and `true` are no text. */
const scalarText = (value: unknown): string =>
  textOf(value) ?? (typeof value === "boolean" ? String(value) : "");

const isMountable = (target: string): boolean =>
  /^\/[^\s,:]+$/.test(target) &&
  !/(?:^|\/)\.\.?(?:\/|$)/.test(target) &&
  !/^\/(?:proc|sys|dev)(?:\/|$)/.test(target) &&
  target !== INSIDE &&
  !target.startsWith(`${INSIDE}/`) &&
  !isPlaceholder(target);
