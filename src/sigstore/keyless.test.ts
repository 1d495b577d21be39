import { generateKeyPairSync } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { messageOf, PratiqueError } from "../errors.ts";
import { privateKey, publicKey } from "../signing/keys.ts";
import type { StatementSigner, TrustedSigner } from "../signing/signer.ts";
import { keySigner, trustedKey } from "../signing/signer.ts";
import { keylessSigner, parseRoot, trustedIdentity } from "./keyless.ts";
import { identityToken, type TestSigstore, testSigstore } from "./test-sigstore.ts";

const WORKFLOW = "https://github.com/lab/heart-risk/.github/workflows/check.yml@refs/heads/main";
const ISSUER = "https://token.actions.githubusercontent.com";
const STATEMENT = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}');
const VARIABLES = ["SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"];

let sigstore: TestSigstore;
const before = new Map(VARIABLES.map((name) => [name, process.env[name]]));
beforeAll(async () => {
  sigstore = await testSigstore();
});
afterAll(() => sigstore.stop());
beforeEach(() => {
  for (const name of VARIABLES) delete process.env[name];
  process.env.SIGSTORE_ID_TOKEN = identityToken(WORKFLOW, ISSUER);
});
afterEach(() => {
  sigstore.broken.clear();
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

const signer = (): Promise<StatementSigner> => keylessSigner({ fulcio: sigstore.url, rekor: sigstore.url });
const expected = async (subject = WORKFLOW, issuer = ISSUER, root = sigstore.root): Promise<TrustedSigner> =>
  trustedIdentity({ subject, issuer }, await parseRoot(root, "root.json"));
const refusal = async (work: () => Promise<unknown>): Promise<PratiqueError> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof PratiqueError) return error;
    throw error;
  }
  throw new Error("it was taken");
};

describe("a statement signed without a key", () => {
  it("shows who signed it, and what", async () => {
    const someone = await signer();
    const { line, bundleType } = await someone.sign(STATEMENT);
    expect(bundleType).toBe("application/vnd.dev.sigstore.bundle.v0.3+json");
    expect(someone.name()).toBe(`${WORKFLOW} (issuer ${ISSUER})`);
    const { payload, payloadType } = (await expected()).open(line, "line 1");
    expect(payload.equals(STATEMENT)).toBe(true);
    expect(payloadType).toBe("application/vnd.in-toto+json");
  });

  it("is not told to the public log", async () => {
    const already = sigstore.requests.length;
    await (await signer()).sign(Buffer.from('{"secret":"a diagnosis"}'));
    const logged = sigstore.requests
      .slice(already)
      .filter((request) => request.startsWith("POST /api/v1/log/entries"));
    expect(logged).toHaveLength(1);
    const { spec } = JSON.parse(logged[0]?.replace(/^\S+ \S+ /, "") ?? "{}");
    // Rekor gets the envelope to check it, and keeps its hashes.
    expect(Object.keys(spec)).toEqual(["proposedContent"]);
  });

  it("is nobody else's", async () => {
    const { line } = await (await signer()).sign(STATEMENT);
    const others: [string, string, RegExp][] = [
      [
        "https://github.com/lab/other/.github/workflows/check.yml@refs/heads/main",
        ISSUER,
        /signed by .*heart-risk/,
      ],
      [WORKFLOW, "https://accounts.example.org", /signed by .*issuer https:\/\/token/],
      // A pattern would let these through.
      [".*", ISSUER, /signed by/],
      [WORKFLOW.slice(0, -1), ISSUER, /signed by/],
      ["", ISSUER, /signed by/],
    ];
    for (const [subject, issuer, message] of others) {
      const someone = await expected(subject, issuer);
      expect(() => someone.open(line, "line 1")).toThrow(message);
    }
  });

  it("counts for nothing with certificates of another Sigstore", async () => {
    const { line } = await (await signer()).sign(STATEMENT);
    const other = await testSigstore();
    await other.stop();
    const someone = await expected(WORKFLOW, ISSUER, other.root);
    expect(() => someone.open(line, "line 1")).toThrow(/the signature in line 1 does not hold/);
  });

  it("shows every flipped byte", async () => {
    const { line } = await (await signer()).sign(STATEMENT);
    const someone = await expected();
    const bytes = Buffer.from(line, "utf8");
    let missed = "";
    for (let at = 0; at < bytes.length; at += 5) {
      const changed = Buffer.from(bytes);
      changed[at] = (bytes[at] ?? 0) ^ (1 << (at % 7));
      try {
        someone.open(changed.toString("utf8"), "line 1");
        missed += `${at}: ${line.slice(Math.max(0, at - 30), at + 10)}\n`;
      } catch (error) {
        expect(messageOf(error)).not.toBe("");
      }
    }
    expect(missed).toBe("");
    expect(bytes.length).toBeGreaterThan(3000);
  });

  it("is told from one signed with a key", async () => {
    const { privateKey: secret, publicKey: open } = generateKeyPairSync("ed25519");
    const text = secret.export({ type: "pkcs8", format: "pem" }) as string;
    const withKey = await keySigner(privateKey({ name: "k", text, mode: 0o600 })).sign(STATEMENT);
    const without = await (await signer()).sign(STATEMENT);
    const someone = await expected();
    expect(() => someone.open(withKey.line, "line 1")).toThrow(/with a key \(--key\)/);
    const key = trustedKey(
      publicKey({ name: "k", text: open.export({ type: "spki", format: "pem" }) as string }),
    );
    expect(() => key.open(without.line, "line 1")).toThrow(/--identity and --issuer/);
    expect(key.open(withKey.line, "line 1").payload.equals(STATEMENT)).toBe(true);
  });
});

describe("signing without a key", () => {
  it("needs an identity", async () => {
    delete process.env.SIGSTORE_ID_TOKEN;
    const error = await refusal(async () => (await signer()).sign(STATEMENT));
    expect(error).toMatchObject({ code: "identity.missing", exitCode: 2 });
    expect(error.hint).toContain("id-token: write");
  });

  it.each([
    ["the certificate authority (Fulcio)", "/api/v2/signingCert", 403],
    ["the public log (Rekor)", "/api/v1/log/entries", 400],
  ])("says which service failed, and tells nobody the token: %s", async (service, path, status) => {
    sigstore.broken.set(path, status);
    const error = await refusal(async () => (await signer()).sign(STATEMENT));
    expect(error).toMatchObject({ code: "signing.failed", exitCode: 3 });
    expect(error.message).toContain(service);
    expect(`${error.message} ${error.hint}`).not.toContain(process.env.SIGSTORE_ID_TOKEN);
  });

  it("says that a token cannot be read", async () => {
    process.env.SIGSTORE_ID_TOKEN = "no token";
    const error = await refusal(async () => (await signer()).sign(STATEMENT));
    expect(error).toMatchObject({ code: "signing.failed" });
    expect(error.message).toContain("the identity token cannot be read");
  });
});

describe("a trusted root", () => {
  it.each(["", "[]x", "null"])("is refused: %j", async (text) => {
    const error = await refusal(() => parseRoot(text, "root.json"));
    expect(error).toMatchObject({ code: "identity.root-unreadable" });
  });
});
