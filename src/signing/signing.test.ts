import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PratiqueError } from "../errors.ts";
import { isSignedBy, readEnvelope, signEnvelope, writeEnvelope } from "./dsse.ts";
import { privateKey, publicKey } from "./keys.ts";

/** Made by ssh-keygen for these tests, and used nowhere else. */
const openssh = (...lines: readonly string[]): string => {
  const name = ["OPENSSH", "PRIVATE", "KEY"].join(" ");
  return `-----BEGIN ${name}-----\n${lines.join("\n")}\n-----END ${name}-----\n`;
};
const SSH = {
  ed25519: openssh(
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW",
    "QyNTUxOQAAACBLcE+HFoPFi5zTzCG53FZXHNcRgluFHpisumB65PJ4wwAAAJiY2ivTmNor",
    "0wAAAAtzc2gtZWQyNTUxOQAAACBLcE+HFoPFi5zTzCG53FZXHNcRgluFHpisumB65PJ4ww",
    "AAAED59vVEdfwQVXZl9ES4ZYve1gwE7M0RD8qERbICRHs1cktwT4cWg8WLnNPMIbncVlcc",
    "1xGCW4UemKy6YHrk8njDAAAAFXRlc3Qga2V5IG9mIHRoZSBzdWl0ZQ==",
  ),
  ecdsa: openssh(
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS",
    "1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQR7jh7YTSFco5daI3cY9z/WixHofHT7",
    "8W5Kd18xSSP3pe9oyJEILzathvQsrjerr0OPNaSJXjb2tkwZwO4DoQybAAAAoBtq2Zwbat",
    "mcAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHuOHthNIVyjl1oj",
    "dxj3P9aLEeh8dPvxbkp3XzFJI/el72jIkQgvNq2G9CyuN6uvQ481pIleNva2TBnA7gOhDJ",
    "sAAAAhAK5exUjxiPX3VxlV5ykND0o7dYH0uiXdoP3NugrEdqYNAAAABHRlc3QBAgM=",
  ),
  withPassphrase: openssh(
    "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABD0OzKZWY",
    "3uPsa3O85Q+LFgAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIMfTfEwmkCxTjwwn",
    "W706y8kkg8NS9PjHYonuK8fRgse5AAAAkCMdhAV71wDxKjfc2Un5ICvg29t/qYILRk2yqv",
    "1sSykrZd8e4RyPfforKY9/XQ4OJ3ypaFuE6ER8PoezWl54GwOQs78SWlltETwQ703CaZgP",
    "OPS7jP6U4M2Yg+6FOiCIMjMTsFgMP2sl9zbPjFDzvlEtL3Zmr1+68k7xWzho/OYr2ahEIC",
    "jJNPlmtqR/QQV1bA==",
  ),
};
const SSH_PUBLIC = {
  ed25519:
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEtwT4cWg8WLnNPMIbncVlcc1xGCW4UemKy6YHrk8njD test key of the suite",
  ecdsa:
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHuOHthNIVyjl1ojdxj3P9aLEeh8dPvxbkp3XzFJI/el72jIkQgvNq2G9CyuN6uvQ481pIleNva2TBnA7gOhDJs= test",
};

const PASSPHRASE = "a passphrase that must not be shown";

function pair(kind: "ed25519" | "p256" | "p384", passphrase?: string) {
  const made =
    kind === "ed25519"
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: kind === "p256" ? "prime256v1" : "secp384r1" });
  return {
    secret: made.privateKey.export({
      type: "pkcs8",
      format: "pem",
      ...(passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase }),
    }) as string,
    open: made.publicKey.export({ type: "spki", format: "pem" }) as string,
  };
}

const secretKey = (text: string, mode = 0o600, passphrase?: string) =>
  privateKey({ name: "my.key", text, mode, passphrase });
const openKey = (text: string) => publicKey({ name: "my.pub", text });
const refusal = (work: () => unknown): PratiqueError => {
  try {
    work();
  } catch (error) {
    if (error instanceof PratiqueError) return error;
    throw error;
  }
  throw new Error("it was taken");
};

const payload = Buffer.from('{"some":"statement"}');
const TYPE = "application/vnd.in-toto+json";

