import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { tokenRights } from "./pull-token.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** GitHub's interface, with one answer for all; gives its address and the logins that came. */
async function github(status: number, scopes: string | undefined) {
  const logins: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    logins.push(request.headers.authorization);
    response.writeHead(status, scopes === undefined ? {} : { "x-oauth-scopes": scopes }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close());
  return { api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, logins };
}

const TOKEN = `ghp_${"x".repeat(36)}`;

describe("a token for pulling", () => {
  it.each([
    ["read:packages", 200, "fit", "it has read:packages and nothing else"],
    ["read:packages, repo", 200, "too-much", "more than read packages: repo. Make one"],
    ["write:packages, repo", 200, "too-much", "write:packages, repo"],
    ["", 200, "unfit", "no rights at all"],
    [undefined, 200, "not-assessed", "does not say which rights"],
    ["read:packages", 503, "not-assessed", "status 503"],
    [undefined, 401, "unfit", "GitHub does not know it"],
  ] as const)("with the rights %j and status %d is %s", async (scopes, code, status, words) => {
    const { api, logins } = await github(code, scopes);
    const rights = await tokenRights(TOKEN, "ghcr.io", { api });
    expect(rights).toMatchObject({ status, detail: expect.stringContaining(words) });
    expect(rights.detail).not.toContain(TOKEN);
    expect(logins).toEqual([`Bearer ${TOKEN}`]);
  });

  it("is sent nowhere where nobody knows its rights, or where it might be overheard", async () => {
    const { api, logins } = await github(200, "read:packages");
    expect((await tokenRights(TOKEN, "registry.example.org", { api })).status).toBe("not-assessed");
    expect((await tokenRights(TOKEN, "ghcr.io", { api: "http://github.example.org" })).status).toBe(
      "not-assessed",
    );
    expect((await tokenRights("github_pat_1", "ghcr.io", { api })).status).toBe("unfit");
    // Forms as GitHub gives them out: fine-grained, and that of a workflow.
    for (const other of [`github_pat_11${"A".repeat(20)}_${"b".repeat(59)}`, `ghs_${"x".repeat(36)}`])
      expect((await tokenRights(other, "ghcr.io", { api })).status).toBe("unfit");
    expect((await tokenRights("two words", "ghcr.io", { api })).status).toBe("unfit");
    expect(logins).toEqual([]);
  });

  it("is not assessed where GitHub cannot be reached", async () => {
    const { api } = await github(200, "");
    for (const stop of stops.splice(0)) stop();
    expect(await tokenRights(TOKEN, "ghcr.io", { api })).toMatchObject({
      status: "not-assessed",
      detail: expect.stringContaining("could not be asked"),
    });
  });
});
