import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parseImageReference } from "../dockerfile/image-reference.ts";
import { registryClient } from "./client.ts";
import { RegistryPull } from "./pull.ts";
import { RegistryRepository } from "./repository.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  vi.unstubAllGlobals();
  for (const stop of stops.splice(0)) stop();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What waits on this machine, and must not be asked on behalf of a registry elsewhere. */
async function service() {
  const asked: string[] = [];
  const host = await serve((request, response) => {
    asked.push(request.url ?? "");
    response.end("the machine's own");
  });
  return { host, asked };
}

/** A registry of that name, whatever the machine's name service knows: every other address is asked as it is. */
async function elsewhere(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const host = await serve(answer);
  const original = fetch;
  vi.stubGlobal("fetch", (url: URL, init: RequestInit) =>
    original(
      url.host === "registry.example.org" ? new URL(`http://${host}${url.pathname}${url.search}`) : url,
      init,
    ),
  );
}

const reference = parseImageReference("registry.example.org/lab/tool:1");
const options = { credentials: async () => undefined, timeout: 2000, pause: 1 };
const REFUSED = "registry.example.org points to an address that is not asked";

describe.each([
  ["http", "127.0.0.1"],
  ["https", "127.0.0.1"],
  ["http", "localhost"],
  ["https", "localhost"],
])("a registry elsewhere that points to %s://%s", (scheme, name) => {
  it("is not followed there, whatever is asked of it", async () => {
    const { host, asked } = await service();
    const location = `${scheme}://${host.replace("127.0.0.1", name)}/secret`;
    await elsewhere((_, response) => response.writeHead(307, { location }).end());
    const pull = new RegistryPull(reference, options);
    const repository = new RegistryRepository(reference, "write", options);
    const digest = `sha256:${"0".repeat(64)}`;
    expect(await registryClient(options)(reference)).toEqual({ reason: REFUSED });
    await expect(pull.manifest("1")).rejects.toThrow(REFUSED);
    await expect(pull.document(digest, 100)).rejects.toThrow(REFUSED);
    await expect(pull.blob(digest, 100).next()).rejects.toThrow(REFUSED);
    await expect(repository.manifest("1")).rejects.toThrow(REFUSED);
    await expect(repository.putBlob(Buffer.from("x"), "text/plain")).rejects.toThrow(REFUSED);
    expect(asked).toEqual([]);
  });

  it("gets no upload and no login sent there", async () => {
    const { host, asked } = await service();
    const location = `${scheme}://${host.replace("127.0.0.1", name)}/upload`;
    await elsewhere((request, response) => {
      if (request.url?.includes("/manifests/"))
        response.writeHead(401, { "www-authenticate": `Bearer realm="${location}"` }).end();
      else response.writeHead(202, { location }).end();
    });
    const bytes = async function* () {
      yield Buffer.from("x");
    };
    const repository = new RegistryRepository(reference, "write", options);
    await expect(repository.sendBlob(bytes)).rejects.toThrow(REFUSED);
    await expect(repository.manifest("1")).rejects.toThrow(REFUSED);
    expect(asked).toEqual([]);
  });
});
