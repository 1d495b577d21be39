import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultConfig } from "./config.ts";
import { loadConfig } from "./load.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pratique-config-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const put = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe("loadConfig", () => {
  it("takes the defaults where there is no file", async () => {
    expect(await loadConfig(folder, undefined)).toBe(defaultConfig);
    expect(await loadConfig(join(folder, "nowhere"), undefined)).toBe(defaultConfig);
  });

  it.each(["pratique.yaml", "pratique.yml"])("finds %s", async (name) => {
    put(name, "version: 1\ndockerfile: docker/Dockerfile\ntest: { data: d, timeout: 2m, memory: 4G }\n");
    const config = await loadConfig(folder, undefined);
    expect(config.file).toBe(join(folder, name));
    expect(config.profile).toBe("shs-gpu-cluster");
    expect(config.dockerfile).toBe(join(folder, "docker/Dockerfile"));
    expect(config.test).toMatchObject({ data: join(folder, "d"), timeout: 120_000, memory: "4g" });
  });

  it("reads which runtimes to test in", async () => {
    put("pratique.yaml", "version: 1\ntest: { runtimes: [k8s, podman] }\n");
    expect((await loadConfig(folder, undefined)).test.runtimes).toEqual(["k8s", "podman"]);
    put("pratique.yaml", "version: 1\ntest: { runtimes: [] }\n");
    await expect(loadConfig(folder, undefined)).rejects.toMatchObject({ code: "config.invalid" });
  });

  it("reads which labels and registries are wanted", async () => {
    put(
      "pratique.yaml",
      "version: 1\nlabels: { org.example.licence: spdx }\nstrictLabels: true\ntrustedRegistries: [docker.io]\n",
    );
    expect(await loadConfig(folder, undefined)).toMatchObject({
      labels: { "org.example.licence": "spdx" },
      strictLabels: true,
      trustedRegistries: ["docker.io"],
    });
    put("pratique.yaml", "version: 1\nlabels: { a: number }\n");
    await expect(loadConfig(folder, undefined)).rejects.toMatchObject({ code: "config.invalid" });
  });

  it("takes the named file, its paths relative to it", async () => {
    mkdirSync(join(folder, "sub"));
    const named = put("sub/other.yaml", "version: 1\ntest: { data: d }\n");
    put("pratique.yaml", "version: 1\nprofile: unused\n");
    const config = await loadConfig(folder, named);
    expect(config.profile).toBe("shs-gpu-cluster");
    expect(config.test.data).toBe(join(folder, "sub", "d"));
  });

  it("fails on a named file that is not there, that is a folder, or that is far too long", async () => {
    await expect(loadConfig(folder, join(folder, "none.yaml"))).rejects.toMatchObject({
      code: "config.unreadable",
      exitCode: 2,
    });
    await expect(loadConfig(folder, folder)).rejects.toMatchObject({ code: "config.unreadable" });
    const long = put("long.yaml", `# ${"x".repeat(1024 * 1024)}`);
    await expect(loadConfig(folder, long)).rejects.toMatchObject({ code: "config.invalid" });
  });

  it("reads build arguments from a file; what is written out wins", async () => {
    put("pratique.yaml", "version: 1\nbuild: { argsFile: bases.args, args: { TWO: mine } }\n");
    put("bases.args", "# bases\n\nONE=1=1\r\nTWO=theirs\nEMPTY=\n");
    expect((await loadConfig(folder, undefined)).build.args).toEqual({ ONE: "1=1", TWO: "mine", EMPTY: "" });
  });

  it("does without an optional arguments file, but not without another", async () => {
    put("pratique.yaml", "version: 1\nbuild: { argsFile: { path: none.args, optional: true } }\n");
    expect((await loadConfig(folder, undefined)).build.args).toEqual({});
    put("pratique.yaml", "version: 1\nbuild: { argsFile: none.args }\n");
    await expect(loadConfig(folder, undefined)).rejects.toMatchObject({ code: "config.unreadable" });
  });

  it("says which line of an arguments file is wrong", async () => {
    put("pratique.yaml", "version: 1\nbuild: { argsFile: { path: bases.args, optional: true } }\n");
    put("bases.args", "ONE=1\nnot an assignment\n");
    await expect(loadConfig(folder, undefined)).rejects.toMatchObject({
      code: "config.invalid",
      message: `${join(folder, "bases.args")}:2: the line is not NAME=value.`,
    });
  });
});
