import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { PratiqueError } from "../src/errors.ts";
import { readImage } from "../src/image/image.ts";
import { registrySource } from "../src/image/sources/registry.ts";
import { file, folder, ociMembers, tar } from "../src/image/test-archives.ts";
import { type Random, randomFrom } from "./mutate.ts";

/** No crafted registry may hold us longer; a machine under load is allowed for. */
const MOST_MILLISECONDS = 10_000;

const FILES = ociMembers([
  {
    layers: [
      tar(folder("bin"), file("bin/job", "#!/bin/sh\n", 0o755)),
      tar(file("data.csv", Buffer.alloc(30_000, "a,b\n"))),
    ],
    packing: "gzip",
  },
]);
const PATHS = ["/bin", "/bin/job", "/data.csv"];

const below = (random: Random, limit: number): number => Math.floor(random() * limit);
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)] as T;

export interface FuzzRegistry {
  /** Reads the image from a registry that does wrong as this seed has it, and says what we did wrong, if anything. */
  readonly one: (seed: number) => Promise<string | undefined>;
  readonly stop: () => void;
}

export async function fuzzRegistry(): Promise<FuzzRegistry> {
  let random = randomFrom(0);
  const server = createServer((request, response) => answer(request, response, random));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const name = `127.0.0.1:${(server.address() as AddressInfo).port}/lab/job:1`;
  const one = async (seed: number): Promise<string | undefined> => {
    random = randomFrom(seed);
    const start = performance.now();
    try {
      const source = registrySource(name, {
        credentials: () => Promise.resolve(undefined),
        timeout: 60,
        pause: 1,
      });
      const platform = { os: "linux", architecture: "amd64" };
      const image = await readImage(source, { collectors: [], platform, verify: true });
      const paths = [...image.tree.below("/")].map(({ path }) => path);
      if (paths.join() !== PATHS.join()) return `it read ${JSON.stringify(paths)}`;
    } catch (error) {
      if (!(error instanceof PratiqueError))
        return `it threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
      if (!/^(?:image|registry)\./.test(error.code)) return `it failed with ${error.code}: ${error.message}`;
      if (error.message.length > 1000) return `its message has ${error.message.length} characters`;
    }
    const took = performance.now() - start;
    return took > MOST_MILLISECONDS ? `it took ${Math.round(took)} ms` : undefined;
  };
  return {
    one,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function contentOf(url: string): Buffer | undefined {
  const [, kind, name = ""] = /\/v2\/lab\/job\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
  if (kind === "manifests" && name === "1") return FILES.get("index.json");
  return FILES.get(`blobs/${name.replace(":", "/")}`);
}

/** As a registry does, or, one time in three, otherwise. */
function answer(request: IncomingMessage, response: ServerResponse, random: Random): void {
  const bytes = contentOf(request.url ?? "");
  if (bytes === undefined) return void response.writeHead(404).end();
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const range = from > 0 ? { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
  const status = from > 0 ? 206 : 200;
  const rest = bytes.subarray(from);
  if (random() > 0.33) return void response.writeHead(status, range).end(rest);
  switch (below(random, 8)) {
    case 0: {
      const statuses = [204, 301, 400, 401, 403, 404, 418, 429, 500, 503];
      const headers = pick<Record<string, string>>(random, [
        {},
        { "retry-after": "0.001" },
        { "retry-after": "99999999" },
        { "www-authenticate": 'Bearer realm="http://169.254.169.254/token"' },
        { "www-authenticate": `Bearer ${'a="'.repeat(500)}` },
      ]);
      return void response.writeHead(pick(random, statuses), headers).end();
    }
    case 1: {
      const to = [
        "https://10.0.0.1/x",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "http://[",
        "//",
        "?a",
      ];
      return void response.writeHead(307, { location: pick(random, to) }).end();
    }
    case 2:
      return void response
        .writeHead(status, { ...range, "content-length": below(random, 2 * rest.length) })
        .end(rest);
    case 3: {
      const ranges = ["bytes 0-1/2", "bytes */1", `bytes ${from}-${"9".repeat(30)}/*`, "x"];
      return void response.writeHead(206, { "content-range": pick(random, ranges) }).end(rest);
    }
    case 4: {
      const spoiled = Buffer.from(rest);
      spoiled[below(random, spoiled.length)] = below(random, 256);
      return void response.writeHead(status, range).end(spoiled);
    }
    case 5:
      return void response.writeHead(status, range).end(Buffer.concat([rest, bytes]));
    case 6:
      response.writeHead(status, { ...range, "content-length": rest.length });
      response.write(rest.subarray(0, below(random, rest.length)));
      // So that what was written leaves before the connection ends.
      return void sleep(2).then(() => request.socket.destroy());
    default:
      // Says nothing, which takes all the time that it is given; so seldom.
      if (random() > 0.05) request.socket.destroy();
  }
}
