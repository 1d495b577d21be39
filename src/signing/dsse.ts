import { sign as signBytes, verify as verifyBytes } from "node:crypto";
import { PratiqueError } from "../errors.ts";
import type { SigningKey } from "./keys.ts";

/** What in-toto statements are called inside an envelope. */
export const STATEMENT_TYPE = "application/vnd.in-toto+json";

/**
 * A signed document, as DSSE has it (https://github.com/secure-systems-lab/dsse, version 1.0.2): the payload's type and
 * bytes are signed together.
 */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Buffer;
  readonly signatures: readonly { readonly keyid: string; readonly sig: Buffer }[];
}

/** What is signed: lengths and parts, so that no two documents give the same bytes. */
function preAuthentication(type: string, payload: Buffer): Buffer {
  const name = Buffer.from(type, "utf8");
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${name.length} `),
    name,
    Buffer.from(` ${payload.length} `),
    payload,
  ]);
}

export function signEnvelope(payloadType: string, payload: Buffer, { key, id, hash }: SigningKey): Envelope {
  const sig = signBytes(hash, preAuthentication(payloadType, payload), key);
  return { payloadType, payload, signatures: [{ keyid: id, sig }] };
}

/** True when one of the signatures is the key's, says so, and holds. */
export function isSignedBy(
  { payloadType, payload, signatures }: Envelope,
  { key, id, hash }: SigningKey,
): boolean {
  const signed = preAuthentication(payloadType, payload);
  return signatures.some(({ keyid, sig }) => keyid === id && verifyBytes(hash, signed, key, sig));
}

/** One line of JSON; the same envelope always gives the same line. */
export const writeEnvelope = ({ payloadType, payload, signatures }: Envelope): string =>
  JSON.stringify({
    payloadType,
    payload: payload.toString("base64"),
    signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: sig.toString("base64") })),
  });

/**
 * Reads an envelope. One that is not written just as `writeEnvelope` does is refused: whatever could be changed without
 * breaking the signature (blanks, unknown fields, other ways to write the same bytes) would go unnoticed.
 * Fails with `attestation.invalid`.
 */
export function readEnvelope(line: string, name: string): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw invalid(name, "it is not JSON");
  }
  const { payloadType, payload, signatures } = (value ?? {}) as Record<string, unknown>;
  if (typeof payloadType !== "string" || typeof payload !== "string" || !Array.isArray(signatures))
    throw invalid(name, "it is no signed envelope (DSSE)");
  const envelope: Envelope = {
    payloadType,
    payload: Buffer.from(payload, "base64"),
    signatures: signatures.map((one: unknown) => {
      const { keyid = "", sig } = (one ?? {}) as Record<string, unknown>;
      if (typeof keyid !== "string" || typeof sig !== "string")
        throw invalid(name, "a signature is malformed");
      return { keyid, sig: Buffer.from(sig, "base64") };
    }),
  };
  if (writeEnvelope(envelope) !== line) throw invalid(name, "it was changed after it was written");
  return envelope;
}

const invalid = (name: string, reason: string): PratiqueError =>
  new PratiqueError("attestation.invalid", `${name} cannot be trusted: ${reason}.`, {
    hint: "Ask for the evidence again, all files as they were written.",
  });
