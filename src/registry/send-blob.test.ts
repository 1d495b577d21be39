import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { parseImageReference } from "../dockerfile/image-reference.ts";
import { RegistryRepository, type RepositoryOptions } from "./repository.ts";
import { RegistryProblem } from "./request.ts";
import { type TestRegistryOptions, testRegistry } from "./test-registry.ts";

const started: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop();
});

const BYTES = randomBytes(300_000);
const DIGEST = `sha256:${createHash("sha256").update(BYTES).digest("hex")}`;

async function* inPieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < BYTES.length; at += 50_000) yield BYTES.subarray(at, at + 50_000);
}

const repository = (host: string, login?: string, options: RepositoryOptions = {}) =>
  new RegistryRepository(parseImageReference(`${host}/lab/tool`), "write", {
    credentials: async () =>
      login === undefined ? undefined : `Basic ${Buffer.from(login).toString("base64")}`,
    pause: 1,
    ...options,
  });

async function registry(options: TestRegistryOptions) {
  const server = await testRegistry(options);
  started.push(server);
  return server;
}

describe("a blob whose digest is known only at its end", () => {
  it.each<[string, TestRegistryOptions]>([
    ["a registry", { referrers: true }],
    ["a registry that wants a login", { referrers: true, login: "lab:secret" }],
    ["a registry that wants a token", { referrers: true, login: "lab:secret", tokens: true }],
  ])("goes to %s", async (_, options) => {
    const server = await registry(options);
    const lab = repository(server.host, options.login);
    expect(await lab.sendBlob(inPieces)).toEqual({ digest: DIGEST, size: BYTES.length });
    expect(server.blobs.get(DIGEST)?.equals(BYTES)).toBe(true);
    expect(await lab.blobSize(DIGEST)).toBe(BYTES.length);
    expect(await lab.blobSize(DIGEST.replace(/.$/, (last) => (last === "0" ? "1" : "0")))).toBeUndefined();
  });

  it("is sent anew from its start where the connection broke", async () => {
    let parts = 0;
    const server = await registry({ referrers: true, breaksOff: () => ++parts === 2 });
    expect(await repository(server.host).sendBlob(inPieces)).toEqual({ digest: DIGEST, size: BYTES.length });
    expect(server.blobs.get(DIGEST)?.equals(BYTES)).toBe(true);
    expect(server.requests.filter((one) => one.startsWith("PATCH"))).toHaveLength(2);
  });

  it("is given up after some attempts", async () => {
    const server = await registry({ referrers: true, breaksOff: () => true });
    await expect(repository(server.host).sendBlob(inPieces)).rejects.toThrow(RegistryProblem);
    expect(server.requests.filter((one) => one.startsWith("PATCH"))).toHaveLength(5);
    expect(server.blobs.size).toBe(0);
  });

  it("fails with what its source fails with, and is not sent again", async () => {
    const server = await registry({ referrers: true });
    let opened = 0;
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      opened++;
      yield BYTES.subarray(0, 1000);
      throw new Error("the disk is broken");
    };
    await expect(repository(server.host).sendBlob(failing)).rejects.toThrow("the disk is broken");
    expect(opened).toBe(1);
    expect(server.blobs.size).toBe(0);
  });

  it("is not waited for when the registry takes nothing more", async () => {
    const server = createServer((request, response) => {
      if (request.method === "POST") response.writeHead(202, { location: "/v2/lab/tool/up" }).end();
      // Whoever sends is left to wait.
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    started.push({
      stop: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    });
    const lab = repository(`127.0.0.1:${(server.address() as AddressInfo).port}`, undefined, {
      timeout: 100,
    });
    await expect(lab.sendBlob(inPieces)).rejects.toThrow("took nothing more for 0.1 seconds");
  });

  it("is not sent on to an address of the machine or its network", async () => {
    const server = createServer((_, response) => {
      response.writeHead(202, { location: "http://169.254.169.254/v2/up" }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    started.push({ stop: async () => void server.close() });
    const lab = repository(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    await expect(lab.sendBlob(inPieces)).rejects.toThrow("points to an address that is not asked");
  });
});
