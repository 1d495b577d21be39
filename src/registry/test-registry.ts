import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface TestRegistry {
  readonly host: string;
  /** Manifests by repository, and tag or digest. */
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  readonly blobs: Map<string, Buffer>;
  /** `PUT /v2/lab/tool/manifests/1`, as they came. */
  readonly requests: string[];
  /** Digest and repository of what was taken from elsewhere. */
  readonly mounted: string[];
  stop(): Promise<void>;
}

export interface TestRegistryOptions {
  readonly referrers: boolean;
  /** What Basic has to say. */
  readonly login?: string;
  /** Ask for the login in exchange for a token, which is good for what was asked for. */
  readonly tokens?: boolean;
  /** Whether to hang up now, asked for each part of an upload that comes. */
  readonly breaksOff?: () => boolean;
  /** Blobs are shown in the repositories alone that they were put into; true: they can be taken from there. */
  readonly mounts?: boolean;
  /** Manifests that it does not take, by tag or digest. */
  readonly keepsOut?: (name: string) => boolean;
  /** Manifests that it says it took, and did not. */
  readonly pretends?: (name: string) => boolean;
}

/** A registry in memory, as the distribution specification has it. */
export async function testRegistry(options: TestRegistryOptions): Promise<TestRegistry> {
  const manifests: TestRegistry["manifests"] = new Map();
  const blobs: TestRegistry["blobs"] = new Map();
  const requests: string[] = [];
  const mounted: string[] = [];
  const owners = new Map<string, Set<string>>();
  const own = (repository: string, digest: string): void => {
    owners.set(digest, (owners.get(digest) ?? new Set()).add(repository));
  };
  /** What was sent of uploads that are not over. */
  const pieces = new Map<string, Buffer>();
  let uploads = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://registry");
    requests.push(`${request.method} ${url.pathname}`);
    const parts: Buffer[] = [];
    for await (const part of request) {
      parts.push(part as Buffer);
      if (request.method === "PATCH" && options.breaksOff?.() === true) return void request.destroy();
    }
    const body = Buffer.concat(parts);
    const end = (status: number, headers: Record<string, string> = {}, bytes?: Buffer): void => {
      response.writeHead(status, headers);
      response.end(request.method === "HEAD" ? undefined : bytes);
    };
    const { authorization = "" } = request.headers;
    const basic = `Basic ${Buffer.from(options.login ?? "").toString("base64")}`;
    if (url.pathname === "/token") {
      const token = url.searchParams.get("scope") ?? "";
      return authorization === basic ? end(200, {}, Buffer.from(JSON.stringify({ token }))) : end(401);
    }
    const writes = ["PUT", "POST", "PATCH"].includes(request.method ?? "");
    const rights = writes ? /^Bearer repository:.+:pull,push$/ : /^Bearer repository:.+:pull(?:,push)?$/;
    if (options.tokens === true && !rights.test(authorization))
      return end(401, {
        "www-authenticate": `Bearer realm="http://${request.headers.host}/token",service="r"`,
      });
    if (options.tokens !== true && options.login !== undefined && authorization !== basic)
      return end(401, { "www-authenticate": 'Basic realm="registry"' });
    const [, repository = "", kind = "", name = ""] =
      /^\/v2\/(.+)\/(blobs\/uploads|blobs|manifests|referrers)\/(.*)$/.exec(url.pathname) ?? [];
    const wanted = url.searchParams.get("mount") ?? "";
    const from = url.searchParams.get("from") ?? "";
    if (request.method === "POST" && options.mounts === true && owners.get(wanted)?.has(from) === true) {
      mounted.push(`${wanted} ${from}`);
      own(repository, wanted);
      return end(201);
    }
    if (kind === "blobs/uploads" && request.method === "POST")
      return end(202, { location: `/v2/${repository}/blobs/uploads/${++uploads}?state=a` });
    if (kind === "blobs/uploads" && request.method === "PATCH") {
      pieces.set(name, body);
      return end(202, { location: `${url.pathname}?state=b` });
    }
    if (kind === "blobs/uploads") {
      const digest = url.searchParams.get("digest") ?? "";
      const whole = Buffer.concat([pieces.get(name) ?? Buffer.alloc(0), body]);
      if (digest !== digestOf(whole)) return end(400);
      blobs.set(digest, whole);
      own(repository, digest);
      return end(201);
    }
    if (kind === "blobs") {
      const hidden = options.mounts !== undefined && owners.get(name)?.has(repository) !== true;
      const blob = hidden ? undefined : blobs.get(name);
      return blob === undefined ? end(404) : end(200, { "content-length": String(blob.length) }, blob);
    }
    if (kind === "manifests" && request.method === "PUT") {
      if (options.keepsOut?.(name) === true) return end(403);
      if (options.pretends?.(name) === true) return end(201);
      const type = request.headers["content-type"] ?? "";
      for (const key of [name, digestOf(body)]) manifests.set(`${repository} ${key}`, { type, bytes: body });
      const subject = JSON.parse(body.toString()).subject?.digest;
      return end(201, options.referrers && subject !== undefined ? { "oci-subject": subject } : {});
    }
    if (kind === "manifests") {
      const found = manifests.get(`${repository} ${name}`);
      return found === undefined ? end(404) : end(200, { "content-type": found.type }, found.bytes);
    }
    if (kind === "referrers" && options.referrers) {
      const found = [...manifests].flatMap(([key, { type, bytes }]) => {
        const { subject, artifactType, annotations } = JSON.parse(bytes.toString());
        return key === `${repository} ${digestOf(bytes)}` && subject?.digest === name
          ? [{ mediaType: type, digest: digestOf(bytes), size: bytes.length, artifactType, annotations }]
          : [];
      });
      const type = "application/vnd.oci.image.index.v1+json";
      const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: found }));
      return end(200, { "content-type": type }, index);
    }
    end(404);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    manifests,
    blobs,
    requests,
    mounted,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
