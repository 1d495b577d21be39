import data from "./bases.json" with { type: "json" };

/**
 * What an image is made for. `application`: a language or program to build on; `minimal`: the same without a shell or
 * much else; `generic`: a bare distribution; `builder`: compilers, for a first stage; `interactive`: a person works in
 * it; `server`: it serves others; `grab-bag`: many tools or languages in one.
 */
export const BASE_KINDS = [
  "application",
  "minimal",
  "generic",
  "builder",
  "interactive",
  "server",
  "grab-bag",
] as const;
export type BaseKind = (typeof BASE_KINDS)[number];

/** A well-known image that projects start from. What is not known for sure is left out. */
export interface BaseImage {
  readonly name: string;
  /** With the registry's host: `docker.io/library/python`. A `*` at the end stands for any rest of the last part. */
  readonly repositories: readonly string[];
  readonly kind: BaseKind;
  readonly purpose: string;
  readonly languages: readonly string[];
  readonly packageManager?: string;
  readonly user?: string;
  readonly home?: string;
  /** What runs when nothing else is said; with `tag`, only in tags that contain it. */
  readonly starts?: {
    /** A user interface or web server. */
    readonly server?: string;
    /** A database or another service for programs. */
    readonly service?: string;
    /** What a person types to: `Python`, `R`, `shell`. */
    readonly prompt?: string;
    readonly tag?: string;
  };
  /** The program of its own that has to run first, and what for. */
  readonly setUp?: { readonly program: string; readonly does: string };
  /** Words in the tags of its lean variants. Without `heavy`, all other tags are larger ones. */
  readonly lean?: readonly string[];
  /** Words in the tags of its larger variants. */
  readonly heavy?: readonly string[];
  /** A smaller image for the last stage, by tag. */
  readonly leaner?: string;
  /** What a job without a network has to know about its licence. */
  readonly licence?: string;
  /** Packages that say that this is the base to start from; `*` stands for anything. */
  readonly suggestedFor?: readonly string[];
  /** The same by program that installs: `pip`, `R`. */
  readonly suggestedForManagers?: readonly string[];
  /** False where RUN, and CMD and ENTRYPOINT without brackets, cannot work. */
  readonly shell?: false;
  /** A reference to paste, by tag. */
  readonly example?: string;
  readonly remarks?: string;
}

/** In the order in which they are suggested: the special ones first. */
export const bases: readonly BaseImage[] = data as readonly BaseImage[];

const exact = new Map<string, BaseImage>();
const beginnings: (readonly [beginning: string, base: BaseImage])[] = [];
for (const base of bases) {
  for (const repository of base.repositories) {
    if (repository.endsWith("*")) beginnings.push([repository.slice(0, -1), base]);
    else exact.set(repository, base);
  }
}

const HUB = /^(?:(?:index\.|registry-1\.|registry\.hub\.)?docker\.(?:io|com)|mirror\.gcr\.io)$/;
/** Owners of Docker's official images for other processors. */
const PROCESSOR = /^(?:amd64|arm32v[567]|arm64v8|i386|mips64le|ppc64le|riscv64|s390x)\//;

/**
 * The catalogue's entry for a repository, if it has one. Mirrors of Docker Hub count as Docker Hub, and so does a
 * registry of one's own that keeps an image under the name it has there.
 */
export function knownBase(registry: string | undefined, path: string): BaseImage | undefined {
  const host = (registry ?? "docker.io").toLowerCase();
  const name = path.toLowerCase();
  if (!HUB.test(host)) {
    const found = find(`${host}/${name}`);
    if (found !== undefined) return found;
  }
  const official = /(?:^|\/)library\/([^/]+)$/.exec(name)?.[1] ?? name.replace(PROCESSOR, "");
  return find(`docker.io/${official.includes("/") ? official : `library/${official}`}`);
}

function find(repository: string): BaseImage | undefined {
  const whole = exact.get(repository);
  if (whole !== undefined) return whole;
  return beginnings.find(
    ([beginning]) => repository.startsWith(beginning) && !repository.slice(beginning.length).includes("/"),
  )?.[1];
}

/** Whether a tag names one of the larger variants of a base; undefined where the tag does not say. */
export function isHeavyTag(base: BaseImage, tag: string | undefined): boolean | undefined {
  const { lean = [], heavy = [] } = base;
  if (lean.length === 0 && heavy.length === 0) return false;
  if (tag === undefined) return undefined;
  if (lean.some((word) => tag.includes(word))) return false;
  return heavy.length === 0 || heavy.some((word) => tag.includes(word));
}

/** The base to suggest to who installs these packages with these programs: the first of the catalogue that fits. */
export function suggestedBase(
  packages: ReadonlySet<string>,
  managers: ReadonlySet<string>,
): (BaseImage & { readonly example: string }) | undefined {
  const fits = ({ suggestedFor = [], suggestedForManagers = [] }: BaseImage): boolean =>
    suggestedForManagers.some((manager) => managers.has(manager)) ||
    suggestedFor.some((pattern) => someMatch(pattern, packages));
  return bases.find(
    (base): base is BaseImage & { readonly example: string } => base.example !== undefined && fits(base),
  );
}

function someMatch(pattern: string, names: ReadonlySet<string>): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return names.has(pattern);
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1).replaceAll("*", "")];
  return [...names].some((name) => name.startsWith(start) && name.includes(end, start.length));
}
