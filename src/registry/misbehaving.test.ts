import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parseImageReference } from "../dockerfile/image-reference.ts";
import { RegistryRepository } from "./repository.ts";
import { RegistryProblem, retryAfter } from "./request.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  vi.unstubAllGlobals();
  for (const stop of stops.splice(0)) stop();
});

const BYTES = randomBytes(100_000);
const DIGEST = `sha256:${createHash("sha256").update(BYTES).digest("hex")}`;
const LOGIN = `Basic ${Buffer.from("lab:secret").toString("base64")}`;

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}
type Reply = (asked: Asked, before: readonly Asked[]) => [status: number, headers?: Record<string, string>];

/** A server that answers as it is told, and remembers what it was asked. */
async function server(reply: Reply) {
  const asked: Asked[] = [];
  const http = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = "", url = "", headers } = request;
    const now = { method, path: url, headers, body: Buffer.concat(parts) };
    const [status, answer = {}] = reply(now, asked);
    asked.push(now);
    response.writeHead(status, answer).end();
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    http.closeAllConnections();
    http.close();
  });
  return { host: `127.0.0.1:${(http.address() as AddressInfo).port}`, asked };
}

const repository = (host: string) =>
  new RegistryRepository(parseImageReference(`${host}/lab/job`), "write", {
    credentials: async () => LOGIN,
    pause: 1,
    timeout: 2000,
  });
async function* bytes(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < BYTES.length; at += 30_000) yield BYTES.subarray(at, at + 30_000);
}
const count = (asked: readonly Asked[], method: string): number =>
  asked.filter((one) => one.method === method).length;

describe("a registry that misbehaves", () => {
  it("gets no login for another host that it sends the upload to", async () => {
    const other = await server(({ method }) => [method === "PUT" ? 201 : 202]);
    const first = await server(({ headers }) =>
      headers.authorization === LOGIN
        ? [202, { location: `http://${other.host}/upload/1` }]
        : [401, { "www-authenticate": 'Basic realm="r"' }],
    );
    expect(await repository(first.host).sendBlob(bytes)).toEqual({ digest: DIGEST, size: BYTES.length });
    expect(first.asked.at(-1)?.headers.authorization).toBe(LOGIN);
    expect(other.asked.map(({ method }) => method)).toEqual(["PATCH", "PUT"]);
    for (const { headers } of other.asked) expect(headers).not.toHaveProperty("authorization");
  });

  it.each(["http://127.0.0.1:9/upload", "https://10.0.0.1/upload", "https://metadata.internal/upload"])(
    "cannot send an upload to %s",
    async (location) => {
      const urls: string[] = [];
      vi.stubGlobal("fetch", async (url: URL) => {
        urls.push(url.host);
        return new Response(null, { status: 202, headers: { location } });
      });
      await expect(repository("registry.example.org").sendBlob(bytes)).rejects.toThrow(
        "points to an address that is not asked",
      );
      expect(new Set(urls)).toEqual(new Set(["registry.example.org"]));
    },
  );

  it("cannot send a request on to this machine", async () => {
    const urls: string[] = [];
    vi.stubGlobal("fetch", async (url: URL) => {
      urls.push(url.host);
      return new Response(null, { status: 307, headers: { location: "http://localhost/v2/" } });
    });
    await expect(repository("registry.example.org").manifest("1")).rejects.toThrow("not asked");
    expect(urls).toEqual(["registry.example.org"]);
  });

  it("may ask for a login for ever, and is asked a few times", async () => {
    const { host, asked } = await server(() => [401, { "www-authenticate": 'Basic realm="r"' }]);
    await expect(repository(host).sendBlob(bytes)).rejects.toThrow("does not let this login write");
    expect(asked.length).toBeLessThan(5);
  });

  it("may say for ever that it is at it", async () => {
    const { host, asked } = await server(() => [202, { location: "/v2/lab/job/blobs/uploads/1" }]);
    await expect(repository(host).sendBlob(bytes)).rejects.toThrow("status 202");
    expect(asked.map(({ method }) => method)).toEqual(["POST", "PATCH", "PUT"]);
  });

  it("may send from one address to the next", async () => {
    const { host, asked } = await server((_, before) => [307, { location: `/${before.length}` }]);
    await expect(repository(host).manifest("1")).rejects.toThrow("from one address to the next");
    expect(asked.length).toBeLessThan(6);
  });

  it("may lose a part of the stream, which is sent anew", async () => {
    const location = "/v2/lab/job/blobs/uploads/1";
    const { host, asked } = await server(({ method }, before) => {
      const first = count(before, "POST") === 1;
      if (method === "PATCH") return [202, { location, range: first ? "0-999" : `0-${BYTES.length - 1}` }];
      return method === "PUT" ? [first ? 400 : 201] : [202, { location }];
    });
    expect((await repository(host).sendBlob(bytes)).digest).toBe(DIGEST);
    expect(count(asked, "PATCH")).toBe(2);
  });

  it("may lose it every time, and is given up", async () => {
    const location = "/v2/lab/job/blobs/uploads/1";
    const { host, asked } = await server(({ method }) =>
      method === "PUT" ? [400] : [202, { location, range: "0-0" }],
    );
    await expect(repository(host).sendBlob(bytes)).rejects.toThrow(`took 1 of ${BYTES.length} bytes only`);
    expect(count(asked, "PATCH")).toBe(5);
  });
});

