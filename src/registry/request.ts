/** One request to a registry, with its limits: time, size, and where it may be sent on to. */

/** What a registry did that cannot be used, in words for the user. */
export class RegistryProblem extends Error {
  /** True when nothing answered at all, so that asking again is of no use. */
  readonly unreachable: boolean;
  /** True when it answered that whoever asks may not. */
  readonly refused: boolean;

  constructor(reason: string, unreachable = false, refused = false) {
    super(reason);
    this.unreachable = unreachable;
    this.refused = refused;
  }
}

export interface Limits {
  /** Milliseconds for one request, its body included. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

interface Request {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  readonly maxBytes: number;
}

/** A body that is made as it is sent. It cannot be sent twice, so the answer may not point elsewhere. */
interface StreamRequest {
  readonly method: "PATCH";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
  readonly maxBytes: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

const MOST_REDIRECTS = 3;

/** Milliseconds for which a registry asks to be left alone (RFC 9110, Retry-After: seconds, or a date). */
export function retryAfter({ headers }: Pick<Answer, "headers">, now = Date.now()): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Sends a request and reads the whole answer, within `limits.timeout`. */
export async function send(url: URL, registry: string, request: Request, limits: Limits): Promise<Answer> {
  const timer = AbortSignal.timeout(limits.timeout);
  const signal = limits.signal === undefined ? timer : AbortSignal.any([timer, limits.signal]);
  try {
    const response = await open(url, registry, request, signal);
    return {
      status: response.status,
      headers: response.headers,
      body: await readBody(response, request.maxBytes, registry),
    };
  } catch (error) {
    if (error instanceof RegistryProblem) throw error;
    limits.signal?.throwIfAborted();
    if (timer.aborted)
      throw new RegistryProblem(`${registry} did not answer within ${limits.timeout / 1000} seconds`, true);
    throw unreachable(registry, error);
  }
}

/**
 * Sends what `body` yields. `limits.timeout` is how long it may stand still, and how long the answer may take after the
 * last byte. What `body` throws comes out as it is.
 */
export async function sendStream(
  url: URL,
  registry: string,
  { method, headers, body, maxBytes }: StreamRequest,
  { timeout, signal }: Limits,
): Promise<Answer> {
  if (!mayAsk(url, registry)) throw new RegistryProblem(`${registry} points to an address that is not asked`);
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), timeout);
  let failure: unknown;
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        timer.refresh();
        yield chunk;
      }
      timer.refresh();
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  try {
    const stop = signal === undefined ? stalled.signal : AbortSignal.any([stalled.signal, signal]);
    // Node's fetch takes generators and wants to know that it may not wait for an answer; its types have neither.
    const asked = {
      method,
      headers,
      body: watched() as unknown as ReadableStream<Uint8Array>,
      duplex: "half",
      redirect: "manual" as const,
      signal: stop,
    };
    const response = await fetch(url, asked);
    return {
      status: response.status,
      headers: response.headers,
      body: await readBody(response, maxBytes, registry),
    };
  } catch (error) {
    if (failure !== undefined) throw failure;
    if (error instanceof RegistryProblem) throw error;
    signal?.throwIfAborted();
    if (stalled.signal.aborted)
      throw new RegistryProblem(`${registry} took nothing more for ${timeout / 1000} seconds`, true);
    throw unreachable(registry, error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Sends a request and follows where it is sent on to; the body is still to be read. `registry` is the host that the user
 * named: only there may plain HTTP, this machine or a bare address be used. Anything that a registry points to must have
 * a name and a certificate for it, which keeps it from sending us to services inside the user's network.
 */
export async function open(
  url: URL,
  registry: string,
  request: Pick<Request, "method" | "headers" | "body">,
  signal: AbortSignal,
): Promise<Response> {
  let target = url;
  let headers = request.headers;
  for (let turn = 0; turn <= MOST_REDIRECTS; turn++) {
    if (!mayAsk(target, registry))
      throw new RegistryProblem(`${registry} points to an address that is not asked`);
    const { method } = request;
    // Nothing here shares memory between threads.
    const body = (request.body as Uint8Array<ArrayBuffer> | undefined) ?? null;
    const response = await fetch(target, { method, headers, body, redirect: "manual", signal });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    const next = URL.canParse(location, target) ? new URL(location, target) : undefined;
    if (next === undefined) throw new RegistryProblem(`${registry} points to an address that is not asked`);
    // A login is for the one who asked for it.
    if (next.origin !== target.origin) {
      const { authorization: _dropped, ...others } = headers;
      headers = others;
    }
    target = next;
  }
  throw new RegistryProblem(`${registry} points from one address to the next`);
}

export const unreachable = (registry: string, error: unknown): RegistryProblem =>
  new RegistryProblem(`${registry} cannot be reached${codeOf(error)}`, true);

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && typeof cause.code === "string"
    ? ` (${cause.code})`
    : "";
}

async function readBody(response: Response, maxBytes: number, registry: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    // Leaving the loop ends the transfer.
    if (size > maxBytes)
      throw new RegistryProblem(`${registry} sends more than an image's manifest can hold`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function mayAsk(url: URL, registry: string): boolean {
  if (url.username !== "" || url.password !== "") return false;
  const named = hostName(registry);
  if (url.protocol === "http:") return isLoopback(named) && isLoopback(url.hostname);
  return url.protocol === "https:" && (url.hostname === named || isName(url.hostname));
}

/** A name with a dot, so neither an address nor a machine next door. */
const isName = (host: string): boolean =>
  /\.[a-z][a-z0-9-]*$/i.test(host) && !/\.(?:local|internal|localhost)$/i.test(host);

const hostName = (registry: string): string => registry.replace(/:\d+$/, "").toLowerCase();

/** True for the machine itself, whose registries speak plain HTTP. */
export const isLoopback = (host: string): boolean =>
  /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(host.replace(/:\d+$/, "").toLowerCase());
