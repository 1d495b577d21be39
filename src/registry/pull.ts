import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ImageReference } from "../dockerfile/image-reference.ts";
import { authorize, HUB, INDEXES, MANIFESTS, MAX_MANIFEST, type Place, placeOf } from "./client.ts";
import { type CredentialSource, storedCredentials } from "./credentials.ts";
import { type Limits, open, RegistryProblem, send, unreachable } from "./request.ts";

export interface PullOptions {
  readonly credentials?: CredentialSource;
  /** Milliseconds in which an answer has to begin, and each part of it to follow. */
  readonly timeout?: number;
  /** Milliseconds before the first new attempt; each further one waits twice as long. */
  readonly pause?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A blob as it comes, taken up again where a connection broke off. */
export interface BlobStream {
  next(): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

/** New attempts for one document or blob. */
const MOST_RETRIES = 4;
/** Attempts for one blob, however much each of them brought. */
const MOST_ATTEMPTS = 100;
/** What has to come within the time that an answer may take. */
const LEAST_PROGRESS = 64 * 1024;
/** A registry that wants to be left alone for longer is told to the user instead. */
const MOST_PATIENCE = 30_000;

/** One repository of a registry, to read an image from. What cannot be had fails with `RegistryProblem`. */
export class RegistryPull {
  readonly #place: Place;
  readonly #base: string;
  readonly #host: string;
  readonly #credentials: CredentialSource;
  readonly #limits: Limits;
  readonly #pause: number;
  #authorization: string | undefined;

  constructor(reference: ImageReference, options: PullOptions = {}) {
    const place = placeOf(reference);
    if (place === undefined)
      throw new RegistryProblem(`${reference.text.slice(0, 200)} is no name that a registry can have`);
    this.#place = place;
    this.#base = `${place.base}/v2/${place.repository}`;
    this.#host = new URL(this.#base).host;
    this.#credentials = options.credentials ?? storedCredentials();
    this.#limits = { timeout: options.timeout ?? 30_000, signal: options.signal };
    this.#pause = options.pause ?? 500;
  }

  /** The manifest or index of a tag or digest, compared with the digest that the registry tells, if it tells one. */
  async manifest(name: string): Promise<Buffer> {
    const { body, headers } = await this.#document(`manifests/${name}`, MAX_MANIFEST);
    const told = headers.get("docker-content-digest");
    if (told?.startsWith("sha256:") && told !== digestOf(body))
      throw this.#problem("named a digest that is not the one of what it sent");
    return body;
  }

  /** A small blob. */
  async document(digest: string, most: number): Promise<Buffer> {
    return (await this.#document(`blobs/${digest}`, most)).body;
  }

  async #document(path: string, maxBytes: number): Promise<{ body: Buffer; headers: Headers }> {
    const url = new URL(`${this.#base}/${path}`);
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await send(
          url,
          this.#host,
          { method: "GET", headers: this.#headers({ accept: ACCEPT }), maxBytes },
          this.#limits,
        );
        if (answer.status === 200) return answer;
        await this.#refused(answer, path, attempt);
      } catch (error) {
        await this.#again(error, attempt);
      }
    }
  }

