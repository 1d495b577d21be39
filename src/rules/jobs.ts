import type { Draft } from "../findings/finding.ts";
import type { JobFacts, ManifestDocument, Path } from "../job/facts.ts";
import type { JobPolicy, Profile } from "../profiles/profile.ts";
import type { NotAssessed } from "./rule.ts";

/** What the rules about job manifests share: where pods and containers are, and what names must look like. */

export type Said = Draft | NotAssessed;
type Part = Readonly<Record<string, unknown>>;

/** The description of a pod inside an object. */
export interface Pod {
  readonly document: ManifestDocument;
  readonly spec: Part;
  /** Path of `spec`. */
  readonly path: Path;
  /** Path of the job's own settings; undefined where there is no job around the pod. */
  readonly jobPath: Path | undefined;
}

export interface Container {
  readonly spec: Part;
  readonly path: Path;
  /** For sentences: “container fit”, “init container load”. */
  readonly title: string;
  readonly isInit: boolean;
}

/** No pod has more; an alias could make as many as it likes. */
const MOST_PARTS = 200;

export const isPart = (value: unknown): value is Part =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const listIn = (part: unknown): readonly unknown[] =>
  Array.isArray(part) ? part.slice(0, MOST_PARTS) : [];

/** A part of an object; undefined where a step is missing. */
export function partAt(value: unknown, ...path: Path): unknown {
  let part = value;
  for (const step of path) {
    if (typeof part !== "object" || part === null || !Object.hasOwn(part, step)) return undefined;
    part = (part as Record<string | number, unknown>)[step];
  }
  return part;
}

/** Text or a number as text. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;

/** A value of the manifest as a sentence may show it. */
export const shown = (value: unknown): string =>
  (textOf(value) ?? String(typeof value === "boolean" ? value : "that"))
    .replace(/[^\x20-\x7e\u00a0-\uffff]/g, "?")
    .slice(0, 80);

const POD_PATHS: Readonly<Record<string, { readonly pod: Path; readonly job?: Path }>> = {
  Job: { pod: ["spec", "template", "spec"], job: ["spec"] },
  CronJob: { pod: ["spec", "jobTemplate", "spec", "template", "spec"], job: ["spec", "jobTemplate", "spec"] },
  Pod: { pod: ["spec"] },
  Deployment: { pod: ["spec", "template", "spec"] },
  StatefulSet: { pod: ["spec", "template", "spec"] },
  DaemonSet: { pod: ["spec", "template", "spec"] },
  ReplicaSet: { pod: ["spec", "template", "spec"] },
  ReplicationController: { pod: ["spec", "template", "spec"] },
};

/** True for an object that starts containers. */
export const isWorkload = (document: ManifestDocument): boolean =>
  Object.hasOwn(POD_PATHS, document.kind) || /Job$|^JobSet$/.test(document.kind);

export function podsOf(document: ManifestDocument): Pod[] {
  const at = (path: Path, jobPath: Path | undefined): Pod[] => {
    const spec = partAt(document.value, ...path);
    return isPart(spec) ? [{ document, spec, path, jobPath }] : [];
  };
  if (document.kind === "JobSet") {
    return listIn(partAt(document.value, "spec", "replicatedJobs")).flatMap((_, index) => {
      const job = ["spec", "replicatedJobs", index, "template", "spec"];
      return at([...job, "template", "spec"], job);
    });
  }
  const paths = Object.hasOwn(POD_PATHS, document.kind) ? POD_PATHS[document.kind] : undefined;
  return paths === undefined ? [] : at(paths.pod, paths.job);
}

export function containersOf(pod: Pod): Container[] {
  return (["initContainers", "containers"] as const).flatMap((field) =>
    listIn(pod.spec[field]).flatMap((spec, index) => {
      if (!isPart(spec)) return [];
      const isInit = field === "initContainers";
      const name = shown(spec.name ?? String(index + 1));
      const title = `${isInit ? "init container" : "container"} “${name}”`;
      return [{ spec, path: [...pod.path, field, index], title, isInit }];
    }),
  );
}

/** Lets a rule look at every pod of a manifest; what could not be read is not judged. */
export function* checkPods(
  facts: JobFacts,
  profile: Profile,
  check: (pod: Pod, policy: JobPolicy) => Iterable<Said>,
): Iterable<Said> {
  const policy = profile.jobs;
  if (policy === undefined) {
    yield { notAssessed: "the profile says nothing about jobs" };
    return;
  }
  if (facts.problems.length > 0)
    yield { notAssessed: `${facts.file} could not be read as a whole: ${facts.problems[0]?.message ?? ""}` };
  const pods = facts.documents.flatMap(podsOf);
  if (pods.length === 0) yield { notAssessed: `${facts.file} describes no job` };
  for (const pod of pods) yield* check(pod, policy);
}

/** The same for objects that start containers. */
export function* checkWorkloads(
  facts: JobFacts,
  profile: Profile,
  check: (document: ManifestDocument, policy: JobPolicy) => Iterable<Said>,
): Iterable<Said> {
  const seen = new Set<ManifestDocument>();
  yield* checkPods(facts, profile, function* (pod, policy) {
    if (seen.has(pod.document)) return;
    seen.add(pod.document);
    yield* check(pod.document, policy);
  });
}

