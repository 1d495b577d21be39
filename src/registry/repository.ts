import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ImageReference } from "../dockerfile/image-reference.ts";
import { authorize, INDEXES, MANIFESTS, MAX_MANIFEST, type Place, placeOf } from "./client.ts";
import { type CredentialSource, storedCredentials } from "./credentials.ts";
import { type Answer, type Limits, RegistryProblem, send, sendStream } from "./request.ts";

export interface RepositoryOptions {
  readonly credentials?: CredentialSource;
  /** Milliseconds for one request; what is sent along has more, by its size. */
  readonly timeout?: number;
  /** Milliseconds before a blob is first sent again; each further time waits twice as long. */
  readonly pause?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a manifest or an index says of something else (OCI image specification, descriptor). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly platform?: { readonly os: string; readonly architecture: string };
}

/** A manifest or index as the registry has it. */
export interface StoredManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

/** Bytes that go through in a millisecond on a line that is slow, but not useless. */
const SLOW_LINE = 64;
/** Bytes that a registry looks through in a millisecond, on disks that are slow. */
const SLOW_DISK = 16 * 1024;
/** New attempts for one blob. */
const MOST_RETRIES = 4;

/**
 * One repository of a registry, to read from and to write to. It asks for rights to write only where `write` says so.
 * What the registry does not do fails with `RegistryProblem`.
 */
export class RegistryRepository {
  readonly place: Place;
  readonly #base: string;
  readonly #host: string;
  readonly #credentials: CredentialSource;
  readonly #limits: Limits;
  readonly #pause: number;
  readonly #actions: "pull" | "pull,push";
  #authorization: string | undefined;

  constructor(reference: ImageReference, access: "read" | "write", options: RepositoryOptions = {}) {
    const place = placeOf(reference);
    if (place === undefined)
      throw new RegistryProblem(`${reference.text.slice(0, 200)} is no name that a registry can have`);
    this.place = place;
    this.#base = `${place.base}/v2/${place.repository}`;
    this.#host = new URL(place.base).host;
    this.#credentials = options.credentials ?? storedCredentials();
    this.#limits = { timeout: options.timeout ?? 30_000, signal: options.signal };
    this.#pause = options.pause ?? 500;
    this.#actions = access === "write" ? "pull,push" : "pull";
  }

