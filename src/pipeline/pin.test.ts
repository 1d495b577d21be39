import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { registryClient } from "../registry/client.ts";
import { type TestRegistry, testRegistry } from "../registry/test-registry.ts";
import { pinFiles } from "./pin.ts";

const folders: string[] = [];
const servers: TestRegistry[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const OLD = `sha256:${"0".repeat(64)}`;

/** A registry with some tags of one image, and a project. */
async function place(tags: readonly string[], dockerfile: (host: string) => string) {
  const server = await testRegistry({ referrers: false });
  servers.push(server);
  const digests = new Map<string, string>();
  for (const tag of tags) {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, tag }));
    server.manifests.set(`lab/tool ${tag}`, { type: "application/vnd.oci.image.manifest.v1+json", bytes });
    digests.set(tag, `sha256:${createHash("sha256").update(bytes).digest("hex")}`);
  }
  const folder = mkdtempSync(join(tmpdir(), "pin-"));
  folders.push(folder);
  const file = join(folder, "Dockerfile");
  writeFileSync(file, dockerfile(server.host));
  const pin = (write = true, targets: readonly string[] = [folder]) =>
    pinFiles({
      targets,
      write,
      digests: registryClient({ credentials: async () => undefined }),
      signal: new AbortController().signal,
    });
  return { server, folder, file, digests, pin, text: () => readFileSync(file, "utf8") };
}

describe("images of a Dockerfile", () => {
  it("are pinned, updated, or left as they are", async () => {
    const { server, file, digests, pin, text } = await place(
      ["1", "2", "3", "latest"],
      (host) => `# ${host}/lab/tool:2
FROM ${host}/lab/tool@${OLD} AS a
FROM ${host}/lab/tool:1 AS b
FROM ${host}/lab/tool:3@${OLD}
FROM a
COPY --from=${host}/lab/tool /x /x
RUN --mount=type=bind,from=${host}/lab/tool:1,target=/x true
FROM $BASE
FROM ${host}/lab/tool:9
`,
    );
    chmodSync(file, 0o640);
    const { host } = server;
    const [result] = await pin();
    const at = (tag: string): string => `${host}/lab/tool:${tag}@${digests.get(tag)}`;
    expect(text()).toBe(`# ${host}/lab/tool:2
FROM ${at("2")} AS a
FROM ${at("1")} AS b
FROM ${at("3")}
FROM a
COPY --from=${at("latest")} /x /x
RUN --mount=type=bind,from=${at("1")},target=/x true
FROM $BASE
FROM ${host}/lab/tool:9
`);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(result?.images.map(({ line, status, unknown }) => [line, status, unknown])).toEqual([
      [2, "updated", false],
      [3, "pinned", false],
      [4, "updated", false],
      [6, "pinned", false],
      [7, "pinned", false],
      [8, "left", false],
      [9, "left", true],
    ]);
    expect(result?.images.at(-1)?.reason).toContain("has no lab/tool:9");
    expect(result?.diff).toContain(`-FROM ${host}/lab/tool:1 AS b\n`);
    expect(result?.written).toBe(true);
    // Once they are pinned nothing changes any more.
    const before = text();
    const [again] = await pin();
    expect(again?.images.slice(0, 5).map(({ status }) => status)).toEqual(new Array(5).fill("current"));
    expect([again?.diff, again?.written, text()]).toEqual(["", false, before]);
  });

  it("are pinned where their variable gets its value, once", async () => {
    const { server, digests, pin, text } = await place(
      ["1", "2"],
      (host) => `ARG OTHER=${host}/lab/tool:1
ARG BASE=${host}/lab/tool:1 TAG=1
ARG BASE=${host}/lab/tool:2
FROM \${BASE} AS a
FROM $BASE
FROM ${host}/lab/tool:\${TAG}
FROM $NONE
`,
    );
    const [result] = await pin();
    expect(text().split("\n").slice(0, 4)).toEqual([
      `ARG OTHER=${server.host}/lab/tool:1`,
      `ARG BASE=${server.host}/lab/tool:1 TAG=1`,
      `ARG BASE=${server.host}/lab/tool:2@${digests.get("2")}`,
      `FROM \${BASE} AS a`,
    ]);
    expect(result?.images.map(({ line, status }) => [line, status])).toEqual([
      [3, "pinned"],
      [6, "left"],
      [7, "left"],
    ]);
  });

  it("stay as they are in a dry run, which shows the same change", async () => {
    const { pin, text } = await place(["1"], (host) => `FROM ${host}/lab/tool:1\r\nRUN true\r\n`);
    const before = text();
    const [shown] = await pin(false);
    expect([text(), shown?.written]).toEqual([before, false]);
    const [written] = await pin();
    expect(written?.diff).toBe(shown?.diff);
    expect(text()).toMatch(/^FROM \S+:1@sha256:[0-9a-f]{64}\r\nRUN true\r\n$/);
  });

  it("are pinned in all Dockerfiles of a folder, and in no other file", async () => {
    const { folder, file, pin, server } = await place(["1"], (host) => `FROM ${host}/lab/tool:1\n`);
    mkdirSync(join(folder, "sub"));
    const line = `FROM ${server.host}/lab/tool:1\n`;
    writeFileSync(join(folder, "sub", "Dockerfile"), line);
    writeFileSync(join(folder, "job.yaml"), "kind: Job\napiVersion: batch/v1\n");
    const files = await pin();
    expect(files.map(({ images }) => images.length)).toEqual([1, 1]);
    expect(readFileSync(join(folder, "sub", "Dockerfile"), "utf8")).toContain("@sha256:");
    expect(readFileSync(file, "utf8")).toContain("@sha256:");
  });

  it("are left where a registry is silent", async () => {
    const { pin, text, server } = await place(["1"], (host) => `FROM ${host}/lab/tool:1\n`);
    await server.stop();
    const before = text();
    const [result] = await pin();
    expect(result?.images[0]).toMatchObject({ status: "left", unknown: true });
    expect(text()).toBe(before);
  });
});
