import {
  familiarRepository,
  type ImageReference,
  parseImageReference,
} from "../dockerfile/image-reference.ts";
import type { JobFacts, Path } from "../job/facts.ts";
import type { JobPolicy, Profile } from "../profiles/profile.ts";
import {
  type Container,
  checkPods,
  containersOf,
  isPlaceholder,
  type Pod,
  type Said,
  stillPlaceholder,
  textOf,
} from "./jobs.ts";

/** Where a job's image comes from, as three rules ask. */

/** `proxy` and `public` are two names of the same images: inside, only the first can be reached. */
export type ImageOrigin = "proxy" | "public" | "docker-hub" | "other";

export interface JobImage {
  readonly pod: Pod;
  readonly container: Container;
  readonly path: Path;
  readonly reference: ImageReference;
  readonly origin: ImageOrigin;
  readonly policy: JobPolicy;
  /** The name to write in its place. */
  readonly proxied: string;
}

/** Lets a rule look at each image of a manifest that is no placeholder. */
export function* checkImages(
  facts: JobFacts,
  profile: Profile,
  check: (image: JobImage) => Iterable<Said>,
): Iterable<Said> {
  yield* checkPods(facts, profile, function* (pod, policy) {
    for (const container of containersOf(pod)) {
      const text = textOf(container.spec.image);
      if (text === undefined || text === "") continue;
      // A port that is still open leaves the rest to be judged.
      const reference = parseImageReference(
        text.replace(/:(?:<port>|\$\{?PORT\}?|PORT)\//i, ":0/").slice(0, 1000),
      );
      if (isPlaceholder(reference.text)) {
        yield stillPlaceholder(text);
        if (/^[<$]/.test(reference.text)) continue;
      }
      const path = [...container.path, "image"];
      const origin = originOf(reference, policy, profile);
      yield* check({
        pod,
        container,
        path,
        reference,
        origin,
        policy,
        proxied: proxiedName(reference, policy),
      });
    }
  });
}

const hostOf = (reference: ImageReference): string =>
  (reference.registry ?? "").replace(/:\d*$/, "").toLowerCase();

function originOf(reference: ImageReference, policy: JobPolicy, profile: Profile): ImageOrigin {
  const host = hostOf(reference);
  if (host === policy.imageProxy.value) return "proxy";
  if (profile.registries.value.includes(host)) return "public";
  return host === "" || /(?:^|\.)docker\.(?:io|com)$/.test(host) ? "docker-hub" : "other";
}

function proxiedName(reference: ImageReference, policy: JobPolicy): string {
  const repository = familiarRepository(reference);
  const owned =
    repository.includes("/") && hostOf(reference) !== ""
      ? reference.repository
      : `<github_user>/${repository.slice(repository.lastIndexOf("/") + 1)}`;
  const tag = reference.digest === undefined ? `:${reference.tag ?? "<tag>"}` : `@${reference.digest}`;
  return `${policy.imageProxy.value}:<port>/${owned}${tag}`.slice(0, 300);
}
