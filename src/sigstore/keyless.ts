/**
 * Signing without a key of one's own: an identity provider vouches for who signs, Fulcio writes a certificate of some
 * minutes for it, and Rekor's public log shows when it was used. All of it is Sigstore's own libraries.
 */
import type { TransparencyLogEntry, TrustedRoot } from "@sigstore/protobuf-specs";
import { messageOf, PratiqueError } from "../errors.ts";
import { STATEMENT_TYPE } from "../signing/dsse.ts";
import { isBundle, type StatementSigner, type TrustedSigner } from "../signing/signer.ts";

/** An identity, and who vouches for it: an address or a workflow, and the address of an identity provider. */
export interface Identity {
  readonly subject: string;
  readonly issuer: string;
}

export interface KeylessOptions {
  /** Base addresses; those of the public Sigstore unless given. */
  readonly fulcio?: string | undefined;
  readonly rekor?: string | undefined;
}

type Libraries = typeof import("./libraries.ts");

const libraries = (): Promise<Libraries> => import("./libraries.ts");

/** Each of the services answers in a second or two; a signature that takes longer than this does not come. */
const PATIENCE = 30_000;

/** Signs with the identity of the CI job, or of the token in `SIGSTORE_ID_TOKEN`. The token is told to Fulcio alone. */
export async function keylessSigner({ fulcio, rekor }: KeylessOptions): Promise<StatementSigner> {
  const sigstore = await libraries();
  let identity: Identity | undefined;
  const common = { timeout: PATIENCE, retry: 1 };
  const builder = new sigstore.DSSEBundleBuilder({
    signer: new sigstore.FulcioSigner({
      ...common,
      fulcioBaseURL: fulcio ?? sigstore.DEFAULT_FULCIO_URL,
      identityProvider: new sigstore.CIContextProvider("sigstore"),
    }),
    // “dsse” keeps the statement itself out of the log, where everybody can read: it has its hash alone.
    witnesses: [
      new sigstore.RekorWitness({
        ...common,
        rekorBaseURL: rekor ?? sigstore.DEFAULT_REKOR_URL,
        entryType: "dsse",
      }),
    ],
  });
  return {
    async sign(statement) {
      try {
        const bundle = await builder.create({ data: statement, type: STATEMENT_TYPE });
        identity ??= identityIn(sigstore.toSignedEntity(bundle));
        return { line: JSON.stringify(sigstore.bundleToJSON(bundle)), bundleType: bundle.mediaType };
      } catch (error) {
        throw signingFailed(error);
      }
    },
    name: () => (identity === undefined ? "nobody yet" : `${identity.subject} (issuer ${identity.issuer})`),
  };
}

/** OID of the issuer in Fulcio's certificates (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md). */
const ISSUER = "1.3.6.1.4.1.57264.1.8";

function identityIn({ key }: ReturnType<Libraries["toSignedEntity"]>): Identity | undefined {
  if (key.$case !== "certificate") return undefined;
  const { subjectAltName = "unknown" } = key.certificate;
  const issuer = key.certificate.extension(ISSUER)?.valueObj.subs[0]?.value.toString("utf8");
  return { subject: subjectAltName, issuer: issuer ?? "unknown" };
}

/** The libraries' messages hold what servers answered: only the step that failed is told. */
function signingFailed(error: unknown): PratiqueError {
  const code = (error as { code?: unknown }).code;
  const steps: Readonly<Record<string, string>> = {
    CA_CREATE_SIGNING_CERTIFICATE_ERROR: "the certificate authority (Fulcio) gave no certificate",
    TLOG_CREATE_ENTRY_ERROR: "the public log (Rekor) took no entry",
    TLOG_FETCH_ENTRY_ERROR: "the public log (Rekor) gave no entry",
    IDENTITY_TOKEN_PARSE_ERROR: "the identity token cannot be read",
  };
  if (code === "IDENTITY_TOKEN_READ_ERROR")
    return new PratiqueError("identity.missing", "There is no identity to sign with.", {
      hint: "In a GitHub workflow, give the job “permissions: id-token: write”; elsewhere put a token for the audience “sigstore” into SIGSTORE_ID_TOKEN. Where there is neither, sign with a key (--key).",
      cause: error,
    });
  const step = typeof code === "string" ? steps[code] : undefined;
  return new PratiqueError(
    "signing.failed",
    `Nothing was signed: ${step ?? "a service of Sigstore did not answer as it should"}.`,
    {
      hint: "Is the network there, and is the token still valid? A key (--key) needs neither.",
      cause: error,
    },
  );
}

const BRING_ALONG =
  "Where there is no network, bring the certificates along: “cosign trusted-root create” writes trusted_root.json, and --trusted-root names it.";

/** The public Sigstore's certificates and keys, from its own repository (TUF). Fails with `identity.no-root`. */
export async function publicRoot(): Promise<TrustedRoot> {
  const { getTrustedRoot } = await libraries();
  try {
    return await getTrustedRoot({ timeout: PATIENCE, retry: 1 });
  } catch (error) {
    throw new PratiqueError(
      "identity.no-root",
      "The certificates of the public Sigstore cannot be fetched.",
      {
        hint: BRING_ALONG,
        cause: error,
      },
    );
  }
}

