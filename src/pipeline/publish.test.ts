import { generateKeyPairSync } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as detect from "../engine/detect.ts";
import type { Engine } from "../engine/engine.ts";
import type { Report } from "../evidence/report.ts";
import { assessRequirements } from "../evidence/requirements.ts";
import { decideVerdict } from "../evidence/verdict.ts";
import { archive, configuration, dockerMembers, file, hexOf, tar } from "../image/test-archives.ts";
import { findProfile } from "../profiles/find.ts";
import { profileHash } from "../profiles/hash.ts";
import { type TestRegistry, type TestRegistryOptions, testRegistry } from "../registry/test-registry.ts";
import { renderJson } from "../reporters/json.ts";
import { renderHtml } from "../reporters/page/render.tsx";
import { clearReport, notClearReport } from "../reporters/page/sample-report.ts";
import { renderCrate } from "../reporters/ro-crate.ts";
import { packageVersion } from "../system/package.ts";
import { crateEvidence } from "./crate.ts";
import { type PublishOptions, publish, tagsFor } from "./publish.ts";
import { readReport } from "./read-report.ts";
import { verifyCommand } from "./verify.ts";

vi.mock("../engine/detect.ts", { spy: true });

const LAYERS = [tar(file("bin/job", "#!/bin/sh\n", 0o755)), tar(file("data.bin", Buffer.alloc(100_000, 7)))];
const imageId = `sha256:${hexOf(configuration(LAYERS))}`;
const profile = findProfile(clearReport.profile.id);

/** Evidence about the image of these layers. */
function about(sample: Report, changes: Partial<Report> = {}): Report {
  const report: Report = {
    ...sample,
    requirements: [
      ...sample.requirements.filter(({ scope }) => scope !== "publish"),
      ...assessRequirements({ profile, judgements: [], findings: [], missing: new Map() }).filter(
        ({ scope }) => scope === "publish",
      ),
    ],
    tool: { name: "pratique", version: packageVersion() },
    profile: { ...sample.profile, version: profile.version, sha256: profileHash(profile) },
    subject: { ...sample.subject, imageId, imageDigest: null, platform: "linux/amd64" },
    ...changes,
  };
  return { ...report, verdict: decideVerdict(report.requirements, report.findings) };
}

const folders: string[] = [];
const servers: TestRegistry[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function place(report: Report, registry: TestRegistryOptions = { referrers: true }) {
  const folder = mkdtempSync(join(tmpdir(), "publish-"));
  folders.push(folder);
  const evidence = join(folder, "evidence");
  mkdirSync(evidence);
  writeFileSync(join(evidence, "report.json"), renderJson(report));
  writeFileSync(join(evidence, "index.html"), renderHtml(report));
  const image = join(folder, "image.tar");
  writeFileSync(image, archive(dockerMembers(LAYERS)));
  const key = join(folder, "key");
  writeFileSync(key, generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }), {
    mode: 0o600,
  });
  const server = await testRegistry(registry);
  servers.push(server);
  const signal = new AbortController().signal;
  const render = async (shown: Report) => ({ json: renderJson(shown), page: renderHtml(shown) });
  const packages = async () => ({ cycloneDx: { bomFormat: "CycloneDX" }, spdx: {} });
  const options: PublishOptions = {
    target: `${server.host}/lab/job`,
    evidence,
    image,
    latest: true,
    signal,
    progress: { start() {}, detail() {}, done() {} },
    render,
    packages,
    crate: renderCrate,
  };
  const verify = (name = `docker://${server.host}/lab/job:latest`) =>
    verifyCommand({ path: name, signal, render: async (shown) => renderHtml(shown), packages });
  const tags = (): string[] =>
    [...server.manifests.keys()]
      .map((one) => one.replace(/^.* /, ""))
      .filter((one) => !one.startsWith("sha256"))
      .sort();
  return { folder, evidence, image, key, server, options, verify, tags };
}

/** Visible files of a folder, with what is in them. */
const contents = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => !name.startsWith("."))
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );

