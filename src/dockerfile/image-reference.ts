import { remembered } from "../remember.ts";

/** Files of one folder start from the same few images. */
const MOST_NAMES = 500;

/** An image name taken apart as the distribution specification does. */
export interface ImageReference {
  readonly text: string;
  /** Registry host with port, as written; undefined when the name leaves it out. */
  readonly registry: string | undefined;
  /** Path without registry, tag and digest, as written: `python`, `rocker/r-ver`. */
  readonly repository: string;
  readonly tag: string | undefined;
  /** `sha256:` and 64 hexadecimal digits, or whatever was written after `@`. */
  readonly digest: string | undefined;
}

/**
 * Splits `[registry/]path[:tag][@digest]`. The first part is a registry only when it has a dot or a colon or
 * is `localhost`, which is the rule that every engine uses.
 */
export const parseImageReference = remembered(MOST_NAMES, readReference);

function readReference(text: string): ImageReference {
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const slash = named.indexOf("/");
  const head = slash < 0 ? "" : named.slice(0, slash);
  const hasRegistry = slash >= 0 && (head.includes(".") || head.includes(":") || head === "localhost");
  const rest = hasRegistry ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(":");
  const hasTag = colon > rest.lastIndexOf("/");
  return {
    text,
    registry: hasRegistry ? head : undefined,
    repository: hasTag ? rest.slice(0, colon) : rest,
    tag: hasTag ? rest.slice(colon + 1) : undefined,
    digest,
  };
}

/** The repository without Docker Hub's implied `library/`, lower-cased: `python`, `nvidia/cuda`. */
export function familiarRepository(reference: ImageReference): string {
  const registry = reference.registry ?? "docker.io";
  const path = reference.repository.toLowerCase();
  if (registry !== "docker.io" && registry !== "index.docker.io") return path;
  return path.startsWith("library/") ? path.slice("library/".length) : path;
}

/** True when an engine takes the text for an image's name at all; the digest is not looked at. */
export const isImageName = remembered(MOST_NAMES, isName);

function isName(text: string): boolean {
  const { registry, repository, tag, digest } = parseImageReference(text);
  if (registry !== undefined && !/^[A-Za-z0-9.-]+(?::\d+)?$/.test(registry)) return false;
  if (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag)) return false;
  if (digest === "" || repository.length > 255) return false;
  return repository.split("/").every((part) => /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/.test(part));
}
