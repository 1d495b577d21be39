import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseImageReference } from "../../src/dockerfile/image-reference.ts";
import type { Report } from "../../src/evidence/report.ts";
import { decideVerdict } from "../../src/evidence/verdict.ts";
import { RegistryRepository } from "../../src/registry/repository.ts";
import { renderJson } from "../../src/reporters/json.ts";
import { renderHtml } from "../../src/reporters/page/render.tsx";
import { clearReport } from "../../src/reporters/page/sample-report.ts";
import { identityToken, type TestSigstore, testSigstore } from "../../src/sigstore/test-sigstore.ts";
import { ensureCosign } from "../../tools/setup/cosign.mjs";
import { type Registry, startRegistry } from "../../tools/setup/registry.mjs";
import { run } from "../../tools/setup/shared.mjs";
import { pratique } from "./support.ts";

/** What we attach to an image in a registry, read by cosign itself. The registry has no referrers interface. */

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = Buffer.from(
  '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}',
);
const imageId = `sha256:${createHash("sha256").update(CONFIG).digest("hex")}`;
const about = { ...clearReport, subject: { ...clearReport.subject, imageId, imageDigest: null } };
const report: Report = { ...about, verdict: decideVerdict(about.requirements, about.findings) };

const KINDS = {
  ed25519: generateKeyPairSync("ed25519"),
  "p-256": generateKeyPairSync("ec", { namedCurve: "P-256" }),
};
const TYPES = [
  "https://in-toto.io/attestation/reference/v0.1",
  "https://in-toto.io/attestation/test-result/v0.1",
  "slsaprovenance1",
  "cyclonedx",
  "spdxjson",
  "vuln",
];

const folder = mkdtempSync(join(tmpdir(), "cosign-"));
let cosign: string;
let registry: Registry;