/** What came of the statements that a publication decides. */
const decided = ({ requirements }: Report) =>
  Object.fromEntries(
    requirements.filter(({ scope }) => scope === "publish").map(({ id, status }) => [id, status]),
  );

describe("an image that is clear", () => {
  it("is published under a tag of its own and latest, with its evidence", async () => {
    const { evidence, server, options, verify, tags } = await place(about(clearReport));
    const { publication, layers, attached, signed, notes } = await publish(options);
    const [tag = ""] = publication.tags;
    expect(tag).toBe(`${clearReport.times.startedAt.slice(0, 10)}-4b825dc`);
    expect(tags()).toEqual([tag, "latest"]);
    expect(server.manifests.get(`lab/job ${tag}`)?.bytes).toEqual(
      server.manifests.get(`lab/job ${publication.manifest}`)?.bytes,
    );
    expect(layers).toMatchObject({ sent: 2, there: 0 });
    expect(attached.artifacts).toEqual([
      "application/vnd.cyclonedx+json",
      "application/spdx+json",
      "application/vnd.pratique.evidence.v1",
    ]);
    expect(signed).toBe("no");
    expect(notes.join("\n")).toContain("takes images from ghcr.io only");
    // The evidence says where it is, in its page too, and still holds together when it is read from the registry.
    const report = await readReport(evidence);
    expect(report.publication).toEqual(publication);
    expect(readFileSync(join(evidence, "index.html"), "utf8")).toContain(publication.manifest);
    // What only a publication shows is decided by it: here the registry is none that images are taken from.
    expect(decided(report)).toEqual({ "IMG-18": "pass", "BG-B3": "pass", "REG-01": "fail" });
    expect(report.verdict).toBe("clear");
    expect(publication.visibility).toBe("public");
    expect(notes.join("\n")).toContain("without a login");
    const { checks } = await verify();
    expect(checks.filter(({ status }) => status === "failed")).toEqual([]);
    expect(checks.find(({ id }) => id === "image")?.status).toBe("passed");
    expect(checks.find(({ id }) => id === "page")?.status).toBe("passed");
  });

  it("is signed on the way with a key", async () => {
    const { key, options, verify } = await place(about(clearReport));
    const { signed, attached } = await publish({ ...options, key });
    expect(signed).toBe("now");
    expect(attached.cosignTag).toMatch(/^sha256-[0-9a-f]{64}\.att$/);
    expect(attached.artifacts).toContain("application/vnd.in-toto+json");
    expect((await verify()).checks.filter(({ status }) => status === "failed")).toEqual([]);
  });

  it("has its files described anew, where they are described", async () => {
    const { evidence, options } = await place(about(clearReport));
    const path = join(evidence, "ro-crate-metadata.json");
    await crateEvidence({ path: evidence, render: renderCrate });
    const before = readFileSync(path, "utf8");
    await publish(options);
    expect(before).not.toContain(hexOf(readFileSync(join(evidence, "report.json"))));
    expect(readFileSync(path, "utf8")).toContain(hexOf(readFileSync(join(evidence, "report.json"))));
  });

  it("may be published twice, and nothing is sent again", async () => {
    const { options, server, tags } = await place(about(clearReport));
    const first = await publish(options);
    const uploads = (): number => server.requests.filter((one) => one.startsWith("PATCH")).length;
    const before = uploads();
    const second = await publish(options);
    expect(second.publication).toEqual(first.publication);
    expect(second.layers).toEqual({ sent: 0, bytesSent: 0, there: 2 });
    expect(uploads()).toBe(before);
    expect(tags()).toHaveLength(2);
  });

  it("leaves latest where it is when asked to", async () => {
    const { options, tags } = await place(about(clearReport));
    await publish({ ...options, target: `${options.target}:1.4.0`, latest: false });
    expect(tags()).toEqual(["1.4.0"]);
    const report = await readReport(options.evidence);
    expect(decided(report)).toMatchObject({ "IMG-18": "fail", "BG-B3": "pass" });
  });

  it("keeps evidence that was signed before as it is", async () => {
    const { evidence, options } = await place(about(clearReport));
    writeFileSync(join(evidence, "attestations.jsonl"), "{}\n");
    const before = readFileSync(join(evidence, "report.json"), "utf8");
    const { signed, notes } = await publish(options);
    expect(signed).toBe("before");
    expect(notes[0]).toContain("it is signed");
    expect(readFileSync(join(evidence, "report.json"), "utf8")).toBe(before);
  });

  it.each([true, false])("is as it was where a tag cannot be set (signed on the way: %s)", async (signs) => {
    const { evidence, key, options } = await place(about(clearReport), {
      referrers: true,
      keepsOut: (name) => name === "latest",
    });
    const before = contents(evidence);
    await expect(publish({ ...options, ...(signs ? { key } : {}) })).rejects.toMatchObject({
      code: "registry.failed",
    });
    expect(contents(evidence)).toEqual(before);
  });

  it("is not said to be there where the registry shows another image under the tag", async () => {
    const { evidence, options } = await place(about(clearReport), {
      referrers: true,
      pretends: (name) => name === "latest",
    });
    const before = contents(evidence);
    await expect(publish(options)).rejects.toMatchObject({
      code: "registry.failed",
      message: expect.stringContaining("shows another image as lab/job:latest"),
    });
    expect(contents(evidence)).toEqual(before);
  });

  it("is known to be shown after a login only", async () => {
    const { options } = await place(about(clearReport), {
      referrers: true,
      login: "lab:secret",
      tokens: true,
    });
    const auth = join(options.evidence, "..", "auth.json");
    const [host = ""] = options.target.split("/");
    const login = Buffer.from("lab:secret").toString("base64");
    writeFileSync(auth, JSON.stringify({ auths: { [host]: { auth: login } } }));
    vi.stubEnv("REGISTRY_AUTH_FILE", auth);
    const { publication, notes } = await publish(options).finally(() => vi.unstubAllEnvs());
    expect(publication.visibility).toBe("not-public");
    expect(notes.join("\n")).not.toContain("without a login");
  });

  it("needs the rights to write", async () => {
    const { options, server } = await place(about(clearReport), {
      referrers: true,
      login: "lab:secret",
      tokens: true,
    });
    await expect(publish(options)).rejects.toMatchObject({
      code: "registry.failed",
      hint: expect.stringContaining("log in with a token"),
    });
    expect(server.manifests.size).toBe(0);
  });
});

