import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseImageReference } from "../dockerfile/image-reference.ts";
import { type DigestAnswer, registryClient } from "./client.ts";
import { storedCredentials } from "./credentials.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] });
const DIGEST = `sha256:${createHash("sha256").update(MANIFEST).digest("hex")}`;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
let server: Server;
let host: string;
let handler: Handler;
let seen: { method: string; url: string; authorization: string | undefined; accept: string | undefined }[] =
  [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const { authorization, accept } = request.headers;
    seen.push({ method: request.method ?? "", url: request.url ?? "", authorization, accept });
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

const nobody = (): Promise<undefined> => Promise.resolve(undefined);
const ask = (name: string, options: Parameters<typeof registryClient>[0] = {}): Promise<DigestAnswer> =>
  registryClient({ credentials: nobody, timeout: 10_000, ...options })(parseImageReference(name));

/** Answers as a registry that has the image. */
const has: Handler = (request, response) => {
  response.writeHead(200, { "content-type": INDEX, "docker-content-digest": DIGEST });
  response.end(request.method === "HEAD" ? undefined : MANIFEST);
};
const answers =
  (status: number, headers: Record<string, string> = {}, body = ""): Handler =>
  (_request, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };

describe("a registry's client", () => {
  it("asks for the digest of an index, and does not fetch it", async () => {
    handler = has;
    expect(await ask(`${host}/lab/tool:1.2`)).toEqual({ digest: DIGEST });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: "HEAD",
      url: "/v2/lab/tool/manifests/1.2",
      authorization: undefined,
    });
    expect(seen[0]?.accept).toMatch(
      /oci\.image\.index.*manifest\.list\.v2.*oci\.image\.manifest.*manifest\.v2/,
    );
    expect(await ask(`${host}/lab/tool`)).toEqual({ digest: DIGEST });
    expect(seen[1]?.url).toBe("/v2/lab/tool/manifests/latest");
  });

  it("fetches an anonymous token where one is asked for", async () => {
    handler = (request, response) => {
      if (request.url?.startsWith("/token")) {
        expect(request.headers.authorization).toBeUndefined();
        expect(new URL(request.url, "http://x").searchParams.toString()).toBe(
          "service=the+registry&scope=repository%3Alab%2Ftool%3Apull",
        );
        answers(200, {}, JSON.stringify({ token: "t0ken" }))(request, response);
      } else if (request.headers.authorization === "Bearer t0ken") {
        has(request, response);
      } else {
        answers(401, {
          "www-authenticate": `Bearer realm="http://${host}/token",service="the registry",scope="repository:evil:push"`,
        })(request, response);
      }
    };
    expect(await ask(`${host}/lab/tool:1`)).toEqual({ digest: DIGEST });
    expect(seen.map(({ method, url }) => `${method} ${url.slice(0, 3)}`)).toEqual([
      "HEAD /v2",
      "GET /to",
      "HEAD /v2",
    ]);
  });

  it("shows a login to the one who asks for it", async () => {
    const login = `Basic ${Buffer.from("me:secret").toString("base64")}`;
    const credentials = (): Promise<string> => Promise.resolve(login);
    handler = (request, response) =>
      request.headers.authorization === login
        ? has(request, response)
        : answers(401, { "www-authenticate": 'Basic realm="x"' })(request, response);
    expect(await ask(`${host}/lab/tool:1`, { credentials })).toEqual({ digest: DIGEST });
    expect(await ask(`${host}/lab/tool:1`)).toEqual({ reason: `${host} shows lab/tool after a login only` });
  });

  it("checks what is sent where the digest is not told", async () => {
    handler = (_request, response) => {
      response.writeHead(200, { "content-type": `${INDEX}; charset=utf-8` });
      response.end(MANIFEST);
    };
    expect(await ask(`${host}/lab/tool:1`)).toEqual({ digest: DIGEST });
    expect(seen.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
  });

  it.each<[string, Handler, RegExp]>([
    ["no such tag", answers(404), /has no lab\/tool:1$/],
    ["a login is needed", answers(403), /after a login only$/],
    ["asked too often", answers(429), /asked too often/],
    ["a fault", answers(503), /answered with status 503$/],
    ["a challenge without an address", answers(401, { "www-authenticate": "Bearer" }), /after a login only$/],
    [
      "a web page",
      answers(200, { "content-type": "text/html", "docker-content-digest": DIGEST }, "<html>"),
      /no image$/,
    ],
    [
      "an old kind of manifest",
      answers(
        200,
        {
          "content-type": "application/vnd.docker.distribution.manifest.v1+prettyjws",
          "docker-content-digest": DIGEST,
        },
        "{}",
      ),
      /no image$/,
    ],
    ["no JSON", answers(200, { "content-type": INDEX }, "nonsense"), /no image$/],
    [
      "another digest than that of what it sends",
      (request, response) =>
        request.method === "HEAD"
          ? answers(405)(request, response)
          : answers(
              200,
              { "content-type": INDEX, "docker-content-digest": `sha256:${"0".repeat(64)}` },
              MANIFEST,
            )(request, response),
      /not the one of what it sent$/,
    ],
    [
      "no digest at all",
      answers(200, { "content-type": INDEX, "docker-content-digest": "sha256:; rm -rf /" }, MANIFEST),
      /not the one of what it sent$/,
    ],
    [
      "a huge answer",
      (request, response) => {
        response.writeHead(200, { "content-type": INDEX });
        if (request.method === "HEAD") return void response.end();
        const chunk = Buffer.alloc(1024 * 1024, 32);
        const more = (): void => {
          while (response.writable && response.write(chunk));
          if (response.writable) response.once("drain", more);
        };
        more();
      },
      /sends more than/,
    ],
    ["silence", () => {}, /did not answer within 0.4 seconds$/],
    [
      "a slow body",
      (request, response) => {
        response.writeHead(200, { "content-type": INDEX });
        if (request.method === "HEAD") response.end();
        else response.write("{");
      },
      /did not answer within 0.4 seconds$/,
    ],
    ["a cut connection", (request) => void request.socket.destroy(), /cannot be reached/],
    ["a circle", answers(302, { location: "/v2/lab/tool/manifests/1" }), /from one address to the next$/],
    [
      "plain HTTP elsewhere",
      answers(302, { location: "http://example.org/x" }),
      /address that is not asked$/,
    ],
    [
      "an address inside the network",
      answers(307, { location: "https://10.0.0.1/x" }),
      /address that is not asked$/,
    ],
    [
      "a cloud's metadata",
      answers(307, { location: "http://169.254.169.254/latest" }),
      /address that is not asked$/,
    ],
    ["a file", answers(302, { location: "file:///etc/passwd" }), /address that is not asked$/],
    [
      "a token from inside the network",
      answers(401, { "www-authenticate": 'Bearer realm="https://metadata.internal/token"' }),
      /address that is not asked$/,
    ],
  ])("gives a reason for %s", async (title, how, reason) => {
    handler = how;
    const timeout = title === "silence" || title === "a slow body" ? 400 : 10_000;
    expect(await ask(`${host}/lab/tool:1`, { timeout })).toEqual({ reason: expect.stringMatching(reason) });
  });

  it("follows a redirect, without the login where it leads elsewhere", async () => {
    const other = host.replace("127.0.0.1", "localhost");
    const credentials = (): Promise<string> => Promise.resolve("Basic bWU6c2VjcmV0");
    handler = (request, response) => {
      if (request.headers.host === other) has(request, response);
      else if (request.headers.authorization === undefined)
        answers(401, { "www-authenticate": 'Basic realm="x"' })(request, response);
      else answers(307, { location: `http://${other}/elsewhere` })(request, response);
    };
    expect(await ask(`${host}/lab/tool:1`, { credentials })).toEqual({ digest: DIGEST });
    expect(seen.map(({ authorization }) => authorization)).toEqual([
      undefined,
      "Basic bWU6c2VjcmV0",
      undefined,
    ]);
  });

  it.each([
    "UPPER/tool:1",
    "lab/../tool:1",
    "lab/tool:a/b",
    "lab/tool:?x",
    "lab//tool",
    "lab/tool:#",
    "lab/%2e%2e/tool",
  ])("does not ask for %s", async (name) => {
    handler = has;
    expect(await ask(`${host}/${name}`)).toEqual({
      reason: expect.stringMatching(/no name that a registry can have$/),
    });
    expect(seen).toEqual([]);
  });

  it.each(["evil.org:1:2/tool", "exa mple.org/tool", "a_b.org/tool", "[::1/tool", "a.b:99999999/tool"])(
    "does not ask at %s",
    async (name) => {
      expect(await ask(name)).toEqual({ reason: expect.stringMatching(/no name that a registry can have$/) });
    },
  );

  it("asks once for one image, and gives a silent registry up", async () => {
    handler = has;
    const client = registryClient({ credentials: nobody, timeout: 300 });
    await Promise.all([
      client(parseImageReference(`${host}/a:1`)),
      client(parseImageReference(`${host}/a:1`)),
    ]);
    expect(seen).toHaveLength(1);
    handler = () => {};
    await client(parseImageReference(`${host}/a:2`));
    expect(await client(parseImageReference(`${host}/a:3`))).toEqual({
      reason: expect.stringContaining("did not answer"),
    });
    expect(seen).toHaveLength(2);
  });

  it("stops when it is told to", async () => {
    handler = () => {};
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("stopped")), 50);
    await expect(ask(`${host}/a:1`, { timeout: 5000, signal: abort.signal })).rejects.toThrow("stopped");
  });
});