/**
 * The text of a `trusted_root.json` (https://github.com/sigstore/protobuf-specs). Fails with
 * `identity.root-unreadable`; `name` is for the message.
 */
export async function parseRoot(text: string, name: string): Promise<TrustedRoot> {
  const { TrustedRoot } = await libraries();
  try {
    return TrustedRoot.fromJSON(JSON.parse(text));
  } catch (error) {
    throw unreadableRoot(name, "it is no trusted root of Sigstore", error);
  }
}

export const unreadableRoot = (name: string, reason: string, cause?: unknown): PratiqueError =>
  new PratiqueError("identity.root-unreadable", `${name} cannot be used: ${reason}.`, {
    hint: BRING_ALONG,
    cause,
  });

/** Whoever signed must be this very identity: no pattern, since one that fits too much trusts too many. */
export async function trustedIdentity(identity: Identity, root: TrustedRoot): Promise<TrustedSigner> {
  const {
    bundleFromJSON,
    bundleToJSON,
    isBundleWithDsseEnvelope,
    toSignedEntity,
    toTrustMaterial,
    Verifier,
  } = await libraries();
  const verifier = new Verifier(toTrustMaterial(root), { tlogThreshold: 1, ctlogThreshold: 1 });
  return {
    title: "The evidence is signed by the identity that was given",
    name: `${identity.subject} (issuer ${identity.issuer})`,
    open(line, place) {
      if (!isBundle(line)) throw new Error(`${place} was signed with a key (--key)`);
      const bundle = bundleFromJSON(JSON.parse(line));
      // What could be written in another way could be changed unseen.
      if (JSON.stringify(bundleToJSON(bundle)) !== line)
        throw new Error(`${place} was changed after it was written`);
      if (!isBundleWithDsseEnvelope(bundle)) throw new Error(`${place} holds no statement`);
      const { content, tlogEntries } = bundle.verificationMaterial;
      const certificate = content.$case === "certificate" ? content.certificate.rawBytes : undefined;
      if (!tlogEntries.every((entry) => isOfItsCheckpoint(entry) && isAbout(entry, certificate)))
        throw new Error(`${place} was changed after it was written: it is not what the log has`);
      const signer = verified(() => verifier.verify(toSignedEntity(bundle)), place);
      const by = {
        subject: signer.identity?.subjectAlternativeName,
        issuer: signer.identity?.extensions?.issuer,
      };
      if (by.subject !== identity.subject || by.issuer !== identity.issuer)
        throw new Error(
          `${place} was signed by ${by.subject?.slice(0, 200) ?? "nobody"} (issuer ${by.issuer?.slice(0, 200) ?? "none"})`,
        );
      const { payloadType, payload, signatures } = bundle.content.dsseEnvelope;
      return { payloadType, payload, signatures };
    },
  };
}

type LogEntry = Pick<TransparencyLogEntry, "inclusionProof" | "canonicalizedBody">;

const base64 = (text: string): string => Buffer.from(text, "base64").toString("base64");

/**
 * Whether a proof says of the tree what its signed checkpoint says, and this has one signature and nothing else: the
 * libraries look at the checkpoint alone, leniently, and what stands beside it could be changed unseen. The form is that
 * of a signed note (https://c2sp.org/tlog-checkpoint).
 */
function isOfItsCheckpoint({ inclusionProof }: LogEntry): boolean {
  if (inclusionProof === undefined) return true;
  const note = inclusionProof.checkpoint?.envelope ?? "";
  const [, origin = "", size, root, name = "", signature = ""] =
    /^([^\n]+)\n(\d+)\n([^\n]+)\n(?:[^\n]+\n)*\n\u2014 (\S+) (\S+)\n$/.exec(note) ?? [];
  return (
    `${origin} `.startsWith(`${name} `) &&
    size === inclusionProof.treeSize &&
    root === inclusionProof.rootHash.toString("base64") &&
    base64(signature) === signature
  );
}

/**
 * Whether the log has the certificate with just these bytes: some of them no signature covers, and the libraries read
 * them leniently.
 */
function isAbout({ canonicalizedBody }: LogEntry, certificate: Buffer | undefined): boolean {
  const { spec } = JSON.parse(canonicalizedBody.toString("utf8")) as {
    spec?: { signatures?: { verifier?: unknown }[] };
  };
  const logged = Buffer.from(String(spec?.signatures?.[0]?.verifier), "base64").toString("latin1");
  const [, pem = ""] = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END/.exec(logged) ?? [];
  return certificate !== undefined && Buffer.from(pem, "base64").equals(certificate);
}

function verified<T>(work: () => T, place: string): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`the signature in ${place} does not hold: ${messageOf(error).slice(0, 200)}`, {
      cause: error,
    });
  }
}