it("cannot be evidence of a publication that it does not name", async () => {
  const report = about(clearReport);
  const requirements = report.requirements.map((one) =>
    one.id === "REG-01" ? { ...one, status: "pass" as const } : one,
  );
  const { options, server } = await place({ ...report, requirements });
  await expect(publish(options)).rejects.toMatchObject({
    code: "report.invalid",
    message: expect.stringContaining("it says that REG-01 is met, and of no publication"),
  });
  expect(server.requests).toEqual([]);
});

describe("a tag that another image has", () => {
  it("is not moved when it was asked for", async () => {
    const { options, server } = await place(about(clearReport));
    const other = Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [] }));
    server.manifests.set("lab/job 1", { type: "application/vnd.oci.image.manifest.v1+json", bytes: other });
    await expect(publish({ ...options, target: `${options.target}:1` })).rejects.toMatchObject({
      code: "publish.tag-taken",
    });
    expect(server.manifests.get("lab/job 1")?.bytes).toBe(other);
  });

  it("is made longer when it was made up", async () => {
    const report = about(clearReport);
    const { options, server } = await place(report);
    const [short, long] = tagsFor(report, imageId);
    const other = Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [] }));
    server.manifests.set(`lab/job ${short}`, {
      type: "application/vnd.oci.image.manifest.v1+json",
      bytes: other,
    });
    expect((await publish(options)).publication.tags).toEqual([long, "latest"]);
  });
});