  /** A layer. `size` is what the manifest says: more or less is an error. */
  blob(digest: string, size: number): BlobStream {
    let body: ReadableStreamDefaultReader<Uint8Array> | undefined;
    let abort: AbortController | undefined;
    let position = 0;
    /** Bytes to pass over, where a registry knows no ranges and starts anew. */
    let repeat = 0;
    let attempt = 0;
    /** Milliseconds waited, and bytes that came, since there last were enough of them. */
    let waited = 0;
    let came = 0;
    let attempts = 0;
    const close = async (): Promise<void> => {
      abort?.abort();
      await body?.cancel().catch(() => {});
      body = undefined;
    };
    const read = async (): Promise<Uint8Array | undefined> => {
      abort ??= new AbortController();
      const patience = Math.max(1, this.#limits.timeout - waited);
      const timer = setTimeout(() => abort?.abort(STALLED), patience);
      const start = performance.now();
      try {
        if (body === undefined) {
          const { signal } = this.#limits;
          // A listener of ours for each layer would stay with a signal that outlives them all.
          const stop = signal === undefined ? abort.signal : AbortSignal.any([abort.signal, signal]);
          const response = await this.#openBlob(digest, position, size, stop, attempt);
          repeat = response.status === 206 ? 0 : position;
          body = response.body?.getReader();
        }
        const { value } = (await body?.read()) ?? {};
        return value;
      } finally {
        clearTimeout(timer);
        waited += performance.now() - start;
      }
    };
    const next = async (): Promise<Buffer | undefined> => {
      for (;;) {
        if (position === size) {
          await close();
          return undefined;
        }
        try {
          const value = await read();
          if (value === undefined)
            throw new Interrupted(`${this.#name} stopped in the middle of a layer`, true);
          let chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
          const passed = Math.min(repeat, chunk.length);
          repeat -= passed;
          chunk = chunk.subarray(passed);
          if (position + chunk.length > size) throw this.#problem("sends more of a layer than there is");
          if (chunk.length === 0) continue;
          position += chunk.length;
          came += chunk.length;
          // A byte now and then is no answer.
          if (came >= LEAST_PROGRESS || position === size) {
            came = 0;
            waited = 0;
            attempt = 0;
          }
          return chunk;
        } catch (error) {
          const stalled = abort?.signal.reason === STALLED;
          await close();
          abort = undefined;
          waited = 0;
          if (++attempts > MOST_ATTEMPTS) attempt = MOST_RETRIES;
          const reason = stalled
            ? new Interrupted(
                `${this.#name} did not go on within ${this.#limits.timeout / 1000} seconds`,
                true,
              )
            : error;
          await this.#again(reason, attempt++);
        }
      }
    };
    return { next, close };
  }

  async #openBlob(
    digest: string,
    from: number,
    size: number,
    signal: AbortSignal,
    attempt: number,
  ): Promise<Response> {
    const url = new URL(`${this.#base}/blobs/${digest}`);
    // What was packed on the way would have another length.
    const headers = { "accept-encoding": "identity", ...(from === 0 ? {} : { range: `bytes=${from}-` }) };
    const ask = () => open(url, this.#host, { method: "GET", headers: this.#headers(headers) }, signal);
    let response = await ask();
    if (response.status === 401) {
      await response.body?.cancel();
      await this.#login(response);
      response = await ask();
    }
    if (response.status !== 200 && response.status !== 206) {
      await response.body?.cancel();
      await this.#refused(response, digest, attempt);
      throw new Interrupted(`${this.#name} answered with status ${response.status}`, true);
    }
    if (response.status === 206) {
      const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
      if (range === null || Number(range[1]) !== from)
        throw this.#problem("sends another part of a layer than was asked for");
    }
    const told = response.headers.get("content-length");
    const expected = response.status === 206 ? size - from : size;
    if (told !== null && Number(told) !== expected)
      throw this.#problem(
        `says that a layer has ${told.slice(0, 20)} bytes where the image's manifest says ${expected}`,
      );
    return response;
  }

  #headers(more: Readonly<Record<string, string>>): Record<string, string> {
    return this.#authorization === undefined ? more : { ...more, authorization: this.#authorization };
  }

  async #login(answer: { readonly headers: Headers }): Promise<void> {
    this.#authorization = undefined;
    this.#authorization = await authorize(answer, this.#place, this.#host, this.#credentials, this.#limits);
  }

  /** Makes the next attempt worth while, or says why there is none. */
  async #refused(
    answer: { readonly status: number; readonly headers: Headers },
    what: string,
    attempt: number,
  ): Promise<void> {
    const { repository, tag } = this.#place;
    const { status, headers } = answer;
    if (status === 401 && attempt === 0) return this.#login(answer);
    if (status === 401 || status === 403)
      throw this.#problem(`does not have ${repository}, or shows it after a login only`);
    if (status === 404)
      throw this.#problem(
        what.startsWith("manifests/") ? `has no ${repository}:${tag}` : `lacks a part of ${repository}`,
      );
    if (status === 429) {
      const seconds = Number(headers.get("retry-after"));
      const wait = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : this.#pause * 2 ** attempt;
      if (attempt >= MOST_RETRIES || wait > MOST_PATIENCE)
        throw this.#problem("was asked too often and wants to be left alone for a while");
      await sleep(wait, undefined, signalOption(this.#limits.signal));
      return;
    }
    if (status < 500) throw this.#problem(`answered with status ${status}`);
    throw new Interrupted(`${this.#name} answered with status ${status}`, true);
  }

  /** Waits before another attempt, or fails for good. */
  async #again(error: unknown, attempt: number): Promise<void> {
    this.#limits.signal?.throwIfAborted();
    if (error instanceof RegistryProblem && !error.unreachable) throw error;
    const problem = error instanceof RegistryProblem ? error : unreachable(this.#name, error);
    if (attempt >= MOST_RETRIES) throw problem;
    await sleep(this.#pause * 2 ** attempt, undefined, signalOption(this.#limits.signal));
  }

  /** As users know it. */
  get #name(): string {
    return this.#host.replace(HUB, "docker.io");
  }

  #problem(what: string): RegistryProblem {
    return new RegistryProblem(`${this.#name} ${what}`);
  }
}

/** What may go well another time. */
class Interrupted extends RegistryProblem {}

const STALLED = new Error("stalled");
const ACCEPT = [...INDEXES, ...MANIFESTS].join(", ");

const signalOption = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal });
const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
