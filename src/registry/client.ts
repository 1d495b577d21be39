import { createHash } from "node:crypto";
import type { ImageReference } from "../dockerfile/image-reference.ts";
import { type CredentialSource, storedCredentials } from "./credentials.ts";
import { type Answer, isLoopback, type Limits, RegistryProblem, send } from "./request.ts";

/** What a registry says about an image; a registry that cannot say is no error of ours. */
export type DigestAnswer = { readonly digest: string } | { readonly reason: string };

export type DigestSource = (reference: ImageReference) => Promise<DigestAnswer>;

export interface RegistryOptions {
  readonly credentials?: CredentialSource;
  /** Milliseconds for one request. */
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
}

export const INDEXES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
export const MANIFESTS = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];
/** What the distribution specification asks registries to accept at least. */
export const MAX_MANIFEST = 4 * 1024 * 1024;
const MAX_TOKEN = 1024 * 1024;
export const HUB = "registry-1.docker.io";
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * Asks registries which digest a tag stands for now: that of the index where there is one, so that the pinned name
 * still works on every platform. Answers are remembered, and a registry that does not answer is asked once.
 */
export function registryClient(options: RegistryOptions = {}): DigestSource {
  const credentials = options.credentials ?? storedCredentials();
  const limits: Limits = { timeout: options.timeout ?? 5000, signal: options.signal };
  const answers = new Map<string, Promise<DigestAnswer>>();
  const silent = new Map<string, string>();

  const ask = async (reference: ImageReference): Promise<DigestAnswer> => {
    const place = placeOf(reference);
    if (place === undefined)
      return { reason: `${reference.text.slice(0, 200)} is no name that a registry can have` };
    const known = silent.get(place.host);
    if (known !== undefined) return { reason: known };
    try {
      return { digest: await askDigest(place, credentials, limits) };
    } catch (error) {
      if (!(error instanceof RegistryProblem)) throw error;
      // Users know Docker Hub by the name that stands in references.
      const reason = error.message.replace(HUB, "docker.io");
      if (error.unreachable) silent.set(place.host, reason);
      return { reason };
    }
  };
  return (reference) => {
    const answer = answers.get(reference.text) ?? ask(reference);
    answers.set(reference.text, answer);
    return answer;
  };
}

export interface Place {
  /** As users name it: `docker.io`, `ghcr.io`, `localhost:5000`. */
  readonly host: string;
  /** Where its interface is. */
  readonly base: string;
  readonly repository: string;
  readonly tag: string;
}

/** Where the engines look: Docker Hub for names without a registry, its `library/` for those without an owner. */
export function placeOf(reference: ImageReference): Place | undefined {
  const { registry = "docker.io", repository, tag = "latest" } = reference;
  const hub = /^(?:index\.|registry-1\.)?docker\.io$/.test(registry);
  const path = hub && !repository.includes("/") ? `library/${repository}` : repository;
  if (
    !/^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?$/.test(registry) ||
    path.length > 255 ||
    !path.split("/").every((part) => /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/.test(part)) ||
    !/^\w[\w.-]{0,127}$/.test(tag)
  )
    return undefined;
  const base = hub ? `https://${HUB}` : `${isLoopback(registry) ? "http" : "https"}://${registry}`;
  return URL.canParse(base) ? { host: hub ? "docker.io" : registry, base, repository: path, tag } : undefined;
}

async function askDigest(place: Place, credentials: CredentialSource, limits: Limits): Promise<string> {
  const url = new URL(`${place.base}/v2/${place.repository}/manifests/${place.tag}`);
  const host = url.host;
  let authorization: string | undefined;
  const ask = async (method: "GET" | "HEAD"): Promise<Answer> => {
    const request = (): Promise<Answer> =>
      send(
        url,
        host,
        {
          method,
          headers: {
            accept: [...INDEXES, ...MANIFESTS].join(", "),
            ...(authorization === undefined ? {} : { authorization }),
          },
          maxBytes: MAX_MANIFEST,
        },
        limits,
      );
    const answer = await request();
    if (answer.status !== 401 || authorization !== undefined) return answer;
    authorization = await authorize(answer, place, host, credentials, limits);
    return request();
  };

  // Registries count what is fetched, but not what is only asked about.
  const head = await ask("HEAD");
  const told = head.headers.get("docker-content-digest") ?? "";
  if (head.status === 200 && DIGEST.test(told) && isImage(head)) return told;
  return verified(
    head.status === 200 || head.status === 405 || head.status === 501 ? await ask("GET") : head,
    place,
  );
}

/** The digest of what was sent, which must be the one that the registry told, if it told one. */
function verified(answer: Answer, { host, repository, tag }: Place): string {
  const { status, headers, body } = answer;
  if (status === 404) throw new RegistryProblem(`${host} has no ${repository}:${tag}`);
  if (status === 401 || status === 403)
    throw new RegistryProblem(`${host} does not have ${repository}, or shows it after a login only`);
  if (status === 429)
    throw new RegistryProblem(`${host} was asked too often and wants to be left alone for a while`);
  if (status !== 200) throw new RegistryProblem(`${host} answered with status ${status}`);
  if (!isImage(answer) || !isManifest(body))
    throw new RegistryProblem(`${host} answered with something that is no image`);
  const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
  const told = headers.get("docker-content-digest");
  if (told !== null && told !== digest)
    throw new RegistryProblem(`${host} named a digest that is not the one of what it sent`);
  return digest;
}

function isImage({ headers }: Answer): boolean {
  const type = (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  return INDEXES.includes(type) || MANIFESTS.includes(type);
}

function isManifest(body: Buffer): boolean {
  return property(body, "schemaVersion") === 2;
}

function property(json: Buffer, name: string): unknown {
  try {
    const value: unknown = JSON.parse(json.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Answers a challenge: with a login for `Basic`, with a token (an anonymous one without login) for `Bearer`. `actions` is
 * what is to be done there.
 */
export async function authorize(
  { headers }: Pick<Answer, "headers">,
  { host: named, repository }: Place,
  host: string,
  credentials: CredentialSource,
  limits: Limits,
  actions: "pull" | "pull,push" = "pull",
  /** What a token is to be good for beside it: `repository:library/python:pull`. */
  more: readonly string[] = [],
): Promise<string> {
  const challenge = (headers.get("www-authenticate") ?? "").slice(0, 4096);
  const login = await credentials(named, repository);
  const values = new Map(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map((match) => [
      match[1]?.toLowerCase() ?? "",
      match[2] ?? "",
    ]),
  );
  const realm = values.get("realm");
  if (/^basic\b/i.test(challenge) && login !== undefined) return login;
  if (!/^bearer\b/i.test(challenge) || realm === undefined || !URL.canParse(realm))
    throw new RegistryProblem(`${named} shows ${repository} after a login only`, false, true);
  const url = new URL(realm);
  const service = values.get("service");
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of [`repository:${repository}:${actions}`, ...more])
    url.searchParams.append("scope", scope);
  const request = { method: "GET", headers: login === undefined ? {} : { authorization: login } } as const;
  const answer = await send(url, host, { ...request, maxBytes: MAX_TOKEN }, limits);
  const token = property(answer.body, "token") ?? property(answer.body, "access_token");
  if (answer.status !== 200 || typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token))
    throw new RegistryProblem(
      `${named} does not have ${repository}, or shows it after a login only`,
      false,
      [401, 403, 404].includes(answer.status),
    );
  return `Bearer ${token}`;
}
