import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { PratiqueError } from "../errors.ts";
import { OpenSshProblem, opensshPrivateKey, opensshPublicKey } from "./openssh.ts";

/** A key that signs or verifies, with the name by which a signature says whose it is. */
export interface SigningKey {
  readonly key: KeyObject;
  /** SHA-256 of the public key (DER, SubjectPublicKeyInfo), in hexadecimal: the same for both halves. */
  readonly id: string;
  /** Hash that goes with it; null where the algorithm has its own (Ed25519). */
  readonly hash: "sha256" | "sha384" | null;
}

export interface KeyFile {
  /** For messages. */
  readonly name: string;
  readonly text: string;
  /** Permission bits; undefined where files have none that say anything. */
  readonly mode: number | undefined;
  readonly passphrase?: string | undefined;
}

/** No key comes near: something else was named. */
const LONGEST = 64 * 1024;

const WANTED = "Ed25519 and ECDSA (P-256, P-384) keys can be used.";
const MAKE = "openssl genpkey -algorithm ed25519 -out pratique.key && chmod 600 pratique.key";

/**
 * The private half: PEM (PKCS #8, SEC 1), with a passphrase or without, or OpenSSH's own form. Fails with
 * `key.unsuitable`; no message shows anything of the key.
 */
export function privateKey({ name, text, mode, passphrase }: KeyFile): SigningKey {
  if (mode !== undefined && (mode & 0o077) !== 0)
    throw unsuitable(`Others on this machine may read the key ${name}.`, `chmod 600 ${name}`);
  if (text.length > LONGEST) throw unsuitable(`${name} is no key: it is too long.`, WANTED);
  if (/^(?:ssh-|ecdsa-)|BEGIN PUBLIC KEY/m.test(text))
    throw unsuitable(`${name} is the public half of a key.`, "Signing needs the private one.");
  if (text.includes("BEGIN ENCRYPTED SIGSTORE") || text.includes("BEGIN ENCRYPTED COSIGN"))
    throw unsuitable(`${name} is in cosign's own form, which only cosign reads.`, MAKE);
  if (text.includes("BEGIN OPENSSH PRIVATE KEY"))
    return signingKey(
      reading(name, () => createPrivateKey({ key: opensshPrivateKey(text), format: "jwk" })),
      name,
    );
  if (text.includes("ENCRYPTED") && passphrase === undefined)
    throw unsuitable(
      `The key ${name} has a passphrase.`,
      "Give it in the environment variable PRATIQUE_KEY_PASSPHRASE.",
    );
  return signingKey(
    reading(name, () => createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase }) })),
    name,
  );
}

/** The public half: PEM, or as OpenSSH's `.pub` files have it. Fails with `key.unsuitable`. */
export function publicKey({ name, text }: Pick<KeyFile, "name" | "text">): SigningKey {
  if (text.length > LONGEST) throw unsuitable(`${name} is no key: it is too long.`, WANTED);
  if (/PRIVATE KEY/.test(text))
    throw unsuitable(
      `${name} is the private half of a key.`,
      `Whoever verifies needs the public one: openssl pkey -in ${name} -pubout`,
    );
  if (/^(?:ssh|ecdsa)-/.test(text.trim()))
    return signingKey(
      reading(name, () => createPublicKey({ key: opensshPublicKey(text), format: "jwk" })),
      name,
    );
  return signingKey(
    reading(name, () => createPublicKey(text)),
    name,
  );
}

function reading(name: string, read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (error) {
    if (error instanceof OpenSshProblem && error.message === "it has a passphrase")
      throw unsuitable(
        `The key ${name} has a passphrase, and OpenSSH's way of keeping it is not read.`,
        `Sign with a copy without one, and delete it afterwards: cp ${name} copy && ssh-keygen -p -N "" -f copy`,
      );
    const detail = error instanceof OpenSshProblem ? `: ${error.message}` : "";
    // The library's own words may quote what it read.
    throw unsuitable(
      `${name} cannot be read as a key${detail}.`,
      `${WANTED} Is it the right file, and the right passphrase?`,
    );
  }
}

function signingKey(key: KeyObject, name: string): SigningKey {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const hash =
    key.asymmetricKeyType === "ed25519"
      ? null
      : key.asymmetricKeyType === "ec" && curve === "prime256v1"
        ? "sha256"
        : key.asymmetricKeyType === "ec" && curve === "secp384r1"
          ? "sha384"
          : undefined;
  if (hash === undefined) {
    const kind = [key.asymmetricKeyType, curve].filter((word) => word !== undefined).join(" ");
    throw unsuitable(`${name} is a key of the kind ${kind}.`, `${WANTED} Make one: ${MAKE}`);
  }
  const half = key.type === "private" ? createPublicKey(key) : key;
  const der = half.export({ type: "spki", format: "der" });
  return { key, id: createHash("sha256").update(der).digest("hex"), hash };
}

const unsuitable = (message: string, hint: string): PratiqueError =>
  new PratiqueError("key.unsuitable", message, { hint });
