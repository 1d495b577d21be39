import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readImage } from "../image.ts";
import { file, folder, hexOf, ociMembers, tar } from "../test-archives.ts";
import { registrySource } from "./registry.ts";

const BASE = tar(
  folder("bin"),
  file("bin/job", "#!/bin/sh\n", 0o755),
  file("big", Buffer.alloc(300_000, "ab\n")),
);
const TOP = tar(file("data.csv", "a,b\n"));
const FILES = ociMembers([
  { layers: [BASE, TOP], platform: { os: "linux", architecture: "amd64" }, packing: "gzip" },
  { layers: [TOP], platform: { os: "linux", architecture: "arm64" }, packing: "gzip" },
]);
const PLAIN = ociMembers([{ layers: [BASE] }]);
const INDEX = FILES.get("index.json") ?? Buffer.alloc(0);

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
let server: Server;
let host: string;
let handler: Handler;
let seen: { url: string; range: string | undefined; authorization: string | undefined }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const { range, authorization } = request.headers;
    seen.push({ url: request.url ?? "", range, authorization });
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  seen = [];
});

const contentOf = (url: string, files: ReadonlyMap<string, Buffer> = FILES): Buffer | undefined => {
  const [, kind, name = ""] = /\/v2\/lab\/job\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
  if (kind === "manifests" && name === "1") return files.get("index.json");
  return files.get(`blobs/${name.replace(":", "/")}`);
};

