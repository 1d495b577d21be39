import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ImageReference } from "../dockerfile/image-reference.ts";
import { authorize, INDEXES, MANIFESTS, MAX_MANIFEST, type Place, placeOf } from "./client.ts";
import { type CredentialSource, storedCredentials } from "./credentials.ts";
import { type Answer, type Limits, RegistryProblem, retryAfter, send, sendStream } from "./request.ts";

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
/** New attempts for one blob, or for a question that the registry has no time for. */
const MOST_RETRIES = 4;
/** Milliseconds that are waited at a registry's wish; for more, people come back. */
const LONGEST_WAIT = 60_000;
/** Bytes of a part, for registries that take no blob in one stream; those that want more say so. */
const PART = 8 * 1024 * 1024;
const LARGEST_PART = 64 * 1024 * 1024;
/** What a registry, or what stands before it, answers to a stream of unknown length that it does not take. */
const NO_STREAM = new Set([400, 405, 411, 413, 416, 501]);

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
  /** What it asked for when it wanted a login. */
  #challenge: Answer | undefined;
  /** Other repositories that a token should be good for, to take blobs from. */
  readonly #others = new Set<string>();
  /** Set where it takes no blob in one stream. */
  #inParts = false;

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
        return this.#inParts ? await this.#sendInParts(open()) : await this.#sendOnce(open());
      } catch (error) {
        this.#limits.signal?.throwIfAborted();
        if (error instanceof NoStream) {
          this.#inParts = true;
          continue;
        }
        if (!(error instanceof RegistryProblem && error.unreachable) || attempt === MOST_RETRIES) throw error;
        await this.#wait(attempt, error instanceof BrokenOff ? error.answer : undefined);
      }
    }
  }

  /**
   * Lets the registry take a blob from another of its repositories, where the login may read that. False where it does not,
   * for whatever reason: then the blob has to be sent.
   */
  async mountBlob(digest: string, from: string): Promise<boolean> {
    const url = this.#url("blobs/uploads/");
    url.searchParams.set("mount", digest);
    url.searchParams.set("from", from);
    try {
      await this.#readToo(from);
      const { status } = await this.#ask("POST", url);
      return status === 201;
    } catch (error) {
      if (!(error instanceof RegistryProblem)) throw error;
      return false;
    }
  }

  /** Tokens are good for what was asked for: another repository has to be named. */
  async #readToo(from: string): Promise<void> {
    if (this.#challenge === undefined || this.#others.has(from)) return;
    this.#others.add(from);
    try {
      this.#authorization = await this.#authorize(this.#challenge);
    } catch (error) {
      this.#others.delete(from);
      throw error;
    }
  }

  #authorize(challenge: Answer): Promise<string> {
    const others = [...this.#others].map((one) => `repository:${one}:pull`);
    return authorize(
      challenge,
      this.place,
      this.#host,
      this.#credentials,
      this.#limits,
      this.#actions,
      others,
    );
  }

  async #wait(attempt: number, answer: Answer | undefined): Promise<void> {
    const wanted = answer === undefined ? undefined : retryAfter(answer);
    if (wanted !== undefined && wanted > LONGEST_WAIT)
      throw this.#problem(`wants to be left alone for ${Math.ceil(wanted / 1000)} seconds`);
    const { signal } = this.#limits;
    const pause = wanted ?? this.#pause * 2 ** attempt;
    await sleep(pause, undefined, signal === undefined ? {} : { signal });
  }

  /** For registries that want to know before how much there is to come. */
  async #sendInParts(bytes: AsyncIterable<Uint8Array>): Promise<{ digest: string; size: number }> {
    const begun = await this.#ask("POST", this.#url("blobs/uploads/"));
    const least = Number(begun.headers.get("oci-chunk-min-length") ?? 0) || 0;
    if (least > LARGEST_PART) throw this.#problem(`takes parts of ${least} bytes only`);
    const hash = createHash("sha256");
    let place = this.#uploadIn(begun);
    let size = 0;
    for await (const part of inParts(bytes, Math.max(PART, least))) {
      hash.update(part);
      place = await this.#sendPart(place, part, size);
      size += part.length;
    }
    const digest = `sha256:${hash.digest("hex")}`;
    await this.#finish(place, digest, size);
    return { digest, size };
  }

  /** Sends a part, and again what the registry says that it did not take of it. */
  async #sendPart(start: URL, part: Buffer, offset: number): Promise<URL> {
    let place = start;
    let done = 0;
    for (let attempt = 0; attempt <= MOST_RETRIES; attempt++) {
      const headers = {
        "content-type": "application/octet-stream",
        "content-range": `${offset + done}-${offset + part.length - 1}`,
      };
      const answer = await this.#ask("PATCH", place, headers, part.subarray(done));
      if (answer.status >= 500) throw this.#brokenOff(answer);
      if (answer.status !== 202 && answer.status !== 204) throw this.#refused(answer, "what was sent");
      place = this.#uploadIn(answer, place);
      const taken = (takenIn(answer) ?? offset + part.length) - offset;
      if (taken >= part.length) return place;
      if (taken < done) throw this.#problem("loses what it was sent", { passing: true });
      done = taken;
    }
    throw this.#problem("does not take what it is sent");
  }

  async #finish(place: URL, digest: string, size: number): Promise<void> {
    place.searchParams.set("digest", digest);
    const done = await this.#ask("PUT", place, { "content-length": "0" }, undefined, MAX_MANIFEST, size);
    if (done.status >= 500) throw this.#brokenOff(done);
    if (done.status !== 201) throw this.#refused(done, "what was sent");
  }

  #brokenOff(answer: Answer): RegistryProblem {
    return new BrokenOff(`${this.place.host} broke off an upload with status ${answer.status}`, answer);
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
    if (NO_STREAM.has(sent.status)) throw new NoStream();
    // What is lost to a login that ran out on the way is sent again with a new one.
    if (sent.status === 401 || sent.status === 429 || sent.status >= 500) throw this.#brokenOff(sent);
    if (sent.status !== 202 && sent.status !== 204) throw this.#refused(sent, "what was sent");
    const digest = `sha256:${hash.digest("hex")}`;
    try {
      await this.#finish(this.#uploadIn(sent, place), digest, size);
    } catch (error) {
      // Not every registry that says a smaller number means it.
      const taken = takenIn(sent) ?? size;
      if (!(error instanceof RegistryProblem) || taken >= size) throw error;
      throw this.#problem(`took ${taken} of ${size} bytes only`, { passing: true });
    }
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
    method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH",
    url: URL,
    headers: Readonly<Record<string, string>> = {},
    body?: Uint8Array,
    maxBytes = MAX_MANIFEST,
    /** What the registry has to look through before it answers. */
    gathered = 0,
  ): Promise<Answer> {
    const large = Math.max(body?.length ?? 0, maxBytes - MAX_MANIFEST);
    const timeout = this.#limits.timeout + Math.ceil(large / SLOW_LINE + gathered / SLOW_DISK);
    let asked = false;
    for (let attempt = 0; ; ) {
      const answer = await send(
        url,
        this.#host,
        { method, headers: this.#withLogin(url, headers), body, maxBytes },
        { ...this.#limits, timeout },
      );
      if (answer.status === 401 && !asked && url.host === this.#host) {
        asked = true;
        this.#challenge = answer;
        this.#authorization = await this.#authorize(answer);
      } else if ((answer.status === 429 || answer.status === 503) && attempt < MOST_RETRIES) {
        await this.#wait(attempt++, answer);
      } else return answer;
    }
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
    if (status === 429) return this.#problem("was asked too often and wants to be left alone for a while");
    if (status === 413) return this.#problem(`takes nothing as large as ${what}`);
    return this.#problem(`did not take or give ${what}: status ${status}`);
  }

  #problem(what: string, { passing = false, refused = false } = {}): RegistryProblem {
    return new RegistryProblem(`${this.place.host} ${what}`, passing, refused);
  }
}

/** A registry that stopped in the middle; asking again may help. */
class BrokenOff extends RegistryProblem {
  readonly answer: Answer;

  constructor(reason: string, answer: Answer) {
    super(reason, true);
    this.answer = answer;
  }
}

/** The registry takes no blob whose length is not known before. */
class NoStream extends RegistryProblem {
  constructor() {
    super("it takes no stream");
  }
}

/** How many bytes of an upload have arrived, where the registry says so (`Range: 0-999`). */
function takenIn({ headers }: Answer): number | undefined {
  const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(headers.get("range")?.trim() ?? "")?.[1];
  return last === undefined ? undefined : Number(last) + 1;
}

/** The bytes in pieces of one size, the last of which may be smaller. */
async function* inParts(bytes: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    let rest = chunk;
    while (length + rest.length >= size) {
      const room = size - length;
      yield Buffer.concat([...waiting, rest.subarray(0, room)]);
      rest = rest.subarray(room);
      waiting = [];
      length = 0;
    }
    if (rest.length > 0) waiting.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(waiting);
}

export const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