beforeAll(async () => {
  cosign = await ensureCosign();
  registry = await startRegistry({ storage: join(folder, "registry") });
  for (const [name, { privateKey, publicKey }] of Object.entries(KINDS)) {
    const pem = privateKey.export({ type: "pkcs8", format: "pem" });
    writeFileSync(join(folder, `${name}.key`), pem, { mode: 0o600 });
    writeFileSync(join(folder, `${name}.pub`), publicKey.export({ type: "spki", format: "pem" }));
  }
}, 900_000);
afterAll(async () => {
  await registry.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** An image without layers, by its name. */
async function image(name: string): Promise<string> {
  const reference = `${registry.host}/lab/${name}:1`;
  const repository = new RegistryRepository(parseImageReference(reference), "write");
  const config = await repository.putBlob(CONFIG, "application/vnd.oci.image.config.v1+json");
  const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [] };
  await repository.putManifest(Buffer.from(JSON.stringify(manifest)), MANIFEST, "1");
  return reference;
}

/** A folder with evidence about it. */
function evidence(name: string): string {
  const place = join(folder, `evidence-${name}`);
  mkdirSync(place);
  writeFileSync(join(place, "report.json"), renderJson(report));
  writeFileSync(join(place, "index.html"), renderHtml(report));
  return place;
}

const cosignVerify = (key: string, type: string, reference: string) =>
  run(
    cosign,
    [
      "verify-attestation",
      "--key",
      join(folder, `${key}.pub`),
      "--type",
      type,
      "--insecure-ignore-tlog",
      "--allow-http-registry",
      reference,
    ],
    { env: { HOME: folder } },
  );

describe.each(["ed25519", "p-256"] as const)("an image with evidence signed with %s", (kind) => {
  let reference: string;
  beforeAll(async () => {
    reference = await image(kind);
    const key = join(folder, `${kind}.key`);
    const signed = await pratique(["sign", evidence(kind), "--key", key, "--attach", reference]);
    expect(signed).toMatchObject({ code: 0, stderr: "" });
  });

  it.each(TYPES)("is accepted by cosign: %s", async (type) => {
    const { code, stdout, stderr } = await cosignVerify(kind, type, reference);
    expect(stderr).toContain("The signatures were verified against the specified public key");
    expect(code).toBe(0);
    const { payloadType, payload } = JSON.parse(stdout.split("\n")[0] ?? "");
    expect(payloadType).toBe("application/vnd.in-toto+json");
    expect(JSON.parse(Buffer.from(payload, "base64").toString()).subject[0].digest.sha256).toBe(
      imageId.slice(7),
    );
  });

  it("is refused by cosign with another key", async () => {
    const other = kind === "ed25519" ? "p-256" : "ed25519";
    const { code, stderr } = await cosignVerify(other, "cyclonedx", reference);
    expect(code).not.toBe(0);
    expect(stderr).toContain("accepted signatures do not match threshold");
  });

  it("shows a reviewer who has nothing but its name that all belongs together", async () => {
    const verified = await pratique([
      "verify",
      `docker://${reference}`,
      "--key",
      join(folder, `${kind}.pub`),
    ]);
    expect(verified.stdout).toContain("The evidence, its page, its signature and the image belong together.");
    expect(verified.code).toBe(0);
    // In a folder that has no evidence.
    const named = await pratique(
      ["verify", "--image", `docker://${reference}`, "--key", join(folder, `${kind}.pub`)],
      { cwd: folder },
    );
    expect(named).toMatchObject({ code: 0, stdout: verified.stdout });
    const other = kind === "ed25519" ? "p-256" : "ed25519";
    const stranger = await pratique([
      "verify",
      `docker://${reference}`,
      "--key",
      join(folder, `${other}.pub`),
    ]);
    expect(stranger.code).toBe(1);
  });
});

describe("an image with evidence signed without a key", () => {
  const WORKFLOW = "https://github.com/lab/heart-risk/.github/workflows/check.yml@refs/heads/main";
  const ISSUER = "https://token.actions.githubusercontent.com";
  let reference: string;
  let sigstore: TestSigstore;
  beforeAll(async () => {
    sigstore = await testSigstore();
    writeFileSync(join(folder, "trusted_root.json"), sigstore.root);
    reference = await image("keyless");
    const place = evidence("keyless");
    const services = ["--fulcio-url", sigstore.url, "--rekor-url", sigstore.url];
    const token = identityToken(WORKFLOW, ISSUER);
    const signed = await pratique(["sign", place, "--keyless", ...services, "--attach", reference], {
      env: { SIGSTORE_ID_TOKEN: token },
    });
    expect(signed).toMatchObject({ code: 0, stderr: "" });
    expect(signed.stdout).toContain(`by ${WORKFLOW} (issuer ${ISSUER})`);
    expect(signed.stdout).not.toContain(token);
  });
  afterAll(() => sigstore.stop());

  const cosignIdentity = (identity: string, type: string) =>
    run(
      cosign,
      [
        "verify-attestation",
        "--new-bundle-format",
        "--trusted-root",
        join(folder, "trusted_root.json"),
        "--certificate-identity",
        identity,
        "--certificate-oidc-issuer",
        ISSUER,
        "--type",
        type,
        "--allow-http-registry",
        reference,
      ],
      { env: { HOME: folder } },
    );

  it.each(TYPES)("is accepted by cosign: %s", async (type) => {
    expect(await cosignIdentity(WORKFLOW, type)).toMatchObject({ code: 0 });
  });

  it("is refused by cosign for another identity", async () => {
    expect((await cosignIdentity(`${WORKFLOW}2`, "cyclonedx")).code).not.toBe(0);
  });

  it("shows a reviewer whose it is", async () => {
    const verify = (identity: string) =>
      pratique([
        ...["verify", `docker://${reference}`, "--identity", identity, "--issuer", ISSUER],
        ...["--trusted-root", join(folder, "trusted_root.json")],
      ]);
    const verified = await verify(WORKFLOW);
    expect(verified.stdout).toContain("The evidence, its page, its signature and the image belong together.");
    expect(verified.code).toBe(0);
    const other = await verify("https://github.com/lab/other");
    expect(other.code).toBe(1);
    expect(other.stdout).toContain("was signed by");
  });
});

describe("a statement in the file", () => {
  it("is accepted by cosign for what it is about, and for nothing else", async () => {
    const place = evidence("file");
    await pratique(["sign", place, "--key", join(folder, "ed25519.key"), "--attach", await image("file")]);
    const [, line = ""] = readFileSync(join(place, "attestations.jsonl"), "utf8").split("\n");
    writeFileSync(join(folder, "statement"), line);
    writeFileSync(join(folder, "config.json"), CONFIG);
    writeFileSync(join(folder, "other.json"), "{}");
    const verifyBlob = (blob: string) =>
      run(
        cosign,
        [
          "verify-blob-attestation",
          "--key",
          join(folder, "ed25519.pub"),
          "--signature",
          join(folder, "statement"),
          "--type",
          "https://in-toto.io/attestation/test-result/v0.1",
          "--insecure-ignore-tlog",
          join(folder, blob),
        ],
        { env: { HOME: folder } },
      );
    expect(await verifyBlob("config.json")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("Verified OK"),
    });
    expect((await verifyBlob("other.json")).code).not.toBe(0);
  });
});

describe("evidence", () => {
  it("is not attached to another image, nor to one that is not there", async () => {
    const reference = `${registry.host}/lab/other:1`;
    const repository = new RegistryRepository(parseImageReference(reference), "write");
    const config = await repository.putBlob(Buffer.from("{}"), "application/vnd.oci.image.config.v1+json");
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, config, layers: [] };
    await repository.putManifest(Buffer.from(JSON.stringify(manifest)), MANIFEST, "1");
    const place = evidence("refused");
    const sign = (name: string) =>
      pratique(["sign", place, "--key", join(folder, "ed25519.key"), "--attach", name]);
    expect(await sign(reference)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/another image[\s\S]*\[image\.digest-mismatch\]/),
    });
    expect(await sign(`${registry.host}/lab/none:1`)).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/has no\s+lab\/none:1[\s\S]*\[registry\.failed\]/),
    });
    expect(await pratique(["verify", `docker://${reference}`])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/No evidence is attached[\s\S]*\[report\.not-found\]/),
    });
  });
});
