import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { base, pratique, project, root } from "./support.ts";

/** The image of pratique itself, built as its Dockerfile says but for the base, and used as its first lines say. */

const TAG = `localhost/pratique-itself:${process.pid}`;
const HELLO = `${TAG}-hello`;
const REAL_BASE = /docker\.io\/library\/node:22-bookworm-slim@sha256:[0-9a-f]{64}/g;

const made = project({
  "Dockerfile.hello": 'FROM scratch\nCOPY hello /hello\nENTRYPOINT ["/hello"]\n',
  hello: "not a program\n",
  "scratch/empty": "",
  "study/Dockerfile": "FROM docker.io/library/python:latest\nRUN sudo true\n",
});
const docker = (...args: string[]): string =>
  execFileSync("docker", args, { encoding: "utf8", timeout: 280_000, stdio: ["ignore", "pipe", "pipe"] });

/** Runs the image as a user would who may be anybody, on a folder that it may only read. */
function inside(...args: string[]) {
  const options = ["--rm", "--network", "none", "--user", "12345:12345", "--read-only"];
  const folders = ["--volume", `${made.folder}:/work:ro`, "--volume", `${made.folder}/scratch:/scratch`];
  const place = [...folders, "--workdir", "/work"];
  return spawnSync("docker", ["run", ...options, ...place, TAG, ...args], {
    encoding: "utf8",
    timeout: 120_000,
  });
}

beforeAll(() => {
  chmodSync(made.folder, 0o755);
  chmodSync(join(made.folder, "scratch"), 0o777);
  const text = readFileSync(join(root, "Dockerfile"), "utf8");
  expect(text.match(REAL_BASE)).toHaveLength(2);
  const file = join(made.folder, "Dockerfile.product");
  writeFileSync(file, text.replace(REAL_BASE, base("NODE_BASE")));
  docker("build", "--quiet", "--tag", TAG, "--file", file, root);
});
afterAll(() => {
  spawnSync("docker", ["image", "rm", TAG, HELLO], { stdio: "ignore" });
  made.dispose();
});

describe("the image of pratique itself", () => {
  it("starts as an ordinary user, and says what it can do", () => {
    const { status, stdout } = inside();
    expect(stdout).toContain("Usage: pratique");
    expect(status).toBe(0);
    expect(docker("image", "inspect", "--format", "{{.Config.User}}", TAG).trim()).toBe("nonroot");
  });

  it("finds in a project what the program outside finds", async () => {
    const { status, stdout } = inside("lint", "study", "--format", "json");
    const outside = await pratique(["lint", "study", "--shellcheck", "never", "--format", "json"], {
      cwd: made.folder,
    });
    const { findings, verdict } = JSON.parse(stdout);
    expect({ status, verdict }).toEqual({ status: outside.code, verdict: outside.report.verdict });
    expect(findings.map(({ rule }: { rule: string }) => rule)).toEqual(
      outside.report.findings.map(({ rule }) => rule),
    );
    expect(findings.length).toBeGreaterThan(2);
  });

  it("reads an image from its archive", () => {
    const archive = join(made.folder, "hello.tar");
    docker("build", "--quiet", "--tag", HELLO, "--file", join(made.folder, "Dockerfile.hello"), made.folder);
    docker("save", "--output", archive, HELLO);
    chmodSync(archive, 0o644);
    expect(inside("tree", "hello.tar").stdout).toContain("hello");
    const { subject } = JSON.parse(
      inside("inspect", "hello.tar", "--output", "/scratch/out", "--format", "json").stdout,
    );
    expect(subject.imageId).toBe(docker("image", "inspect", "--format", "{{.Id}}", HELLO).trim());
  });

  it("verifies evidence that was signed outside, and the image that it is about", async () => {
    const evidence = join(made.folder, "evidence");
    const key = join(made.folder, "key");
    execFileSync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", key]);
    execFileSync("openssl", ["pkey", "-in", key, "-pubout", "-out", `${key}.pub`]);
    await pratique(["inspect", "hello.tar", "--output", evidence], { cwd: made.folder });
    expect(await pratique(["sign", "--key", key, evidence])).toMatchObject({ code: 0 });
    const verify = ["verify", "--key", "key.pub", "--image", "hello.tar", "evidence"];
    const outside = await pratique(verify, { cwd: made.folder });
    const { status, stdout } = inside(...verify);
    expect({ status, stdout }).toEqual({ status: 0, stdout: outside.stdout });
    writeFileSync(join(evidence, "index.html"), "forged");
    expect(inside(...verify).status).toBe(1);
  });
});