describe("a registry that takes no stream", () => {
  /** Takes parts of known length alone; at most `most` bytes of each. */
  async function inParts(status: number, most: number) {
    let whole = Buffer.alloc(0);
    const location = "/v2/lab/job/blobs/uploads/1";
    const { host, asked } = await server(({ method, headers, body, path }) => {
      if (method === "POST") {
        whole = Buffer.alloc(0);
        return [202, { location, "oci-chunk-min-length": "1000" }];
      }
      if (method === "PATCH" && headers["content-range"] === undefined) return [status];
      if (method === "PATCH") {
        expect(headers["content-length"]).toBe(String(body.length));
        expect(headers["content-range"]).toBe(`${whole.length}-${whole.length + body.length - 1}`);
        whole = Buffer.concat([whole, body.subarray(0, most)]);
        return [202, { location, range: `0-${whole.length - 1}` }];
      }
      return [path.endsWith(encodeURIComponent(DIGEST)) ? 201 : 400];
    });
    return { host, asked, whole: () => whole };
  }

  it.each([411, 413, 416, 501])("and says %d gets it in parts, the next blob too", async (status) => {
    const { host, asked, whole } = await inParts(status, 1e9);
    const lab = repository(host);
    for (const streams of [1, 0]) {
      const before = asked.length;
      expect(await lab.sendBlob(bytes)).toEqual({ digest: DIGEST, size: BYTES.length });
      expect(whole().equals(BYTES)).toBe(true);
      const sent = asked.slice(before).filter(({ method }) => method === "PATCH");
      expect(sent.filter(({ headers }) => headers["content-range"] === undefined)).toHaveLength(streams);
    }
  });

  it("gets again what it did not take of a part", async () => {
    const { host, whole } = await inParts(411, 40_000);
    expect((await repository(host).sendBlob(bytes)).digest).toBe(DIGEST);
    expect(whole().equals(BYTES)).toBe(true);
  });

  it("is given up where it takes nothing", async () => {
    const { host } = await inParts(411, 1);
    await expect(repository(host).sendBlob(bytes)).rejects.toThrow("does not take what it is sent");
  });
});

describe("a registry that has no time", () => {
  const OK: [number, Record<string, string>] = [200, { "content-length": "5" }];

  it.each([429, 503])("is asked again after a while (%d)", async (status) => {
    const { host, asked } = await server((_, before) =>
      before.length < 2 ? [status, { "retry-after": "0" }] : OK,
    );
    expect(await repository(host).blobSize(DIGEST)).toBe(5);
    expect(asked).toHaveLength(3);
  });

  it("is not waited for longer than people would", async () => {
    const { host, asked } = await server(() => [429, { "retry-after": "3600" }]);
    await expect(repository(host).blobSize(DIGEST)).rejects.toThrow("left alone for 3600 seconds");
    expect(asked).toHaveLength(1);
  });

  it("is given up when it never has", async () => {
    const { host, asked } = await server(() => [429]);
    await expect(repository(host).manifest("1")).rejects.toThrow("was asked too often");
    expect(asked).toHaveLength(5);
  });

  it.each([
    ["5", 5000],
    ["Thu, 26 Nov 2026 12:00:30 GMT", 30_000],
    ["Thu, 26 Nov 2026 11:00:00 GMT", 0],
    ["soon", undefined],
    ["-1", undefined],
  ])("says %j", (text, expected) => {
    const now = Date.UTC(2026, 10, 26, 12);
    expect(retryAfter({ headers: new Headers({ "retry-after": text }) }, now)).toBe(expected);
  });
});

it("has problems of one kind alone", async () => {
  const { host } = await server(() => [418]);
  await expect(repository(host).sendBlob(bytes)).rejects.toBeInstanceOf(RegistryProblem);
});