describe("stored logins", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "pratique-logins-"));
    return () => rmSync(home, { recursive: true, force: true });
  });
  const write = (path: string, content: unknown): void => {
    mkdirSync(join(home, path, ".."), { recursive: true });
    writeFileSync(join(home, path), typeof content === "string" ? content : JSON.stringify(content));
  };

  it("are those of Docker and Podman, Podman's first and the closest first", async () => {
    write(".docker/config.json", {
      auths: {
        "https://index.docker.io/v1/": { auth: "ZG9ja2Vy" },
        "ghcr.io": { auth: "Z2hjcg==" },
        "quay.io": {},
      },
    });
    write(".config/containers/auth.json", {
      auths: { "ghcr.io/lab": { auth: "bGFi" }, "docker.io": { auth: "cG9kbWFu" } },
    });
    const source = storedCredentials({}, home);
    expect(await source("docker.io", "library/python")).toBe("Basic cG9kbWFu");
    expect(await source("ghcr.io", "lab/tool")).toBe("Basic bGFi");
    expect(await source("ghcr.io", "labs/tool")).toBe("Basic Z2hjcg==");
    expect(await source("quay.io", "x")).toBeUndefined();
    expect(await source("example.org", "x")).toBeUndefined();
    const moved = storedCredentials(
      { DOCKER_CONFIG: join(home, ".docker"), XDG_CONFIG_HOME: "/nowhere" },
      "/nowhere",
    );
    expect(await moved("docker.io", "library/python")).toBe("Basic ZG9ja2Vy");
  });

  it.each([
    "{",
    "[]",
    "null",
    '{"auths": 3}',
    '{"auths": {"ghcr.io": null}}',
    '{"auths": {"ghcr.io": {"auth": "a\\r\\nb"}}}',
  ])("are none in %s", async (content) => {
    write(".docker/config.json", content);
    expect(await storedCredentials({}, home)("ghcr.io", "x")).toBeUndefined();
  });
});
