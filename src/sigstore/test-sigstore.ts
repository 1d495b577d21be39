import { createHash, generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fulcioHandler, initializeCA, initializeCTLog, initializeTLog, rekorHandler } from "@sigstore/mock";
import { HashAlgorithm, PublicKeyDetails, TrustedRoot } from "@sigstore/protobuf-specs";

export interface TestSigstore {
  /** Base address of its certificate authority and its log. */
  readonly url: string;
  /** The text of its `trusted_root.json`. */
  readonly root: string;
  /** What came, whole: `POST /api/v2/signingCert {…}`. */
  readonly requests: string[];
  /** Answer every request to a path that starts so with this status. */
  readonly broken: Map<string, number>;
  stop(): Promise<void>;
}

const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

/** A Sigstore of our own on loopback, made of its authors' mocks. With pkijs after 3.2 their certificates are cut short. */
export async function testSigstore(): Promise<TestSigstore> {
  const pair = () => generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const ctLog = await initializeCTLog(pair());
  const ca = await initializeCA(pair(), ctLog);
  const tlog = await initializeTLog("http://log.test", pair());
  const handlers = [fulcioHandler(ca), rekorHandler({ ...tlog, log: (entry) => tlog.log(kept(entry)) })];
  const requests: string[] = [];
  const broken = new Map<string, number>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString("utf8");
    const path = request.url ?? "/";
    requests.push(`${request.method} ${path} ${body}`);
    const status = [...broken].find(([prefix]) => path.startsWith(prefix))?.[1];
    const handler = handlers.find((one) => path === one.path);
    const answered =
      status !== undefined || handler === undefined
        ? { statusCode: status ?? 404, response: `no: ${body}` }
        : await handler.fn(body);
    response.writeHead(answered.statusCode, { "content-type": "application/json" });
    response.end(answered.response);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const start = new Date(Date.now() - 60_000);
  const logOf = (baseUrl: string, publicKey: Buffer) => ({
    baseUrl,
    hashAlgorithm: HashAlgorithm.SHA2_256,
    logId: { keyId: sha256(publicKey) },
    publicKey: {
      rawBytes: publicKey,
      keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256,
      validFor: { start, end: undefined },
    },
    checkpointKeyId: undefined,
    operator: "sigstore.mock",
  });
  const root: TrustedRoot = {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [logOf("http://log.test", tlog.publicKey)],
    ctlogs: [logOf("http://ctlog.test", ctLog.publicKey)],
    certificateAuthorities: [
      {
        subject: { organization: "sigstore.mock", commonName: "sigstore" },
        uri: "http://ca.test",
        certChain: { certificates: [{ rawBytes: ca.rootCertificate }] },
        validFor: { start, end: undefined },
        operator: "sigstore.mock",
      },
    ],
    timestampAuthorities: [],
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    root: JSON.stringify(TrustedRoot.toJSON(root)),
    requests,
    broken,
    stop: () => new Promise((done) => server.close(() => done())),
  };
}

interface Proposed {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: { readonly proposedContent?: { readonly envelope: string; readonly verifiers: string[] } };
}

/** What Rekor makes of a proposed “dsse” entry: hashes of the envelope, and no more. */
function kept(entry: object): object {
  const { kind, apiVersion, spec } = entry as Proposed;
  if (kind !== "dsse" || spec.proposedContent === undefined) return entry;
  const { envelope, verifiers } = spec.proposedContent;
  const { payload, signatures } = JSON.parse(envelope) as { payload: string; signatures: { sig: string }[] };
  const hash = (bytes: Uint8Array) => ({ algorithm: "sha256", value: sha256(bytes).toString("hex") });
  return {
    kind,
    apiVersion,
    spec: {
      envelopeHash: hash(Buffer.from(envelope, "utf8")),
      payloadHash: hash(Buffer.from(payload, "base64")),
      signatures: signatures.map(({ sig }, index) => ({ signature: sig, verifier: verifiers[index] })),
    },
  };
}

/** A token as identity providers write them; nobody looks at its signature. */
export function identityToken(subject: string, issuer: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256", typ: "JWT" })}.${part({ sub: subject, iss: issuer, aud: "sigstore" })}.c2lnbmF0dXJl`;
}
