import {
  type Envelope,
  isSignedBy,
  readEnvelope,
  STATEMENT_TYPE,
  signEnvelope,
  writeEnvelope,
} from "./dsse.ts";
import type { SigningKey } from "./keys.ts";

/** One signed statement, as it stands in a line of `attestations.jsonl`. */
export interface SignedLine {
  readonly line: string;
  /** The bundle's own media type where the line is a Sigstore bundle; undefined for an envelope. */
  readonly bundleType: string | undefined;
}

/** Whoever signs statements. */
export interface StatementSigner {
  /** Fails with `signing.failed` or `identity.missing` where others are needed to sign. */
  sign(statement: Buffer): Promise<SignedLine>;
  /** `the key 3f…`, or an identity and who vouches for it. Known once something was signed. */
  name(): string;
}

/** Whoever is to have signed. */
export interface TrustedSigner {
  /** What is true when all lines are his: a sentence. */
  readonly title: string;
  readonly name: string;
  /** What a line holds. Throws an error that says why, where its signature does not hold. `place` is for messages. */
  open(line: string, place: string): Envelope;
}

/** How every Sigstore bundle begins that we write. */
const BUNDLE = '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",';

/** Whether a line was signed by an identity, and not with a key. */
export const isBundle = (line: string): boolean => line.startsWith(BUNDLE);

export function keySigner(key: SigningKey): StatementSigner {
  return {
    sign: async (statement) => ({
      line: writeEnvelope(signEnvelope(STATEMENT_TYPE, statement, key)),
      bundleType: undefined,
    }),
    name: () => `the key ${key.id}`,
  };
}

export function trustedKey(key: SigningKey): TrustedSigner {
  return {
    title: "The evidence is signed with the key that was given",
    name: `key ${key.id.slice(0, 16)}`,
    open(line, place) {
      if (isBundle(line))
        throw new Error(`${place} was signed by an identity and with no key (--identity and --issuer)`);
      const envelope = readEnvelope(line, place);
      const { length } = envelope.signatures;
      if (length !== 1) throw new Error(`${place} has ${length} signatures, where one is expected`);
      if (!isSignedBy(envelope, key))
        throw new Error(`the signature in ${place} is not of this key, or what it signs was changed`);
      return envelope;
    },
  };
}
