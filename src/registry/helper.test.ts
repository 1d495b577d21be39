import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { storedCredentials } from "./credentials.ts";
import { askHelper } from "./helper.ts";

const folder = mkdtempSync(join(tmpdir(), "pratique-helper-"));
const path = process.env.PATH;
beforeAll(() => {
  process.env.PATH = `${folder}${delimiter}${path}`;
});
afterAll(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true, force: true });
});

function helper(name: string, script: string): void {
  const file = join(folder, `docker-credential-${name}`);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

describe.skipIf(process.platform === "win32")("a credential helper", () => {
  it("is asked for the registry's login", async () => {
    helper("good", 'read server; echo "{\\"Username\\":\\"me\\",\\"Secret\\":\\"for $server\\"}"');
    expect(await askHelper("good", "ghcr.io")).toBe(Buffer.from("me:for ghcr.io").toString("base64"));
  });

  it.each([
    ["fails", "exit 1"],
    ["says nothing", ""],
    ["says nonsense", "echo nonsense"],
    ["has no login", 'echo "{}"'],
    ["has an identity token", 'echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"x\\"}"'],
  ])("that %s gives none", async (_title, script) => {
    helper("bad", script);
    expect(await askHelper("bad", "ghcr.io")).toBeUndefined();
  });

  it("is a program of that kind and no other", async () => {
    expect(await askHelper("../../bin/sh", "x")).toBeUndefined();
    expect(await askHelper("not-installed-here", "x")).toBeUndefined();
  });

  it("is used for its own registry, and a general one for the others", async () => {
    const config = {
      credHelpers: { "ghcr.io": "one" },
      credsStore: "two",
      auths: { "quay.io": { auth: "cXVheQ==" } },
    };
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    const asked: string[] = [];
    const source = storedCredentials(
      { DOCKER_CONFIG: folder, XDG_CONFIG_HOME: "/nowhere" },
      "/nowhere",
      (name, server) => {
        asked.push(`${name} ${server}`);
        return Promise.resolve(name === "one" ? "b25l" : undefined);
      },
    );
    expect(await source("ghcr.io", "x")).toBe("Basic b25l");
    expect(await source("quay.io", "x")).toBe("Basic cXVheQ==");
    expect(await source("docker.io", "x")).toBeUndefined();
    expect(asked).toEqual(["one ghcr.io", "two https://index.docker.io/v1/"]);
  });
});