/** Answers as a registry does, ranges included. */
const has =
  (files = FILES): Handler =>
  (request, response) => {
    const bytes = contentOf(request.url ?? "", files);
    if (bytes === undefined) return void response.writeHead(404).end();
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, {
      "content-length": bytes.length - from,
      ...(from > 0 ? { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    response.end(bytes.subarray(from));
  };

const isLayer = (url: string, files = FILES): boolean => {
  const bytes = contentOf(url, files);
  return url.includes("/blobs/") && bytes !== undefined && (bytes[0] === 0x1f || bytes.length > 100_000);
};

const read = (name = `${host}/lab/job:1`, timeout = 5000) =>
  readImage(registrySource(name, { credentials: () => Promise.resolve(undefined), timeout, pause: 1 }), {
    collectors: [],
    platform: { os: "linux", architecture: "amd64" },
    verify: true,
  });

describe("an image in a registry", { timeout: 30_000 }, () => {
  it("is read and compared with its digests", async () => {
    handler = has();
    const image = await read();
    expect([...image.tree.below("/")].map(({ path }) => path)).toEqual([
      "/bin",
      "/bin/job",
      "/big",
      "/data.csv",
    ]);
    expect(image).toMatchObject({ digests: { verified: true }, otherPlatforms: ["linux/arm64"] });
    expect(image.layers).toMatchObject([{ compression: "gzip" }, { compression: "gzip" }]);
    const digest = `sha256:${hexOf(INDEX)}`;
    handler = (request, response) =>
      has()(
        { ...request, url: request.url?.replace(digest, "1"), headers: request.headers } as IncomingMessage,
        response,
      );
    expect((await read(`${host}/lab/job@${digest}`)).layers).toHaveLength(2);
    await expect(read(`${host}/lab/job@sha256:${"0".repeat(64)}`)).rejects.toMatchObject({
      code: "registry.failed",
    });
  });

  it("is taken up again where connections break off, with ranges or without", async () => {
    for (const ranges of [true, false]) {
      let broken = 0;
      handler = (request, response) => {
        const bytes = contentOf(request.url ?? "", PLAIN);
        if (bytes === undefined || !isLayer(request.url ?? "", PLAIN) || broken >= 3) {
          if (!ranges) request.headers.range = "";
          return has(PLAIN)(request, response);
        }
        broken++;
        const from = ranges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0) : 0;
        response.writeHead(from > 0 ? 206 : 200, {
          "content-length": bytes.length - from,
          ...(from > 0 ? { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
        });
        response.write(bytes.subarray(from, from + 90_000));
        setTimeout(() => request.socket.destroy(), 20);
      };
      expect((await read()).tree.files).toBe(2);
      expect(broken).toBe(3);
    }
    expect(seen.some(({ range }) => range !== undefined)).toBe(true);
  });

  it("waits where it is asked to, and tries again where the registry fails", async () => {
    let refused = 0;
    handler = (request, response) => {
      if (refused < 3) {
        const status = [429, 500, 503][refused++] ?? 500;
        return void response.writeHead(status, status === 429 ? { "retry-after": "0.01" } : {}).end();
      }
      has()(request, response);
    };
    expect((await read()).layers).toHaveLength(2);
  });

  it("shows a token to the registry, and to nobody that it is sent on to", async () => {
    const other = host.replace("127.0.0.1", "localhost");
    handler = (request, response) => {
      if (request.url?.startsWith("/token")) return void response.end(JSON.stringify({ token: "t0ken" }));
      if (request.headers.host === other) return has()(request, response);
      if (request.headers.authorization !== "Bearer t0ken")
        return void response
          .writeHead(401, { "www-authenticate": `Bearer realm="http://${host}/token"` })
          .end();
      if (isLayer(request.url ?? ""))
        return void response.writeHead(307, { location: `http://${other}${request.url}` }).end();
      has()(request, response);
    };
    expect((await read()).layers).toHaveLength(2);
    expect(seen.filter(({ url, authorization }) => isLayer(url) && authorization === undefined)).toHaveLength(
      2,
    );
  });

  const layers =
    (how: (bytes: Buffer, response: ServerResponse, request: IncomingMessage) => void): Handler =>
    (request, response) => {
      const bytes = contentOf(request.url ?? "");
      if (bytes !== undefined && isLayer(request.url ?? "")) how(bytes, response, request);
      else has()(request, response);
    };

  it.each<[string, Handler, RegExp | string]>([
    ["has no such image", (_request, response) => void response.writeHead(404).end(), /has no lab\/job:1/],
    ["wants a login", (_request, response) => void response.writeHead(401).end(), /after a login only/],
    ["is always busy", (_request, response) => void response.writeHead(429).end(), /asked too often/],
    [
      "wants an hour's rest",
      (_request, response) => void response.writeHead(429, { "retry-after": "3600" }).end(),
      /asked too often/,
    ],
    ["always fails", (_request, response) => void response.writeHead(500).end(), /status 500/],
    ["says nothing", () => {}, /did not answer/],
    ["sends a web page", (_request, response) => void response.end("<html>"), "image.invalid"],
    [
      "sends an endless manifest",
      (_request, response) => {
        const more = (): void => {
          while (response.writable && response.write(Buffer.alloc(1024 * 1024, 32)));
          if (response.writable) response.once("drain", more);
        };
        more();
      },
      /sends more than/,
    ],
    [
      "stops in the middle of layers",
      layers((bytes, response) => {
        response.writeHead(200, { "content-length": bytes.length });
        response.write(bytes.subarray(0, 10));
      }),
      /did not go on/,
    ],
    [
      "drips",
      layers((bytes, response) => {
        response.writeHead(200, { "content-length": bytes.length });
        const timer = setInterval(() => response.write("x"), 50);
        response.on("close", () => clearInterval(timer));
      }),
      /did not go on/,
    ],
    [
      "says that a layer is shorter",
      layers((bytes, response) => {
        response.writeHead(200, { "content-length": 10 });
        response.end(bytes.subarray(0, 10));
      }),
      /says that a layer has 10 bytes/,
    ],
    [
      "says that a layer is longer",
      layers((bytes, response) => {
        response.writeHead(200, { "content-length": bytes.length + 1 });
        response.end(Buffer.concat([bytes, Buffer.from("x")]));
      }),
      /says that a layer has/,
    ],
    [
      "sends more than there is",
      layers((bytes, response) => {
        response.writeHead(200);
        response.end(Buffer.concat([bytes, Buffer.alloc(100)]));
      }),
      /sends more of a layer/,
    ],
    [
      "sends less than there is",
      layers((bytes, response) => {
        response.writeHead(200);
        response.end(bytes.subarray(0, 10));
      }),
      /stopped in the middle/,
    ],
    [
      "sends another layer",
      layers((bytes, response) => void response.end(Buffer.from(bytes).fill(1, 20, 60))),
      "image.invalid",
    ],
    [
      "sends another part than was asked for",
      layers((bytes, response, request) => {
        if (request.headers.range === undefined) {
          response.writeHead(200, { "content-length": bytes.length });
          response.write(bytes.subarray(0, 100));
          setTimeout(() => request.socket.destroy(), 20);
          return;
        }
        response.writeHead(206, { "content-range": `bytes 0-${bytes.length - 1}/${bytes.length}` });
        response.end(bytes);
      }),
      /another part/,
    ],
    [
      "points to a private address",
      layers((_bytes, response) => void response.writeHead(307, { location: "https://10.0.0.1/x" }).end()),
      /not asked/,
    ],
    [
      "wants another login for layers",
      layers((_bytes, response) => void response.writeHead(401).end()),
      /after a login only/,
    ],
    [
      "is always busy with layers",
      layers((_bytes, response) => void response.writeHead(429).end()),
      /asked too often/,
    ],
    [
      "always fails with layers",
      layers((_bytes, response) => void response.writeHead(500).end()),
      /status 500/,
    ],
    [
      "points to a cloud's own data",
      layers(
        (_bytes, response) =>
          void response.writeHead(307, { location: "http://169.254.169.254/latest" }).end(),
      ),
      /not asked/,
    ],
    [
      "points in a circle",
      layers(
        (_bytes, response, request) => void response.writeHead(307, { location: request.url ?? "" }).end(),
      ),
      /from one address to the next/,
    ],
  ])("that %s is an error", async (title, how, reason) => {
    handler = how;
    const timeout = /^(?:says nothing|stops|drips)/.test(title) ? 150 : 10_000;
    const expected =
      typeof reason === "string"
        ? { code: reason }
        : { code: "registry.failed", message: expect.stringMatching(reason) };
    await expect(read(undefined, timeout)).rejects.toMatchObject(expected);
  });

  it("stops when it is told to", async () => {
    handler = () => {};
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("stop")), 50);
    const source = registrySource(`${host}/lab/job:1`, {
      credentials: () => Promise.resolve(undefined),
      signal: abort.signal,
    });
    const options = {
      collectors: [],
      platform: { os: "linux", architecture: "amd64" },
      verify: true,
      signal: abort.signal,
    };
    await expect(readImage(source, options)).rejects.toMatchObject({ code: "interrupted" });
  });
});
