import type { JsonWebKey } from "node:crypto";

/** Why a key in OpenSSH's own form cannot be used, for the message. */
export class OpenSshProblem extends Error {}

/** Reads the length-prefixed fields that OpenSSH writes. Everything in a key comes from a file: nothing is believed. */
class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  number(): number {
    if (this.#at + 4 > this.#bytes.length) throw new OpenSshProblem("it ends early");
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  bytes(): Buffer {
    const length = this.number();
    if (length > this.#bytes.length - this.#at) throw new OpenSshProblem("it ends early");
    const value = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  text(): string {
    return this.bytes().toString("latin1");
  }
}

const MAGIC = Buffer.from("openssh-key-v1\0", "latin1");

const CURVES: Readonly<Record<string, { readonly crv: string; readonly size: number }>> = {
  "ecdsa-sha2-nistp256": { crv: "P-256", size: 32 },
  "ecdsa-sha2-nistp384": { crv: "P-384", size: 48 },
};

const encoded = (bytes: Buffer): string => bytes.toString("base64url");

/** The public half as OpenSSH's `.pub` files have it: `ssh-ed25519 AAAA... comment`. */
export function opensshPublicKey(text: string): JsonWebKey {
  const [kind = "", base64 = ""] = text.trim().split(/\s+/);
  const fields = new Fields(Buffer.from(base64, "base64"));
  if (fields.text() !== kind) throw new OpenSshProblem("its two names differ");
  return publicHalf(kind, fields);
}

function publicHalf(kind: string, fields: Fields): JsonWebKey {
  if (kind === "ssh-ed25519") {
    const point = fields.bytes();
    if (point.length !== 32) throw new OpenSshProblem("its key has the wrong length");
    return { kty: "OKP", crv: "Ed25519", x: encoded(point) };
  }
  const curve = CURVES[kind];
  if (curve === undefined) throw new OpenSshProblem(`it is of the kind ${kind.slice(0, 40) || "(none)"}`);
  fields.text();
  const point = fields.bytes();
  if (point.length !== 1 + 2 * curve.size || point[0] !== 4)
    throw new OpenSshProblem("its key has the wrong length");
  return {
    kty: "EC",
    crv: curve.crv,
    x: encoded(point.subarray(1, 1 + curve.size)),
    y: encoded(point.subarray(1 + curve.size)),
  };
}

/**
 * A private key as `ssh-keygen` writes it, without a passphrase. The form is that of OpenSSH's PROTOCOL.key.
 * Throws `OpenSshProblem`.
 */
export function opensshPrivateKey(pem: string): JsonWebKey {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]*)-----END/.exec(pem)?.[1] ?? "";
  const bytes = Buffer.from(base64, "base64");
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new OpenSshProblem("it is damaged");
  const outer = new Fields(bytes.subarray(MAGIC.length));
  const cipher = outer.text();
  outer.bytes();
  outer.bytes();
  if (outer.number() !== 1) throw new OpenSshProblem("it holds several keys");
  outer.bytes();
  if (cipher !== "none") throw new OpenSshProblem("it has a passphrase");
  const inner = new Fields(outer.bytes());
  // The same number twice: with a wrong passphrase they would differ.
  const first = inner.number();
  if (inner.number() !== first) throw new OpenSshProblem("it is damaged");
  const kind = inner.text();
  const shown = publicHalf(kind, inner);
  const secret = inner.bytes();
  if (kind === "ssh-ed25519") {
    // The seed, and the public half once more.
    if (secret.length !== 64) throw new OpenSshProblem("its key has the wrong length");
    return { ...shown, d: encoded(secret.subarray(0, 32)) };
  }
  const { size } = CURVES[kind] ?? { size: 0 };
  // A number without leading zeros, but with one in front where its first bit is set.
  const scalar = Buffer.concat([Buffer.alloc(size), secret]).subarray(-size);
  return { ...shown, d: encoded(scalar) };
}