describe("keys", () => {
  it.each([
    ["Ed25519", pair("ed25519")],
    ["ECDSA P-256", pair("p256")],
    ["ECDSA P-384", pair("p384")],
    ["Ed25519 of ssh-keygen", { secret: SSH.ed25519, open: SSH_PUBLIC.ed25519 }],
    ["ECDSA of ssh-keygen", { secret: SSH.ecdsa, open: SSH_PUBLIC.ecdsa }],
  ])("%s signs, and the public half verifies", (_, { secret, open }) => {
    const signed = signEnvelope(TYPE, payload, secretKey(secret));
    expect(secretKey(secret).id).toBe(openKey(open).id);
    expect(isSignedBy(signed, openKey(open))).toBe(true);
    expect(isSignedBy(signed, openKey(pair("ed25519").open))).toBe(false);
    expect(isSignedBy({ ...signed, payload: Buffer.from("other") }, openKey(open))).toBe(false);
    expect(isSignedBy({ ...signed, payloadType: "text/plain" }, openKey(open))).toBe(false);
  });

  it("with a passphrase need it", () => {
    const { secret, open } = pair("ed25519", PASSPHRASE);
    const signed = signEnvelope(TYPE, payload, secretKey(secret, 0o600, PASSPHRASE));
    expect(isSignedBy(signed, openKey(open))).toBe(true);
    expect(refusal(() => secretKey(secret)).hint).toContain("PRATIQUE_KEY_PASSPHRASE");
    expect(refusal(() => secretKey(secret, 0o600, "wrong")).code).toBe("key.unsuitable");
  });

  it.each([
    ["a key that others may read", () => secretKey(pair("ed25519").secret, 0o644), /chmod 600/],
    ["a public key to sign with", () => secretKey(SSH_PUBLIC.ed25519), /private/],
    ["a private key to verify with", () => openKey(pair("p256").secret), /-pubout/],
    ["an OpenSSH key with a passphrase", () => secretKey(SSH.withPassphrase), /ssh-keygen -p/],
    [
      "RSA",
      () =>
        secretKey(
          generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
            type: "pkcs8",
            format: "pem",
          }) as string,
        ),
      /Ed25519/,
    ],
    [
      "another curve",
      () =>
        secretKey(
          generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey.export({
            type: "pkcs8",
            format: "pem",
          }) as string,
        ),
      /Ed25519/,
    ],
    ["no key at all", () => secretKey("hello"), /right file/],
    ["an empty file", () => openKey(""), /right file/],
    ["a key of DSS", () => openKey("ssh-dss AAAAB3NzaC1kc3MAAACBAA=="), /right file/],
    ["a file that is too long", () => openKey("x".repeat(70_000)), /can be used/],
  ])("are refused with the cure: %s", (_, work, cure) => {
    const error = refusal(work);
    expect(error.code).toBe("key.unsuitable");
    expect(error.hint).toMatch(cure);
  });

  it("show nothing of what is in them, however they are damaged", () => {
    const all = [SSH.ed25519, SSH.ecdsa, SSH.withPassphrase, pair("p256").secret];
    fc.assert(
      fc.property(
        fc.constantFrom(...all),
        fc.nat({ max: 600 }),
        fc.constantFrom("A", "z", "\n", "=", "\u0000", ""),
        (text, at, character) => {
          const damaged = text.slice(0, at) + character + text.slice(at + 1);
          try {
            secretKey(damaged);
          } catch (error) {
            expect(error).toBeInstanceOf(PratiqueError);
            const said = `${(error as PratiqueError).message} ${(error as PratiqueError).hint}`;
            for (const line of text.split("\n").slice(1, -2)) expect(said).not.toContain(line.slice(0, 20));
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe("an envelope", () => {
  const { secret, open } = pair("ed25519");
  const line = writeEnvelope(signEnvelope(TYPE, payload, secretKey(secret)));

  it("comes back as it was written", () => {
    const read = readEnvelope(line, "line 1");
    expect(read.payload.equals(payload)).toBe(true);
    expect(isSignedBy(read, openKey(open))).toBe(true);
  });

  it.each([
    ["another way to write it", line.replace('{"payloadType"', '{ "payloadType"')],
    ["a field more", line.replace(/}$/, ',"more":1}')],
    ["no JSON", line.slice(0, -4)],
    ["no envelope", '"text"'],
    ["nothing", "null"],
    ["a signature that is none", line.replace(/"sig":"[^"]*"/, '"sig":1')],
  ])("is refused: %s", (_, text) => {
    expect(refusal(() => readEnvelope(text, "line 1")).code).toBe("attestation.invalid");
  });
});