describe("what is not published", () => {
  it("an image that is not clear, unless a reason is given, which the evidence then holds", async () => {
    const { evidence, options, server, verify } = await place(about(notClearReport));
    await expect(publish(options)).rejects.toMatchObject({ code: "publish.not-clear", exitCode: 1 });
    await expect(publish({ ...options, override: " \n" })).rejects.toMatchObject({
      code: "publish.not-clear",
    });
    expect(server.requests).toEqual([]);
    const reason = "the pilot was agreed with the coordinator";
    const { publication } = await publish({ ...options, override: reason });
    expect(publication.override).toEqual({ reason, verdict: "not-clear" });
    expect((await readReport(evidence)).publication?.override?.reason).toBe(reason);
    expect(readFileSync(join(evidence, "index.html"), "utf8")).toContain(reason);
    const verified = await verify();
    expect(verified.verdict).toBe("not-clear");
    expect(verified.checks.filter(({ status }) => status === "failed")).toEqual([]);
  });

  it("an exception from evidence that is signed, without the key", async () => {
    const { evidence, options, server, key } = await place(about(notClearReport));
    writeFileSync(join(evidence, "attestations.jsonl"), "{}\n");
    await expect(publish({ ...options, override: "agreed" })).rejects.toMatchObject({
      code: "report.invalid",
    });
    expect(server.requests).toEqual([]);
    expect((await publish({ ...options, override: "agreed", key })).signed).toBe("now");
  });

  it("another image than that of the evidence, whatever the reason", async () => {
    const { image, options, server } = await place(about(clearReport));
    writeFileSync(image, archive(dockerMembers([...LAYERS, tar(file("more", "1"))])));
    for (const override of [undefined, "it is nearly the same"])
      await expect(publish({ ...options, override })).rejects.toMatchObject({
        code: "image.digest-mismatch",
      });
    expect(server.manifests.size).toBe(0);
  });

  it("evidence that was changed by hand", async () => {
    const { evidence, options, server } = await place(about(notClearReport));
    const report = about(notClearReport);
    writeFileSync(join(evidence, "report.json"), renderJson({ ...report, verdict: "clear" }));
    await expect(publish(options)).rejects.toMatchObject({
      code: "report.invalid",
      message: expect.stringContaining("but what it lists gives “not-clear”"),
    });
    expect(server.requests).toEqual([]);
  });

  it("what only a part was looked at of", async () => {
    const { options } = await place(about(clearReport, { command: "inspect" }));
    await expect(publish(options)).rejects.toMatchObject({ code: "report.invalid" });
  });

  it.each([
    ["heart-risk", "does not say which registry"],
    ["ghcr.io/Lab/heart-risk", "no capital letters"],
    ["ghcr.io/lab/heart-risk:latest", "says nothing of which image"],
    [`ghcr.io/lab/heart-risk@sha256:${"0".repeat(64)}`, "not under a digest"],
  ])("under the name %s", async (target, words) => {
    const { options } = await place(about(clearReport));
    await expect(publish({ ...options, target })).rejects.toMatchObject({
      code: "usage.bad-argument",
      message: expect.stringContaining(words),
    });
  });
});

it("names an image by the commit only where its files were those of the commit", () => {
  const dirty = about(clearReport, {});
  const { git } = dirty.subject;
  const tags = tagsFor(
    { ...dirty, subject: { ...dirty.subject, git: git && { ...git, clean: false } } },
    imageId,
  );
  expect(tags[0]).toBe(`${dirty.times.startedAt.slice(0, 10)}-${imageId.slice(7, 19)}`);
});

describe("an engine whose storage may not be read", () => {
  afterEach(() => vi.restoreAllMocks());

  it("saves the image, and nothing of that stays", async () => {
    const { evidence, image, options } = await place(about(clearReport));
    const saved: string[] = [];
    const engine = {
      info: { name: "docker", storage: { driver: "overlay2", root: "/nowhere" } },
      inspectImage: async () => ({ id: imageId }),
      saveImage: async (_reference: string, file: string) => {
        saved.push(file);
        copyFileSync(image, file);
      },
    } as unknown as Engine;
    vi.spyOn(detect, "findEngine").mockResolvedValue(engine);
    const { layers } = await publish({ ...options, image: undefined });
    expect(layers.sent).toBe(2);
    expect(saved.map((file) => existsSync(file))).toEqual([false]);
    expect(readdirSync(evidence).filter((name) => name.startsWith(".run"))).toEqual([]);
  });
});