  /** The manifest or index of a tag or digest; undefined where there is none. */
  async manifest(name: string): Promise<StoredManifest | undefined> {
    const accept = [...INDEXES, ...MANIFESTS].join(", ");
    const answer = await this.#ask("GET", this.#url(`manifests/${name}`), { accept });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#refused(answer, `the manifest of ${name}`);
    const digest = digestOf(answer.body);
    if (name.startsWith("sha256:") && name !== digest)
      throw this.#problem("sends another manifest than was asked for");
    const mediaType = (answer.headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
    return { descriptor: { mediaType, digest, size: answer.body.length }, bytes: answer.body };
  }

  /** A blob of at most `most` bytes, compared with its digest. */
  async blob(digest: string, most: number): Promise<Buffer> {
    const answer = await this.#ask("GET", this.#url(`blobs/${digest}`), {}, undefined, most);
    if (answer.status !== 200) throw this.#refused(answer, `the blob ${digest}`);
    if (digestOf(answer.body) !== digest) throw this.#problem(`sends something else as ${digest}`);
    return answer.body;
  }

  /** Puts a blob there, unless it has it. */
  async putBlob(bytes: Uint8Array, mediaType: string): Promise<Descriptor> {
    const digest = digestOf(bytes);
    const descriptor = { mediaType, digest, size: bytes.length };
    const there = await this.#ask("HEAD", this.#url(`blobs/${digest}`));
    if (there.status === 200) return descriptor;
    const url = this.#uploadIn(await this.#ask("POST", this.#url("blobs/uploads/")));
    url.searchParams.set("digest", digest);
    const done = await this.#ask("PUT", url, { "content-type": "application/octet-stream" }, bytes);
    if (done.status !== 201) throw this.#refused(done, "what was sent");
    return descriptor;
  }

  /** How many bytes a blob has there; undefined where it is not there. */
  async blobSize(digest: string): Promise<number | undefined> {
    const { status, headers } = await this.#ask("HEAD", this.#url(`blobs/${digest}`));
    const size = headers.get("content-length");
    return status === 200 && size !== null ? Number(size) : undefined;
  }

  /**
   * Sends a blob whose digest may be known only once it has gone by, and begins anew where the connection broke. `open`
   * gives its bytes, each time from the start; what it throws comes out as it is.
   */
  async sendBlob(open: () => AsyncIterable<Uint8Array>): Promise<{ digest: string; size: number }> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#sendOnce(open());
      } catch (error) {
        this.#limits.signal?.throwIfAborted();
        if (!(error instanceof RegistryProblem && error.unreachable) || attempt === MOST_RETRIES) throw error;
        const { signal } = this.#limits;
        await sleep(this.#pause * 2 ** attempt, undefined, signal === undefined ? {} : { signal });
      }
    }
  }

  async #sendOnce(bytes: AsyncIterable<Uint8Array>): Promise<{ digest: string; size: number }> {
    const hash = createHash("sha256");
    let size = 0;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of bytes) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    };
    const place = this.#uploadIn(await this.#ask("POST", this.#url("blobs/uploads/")));
    const sent = await sendStream(
      place,
      this.#host,
      {
        method: "PATCH",
        headers: this.#withLogin(place, { "content-type": "application/octet-stream" }),
        body: counted(),
        maxBytes: MAX_MANIFEST,
      },
      this.#limits,
    );
    // What is lost to a login that ran out on the way is sent again with a new one.
    if (sent.status === 401 || sent.status === 429 || sent.status >= 500)
      throw this.#problem(`broke off an upload with status ${sent.status}`, { passing: true });
    if (sent.status !== 202 && sent.status !== 204) throw this.#refused(sent, "what was sent");
    const digest = `sha256:${hash.digest("hex")}`;
    const end = this.#uploadIn(sent, place);
    end.searchParams.set("digest", digest);
    const done = await this.#ask("PUT", end, { "content-length": "0" }, undefined, MAX_MANIFEST, size);
    if (done.status >= 500)
      throw this.#problem(`broke off an upload with status ${done.status}`, { passing: true });
    if (done.status !== 201) throw this.#refused(done, "what was sent");
    return { digest, size };
  }

  /** Where an upload goes on. */
  #uploadIn(answer: Answer, before?: URL): URL {
    const location = answer.headers.get("location") ?? before?.href;
    if (
      (before === undefined && answer.status !== 202) ||
      location === undefined ||
      !URL.canParse(location, this.#base)
    )
      throw this.#refused(answer, "an upload");
    return new URL(location, this.#base);
  }

  /** Puts a manifest there, by its digest or as a tag. `listed`: whether the registry lists it with its subject by itself. */
  async putManifest(
    bytes: Uint8Array,
    mediaType: string,
    tag?: string,
  ): Promise<{ readonly descriptor: Descriptor; readonly listed: boolean }> {
    const digest = digestOf(bytes);
    const headers = { "content-type": mediaType };
    const answer = await this.#ask("PUT", this.#url(`manifests/${tag ?? digest}`), headers, bytes);
    if (answer.status !== 201) throw this.#refused(answer, "a manifest");
    return {
      descriptor: { mediaType, digest, size: bytes.length },
      listed: answer.headers.get("oci-subject") !== null,
    };
  }

  /** The index of what is attached to a manifest, from the registry's referrers interface; undefined where it has none. */
  async referrers(digest: string): Promise<Buffer | undefined> {
    const answer = await this.#ask("GET", this.#url(`referrers/${digest}`), { accept: INDEXES[0] ?? "" });
    // Registries that do not know the interface answer 404, as the specification says, or whatever an unknown path gets.
    return answer.status === 200 && (answer.headers.get("content-type") ?? "").startsWith(INDEXES[0] ?? "")
      ? answer.body
      : undefined;
  }

  #url(path: string): URL {
    return new URL(`${this.#base}/${path}`);
  }

  async #ask(
    method: "GET" | "HEAD" | "POST" | "PUT",
    url: URL,
    headers: Readonly<Record<string, string>> = {},
    body?: Uint8Array,
    maxBytes = MAX_MANIFEST,
    /** What the registry has to look through before it answers. */
    gathered = 0,
  ): Promise<Answer> {
    const large = Math.max(body?.length ?? 0, maxBytes - MAX_MANIFEST);
    const timeout = this.#limits.timeout + Math.ceil(large / SLOW_LINE + gathered / SLOW_DISK);
    const request = (): Promise<Answer> =>
      send(
        url,
        this.#host,
        { method, headers: this.#withLogin(url, headers), body, maxBytes },
        { ...this.#limits, timeout },
      );
    const answer = await request();
    if (answer.status !== 401 || url.host !== this.#host) return answer;
    this.#authorization = await authorize(
      answer,
      this.place,
      this.#host,
      this.#credentials,
      this.#limits,
      this.#actions,
    );
    return request();
  }

  /** A place to send to may be another machine, which is not the one that the login is for. */
  #withLogin(url: URL, headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    return this.#authorization === undefined || url.host !== this.#host
      ? headers
      : { ...headers, authorization: this.#authorization };
  }

  #refused({ status }: Answer, what: string): RegistryProblem {
    const { repository } = this.place;
    if (status === 401 || status === 403)
      return this.#problem(
        this.#actions === "pull"
          ? `does not show ${repository} without a login that may read it`
          : `does not let this login write to ${repository}`,
        { refused: true },
      );
    if (status === 404) return this.#problem(`does not have ${what} in ${repository}`);
    if (status === 405) return this.#problem("takes nothing: it is for reading only");
    if (status === 413) return this.#problem(`takes nothing as large as ${what}`);
    return this.#problem(`did not take or give ${what}: status ${status}`);
  }

  #problem(what: string, { passing = false, refused = false } = {}): RegistryProblem {
    return new RegistryProblem(`${this.place.host} ${what}`, passing, refused);
  }
}

export const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