const PLACEHOLDER =
  /<[^<>]{1,60}>|\$\{?[A-Za-z_]|\{\{|%\w{1,60}%|__\w{1,60}__|\b(?:change_?me|replace_?me|your[_-]|todo\b|xxx+\b)/i;

/** A text that somebody still has to fill in. Names of the cluster are in small letters, so that large ones stand for something. */
export const isPlaceholder = (value: unknown, isName = false): boolean =>
  typeof value === "string" && (PLACEHOLDER.test(value.slice(0, 500)) || (isName && /[A-Z]{2,}/.test(value)));

export const stillPlaceholder = (value: unknown): NotAssessed => ({
  notAssessed: `“${shown(value)}” in the manifest is still a placeholder`,
});

/** Names of the place a project belongs to. */
export interface ProjectNames {
  readonly "safe-haven"?: string;
  readonly project?: string;
  readonly namespace?: string;
  readonly user?: string;
}

/** Reads the parts of a name of the cluster; undefined when it does not have this form. */
export function namesIn(pattern: string, name: string): ProjectNames | undefined {
  if (name.length > 253) return undefined;
  const source = pattern
    .replace(/[.+?^$()|[\]{}\\]/g, "\\$&")
    .replace("<safe-haven>", "(?<haven>[a-z][a-z0-9]*)")
    .replace("<project>", "(?<project>[a-z0-9]+(?:-[a-z0-9]+)*)")
    .replace("<namespace>", "(?<namespace>[a-z0-9]+(?:-[a-z0-9]+)*)")
    .replace("<user>", "(?<user>[a-z0-9]+)");
  const groups = new RegExp(`^${source}$`).exec(name)?.groups;
  if (groups === undefined) return undefined;
  const { haven, project, namespace, user } = groups;
  return {
    ...(haven === undefined ? {} : { "safe-haven": haven }),
    ...(project === undefined ? {} : { project }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(user === undefined ? {} : { user }),
  };
}

/** A name of the cluster with what is known filled in. */
export const nameFrom = (pattern: string, names: ProjectNames): string =>
  pattern.replace(/<([a-z-]+)>/g, (whole, key: string) => names[key as keyof ProjectNames] ?? whole);

/** What the manifest itself says about where it belongs: by its namespace, else by its queue. */
export function projectNames(document: ManifestDocument, policy: JobPolicy): ProjectNames {
  const written = textOf(partAt(document.value, "metadata", "namespace"));
  const queue = textOf(partAt(document.value, "metadata", "labels", policy.queueLabel.value)) ?? "";
  const namespace = written ?? namesIn(policy.queue.value, queue)?.namespace;
  const names = namespace === undefined ? undefined : namesIn(policy.namespace.value, namespace);
  return names === undefined || namespace === undefined ? {} : { ...names, namespace };
}

/** One setting of the security context that holds for some containers, with where it is written. */
export interface SecuritySetting {
  readonly value: unknown;
  readonly path: Path;
  /** For sentences: “the job”, “container fit”. */
  readonly title: string;
}

/** A setting as it counts: that of the pod for all containers that have none of their own. */
export function securitySettings(pod: Pod, field: string): SecuritySetting[] {
  const path = [...pod.path, "securityContext", field];
  const ofPod: SecuritySetting = {
    value: partAt(pod.spec, "securityContext", field),
    path,
    title: "the pod",
  };
  const own: SecuritySetting[] = [];
  let inherited = false;
  for (const container of containersOf(pod)) {
    const value = partAt(container.spec, "securityContext", field);
    if (value === undefined) inherited = true;
    else own.push({ value, path: [...container.path, "securityContext", field], title: container.title });
  }
  return inherited || own.length === 0 ? [ofPod, ...own] : own;
}

/** `command` and `args` as one text, for what they say and not how it is quoted. */
export function commandText(container: Container): string {
  return [container.spec.command, container.spec.args]
    .flatMap((words) => (typeof words === "string" ? [words] : listIn(words)))
    .flatMap((word) => textOf(word) ?? [])
    .join("\n")
    .slice(0, 100_000);
}

/** A volume of a pod as a container mounts it. */
export interface Mount {
  readonly container: Container;
  readonly spec: Part;
  readonly path: Path;
  /** `mountPath` without a slash at its end. */
  readonly target: string;
  /** The volume it names; undefined when the pod has none of that name. */
  readonly volume: Part | undefined;
}

export function mountsOf(pod: Pod): Mount[] {
  const volumes = new Map<unknown, Part>();
  for (const volume of listIn(pod.spec.volumes)) if (isPart(volume)) volumes.set(volume.name, volume);
  return containersOf(pod).flatMap((container) =>
    listIn(container.spec.volumeMounts).flatMap((spec, index) => {
      if (!isPart(spec)) return [];
      const written = textOf(spec.mountPath) ?? "";
      return [
        {
          container,
          spec,
          path: [...container.path, "volumeMounts", index],
          target: written.length > 1 ? written.replace(/\/$/, "") : written,
          volume: volumes.get(spec.name),
        },
      ];
    }),
  );
}

/** The claim that a volume uses, if it uses one. */
export const claimOf = (volume: unknown): string | undefined =>
  textOf(partAt(volume, "persistentVolumeClaim", "claimName"));

/** What a claim is for, by its name; undefined when it has neither form. */
export function claimKind(claim: string, policy: JobPolicy): "shared" | "user" | undefined {
  // A user could be called “shared”, so that the longer form is tried first.
  if (namesIn(policy.userClaim.value, claim) !== undefined) return "user";
  return namesIn(policy.sharedClaim.value, claim) === undefined ? undefined : "shared";
}
