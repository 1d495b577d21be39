import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Packages } from "../attestation/statements.ts";
import { type Verification, verifyEvidence } from "../attestation/verification.ts";
import { findEngine } from "../engine/detect.ts";
import type { EngineName } from "../engine/engine.ts";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import type { Report } from "../evidence/report.ts";
import { findProfile } from "../profiles/find.ts";
import { profileHash } from "../profiles/hash.ts";
import { publicKey } from "../signing/keys.ts";
import { type TrustedSigner, trustedKey } from "../signing/signer.ts";
import { packageVersion } from "../system/package.ts";
import { type EvidenceFolder, REPORT, readEvidence, readKeyFile } from "./evidence-folder.ts";

export interface VerifyOptions {
  /**
   * Folder of the evidence, its report, or `docker://` and the name of an image in a registry that it is attached to.
   * Undefined: the usual folder, or what is attached to the image where there is none.
   */
  readonly path: string | undefined;
  /** Public key of whoever is to have signed. */
  readonly key?: string | undefined;
  /** Who is to have signed without a key: both, or neither. */
  readonly identity?: string | undefined;
  readonly issuer?: string | undefined;
  /** File with the certificates that vouch for identities; those of the public Sigstore unless given. */
  readonly trustedRoot?: string | undefined;
  /** The image that arrived: an archive, a name in a registry, or one that the engine has. */
  readonly image?: string | undefined;
  readonly engine?: EngineName | undefined;
  /** The policy of the place; that of the evidence's own name unless given. */
  readonly profile?: string | undefined;
  /** Days. */
  readonly maxAge?: number | undefined;
  readonly signal: AbortSignal;
  /** Makes the page of a report. */
  readonly render: (report: Report) => Promise<string>;
  /** Makes the lists of its packages. */
  readonly packages: (report: Report) => Promise<Packages>;
}

/**
 * Looks whether evidence, page, image and signature belong together. Fails where a part cannot be read at all; what can
 * be read and is not to be trusted is a check that failed.
 */
export async function verifyCommand(options: VerifyOptions): Promise<Verification> {
  const signer = await expectedSigner(options);
  const path = options.path ?? (await usualPlace(options.image));
  const evidence = await evidenceAt(path, options.signal);
  const { report } = evidence;
  const ours = report.tool.version === packageVersion();
  const image = options.image ?? (inRegistry(path) ? path : undefined);
  const profile = findProfile(options.profile ?? report.profile.id);
  return verifyEvidence({
    ...evidence,
    signer,
    image: image === undefined ? undefined : await imageAtHand(image, report, options),
    profile: { id: profile.id, version: profile.version, sha256: profileHash(profile) },
    sameTool: ours,
    page: ours ? () => options.render(report) : undefined,
    packages: ours ? () => options.packages(report) : undefined,
    today: new Date().toISOString().slice(0, 10),
    maxAge: options.maxAge,
  });
}

/** Whoever the reviewer expects. Fails with `key.…`, `identity.no-root` or `usage.bad-argument`. */
async function expectedSigner(options: VerifyOptions): Promise<TrustedSigner | undefined> {
  const { key, identity, issuer, trustedRoot: root } = options;
  if (identity === undefined && issuer === undefined && root === undefined)
    return key === undefined ? undefined : trustedKey(publicKey(await readKeyFile(key)));
  if (key !== undefined || identity === undefined || issuer === undefined)
    throw new PratiqueError(
      "usage.bad-argument",
      key === undefined
        ? "An identity counts for nothing without who vouches for it."
        : "Evidence is signed with a key or by an identity.",
      { hint: "Give --key, or --identity together with --issuer." },
    );
  const { parseRoot, publicRoot, trustedIdentity } = await import("../sigstore/keyless.ts");
  const trusted =
    root === undefined ? await publicRoot() : await parseRoot(await readTrustedRoot(root), root);
  return trustedIdentity({ subject: identity, issuer }, trusted);
}

/** That of the public Sigstore has 7 kB. */
const LARGEST_ROOT = 4 * 1024 * 1024;

async function readTrustedRoot(path: string): Promise<string> {
  const { unreadableRoot } = await import("../sigstore/keyless.ts");
  const info = await stat(path).catch((error: unknown) => {
    throw unreadableRoot(path, systemErrorCode(error) ?? "unknown", error);
  });
  if (!info.isFile() || info.size > LARGEST_ROOT) throw unreadableRoot(path, "it is no file of certificates");
  return readFile(path, "utf8");
}

const inRegistry = (text: string): boolean => /^(?:docker:\/\/|registry:)/.test(text);

async function usualPlace(image: string | undefined): Promise<string> {
  if (image === undefined || !inRegistry(image)) return USUAL;
  const there = await stat(join(USUAL, REPORT)).catch(() => undefined);
  return there === undefined ? image : USUAL;
}

/** Where a check writes. */
const USUAL = ".pratique";

async function evidenceAt(path: string, signal: AbortSignal): Promise<EvidenceFolder> {
  if (!inRegistry(path)) return readEvidence(path);
  const { attachedEvidence } = await import("./attach.ts");
  return attachedEvidence(path, signal);
}

/** What identifies an image. One that is not in an engine is read whole, and every layer compared with its digest. */
async function imageAtHand(
  name: string,
  { subject }: Report,
  { engine, signal }: VerifyOptions,
): Promise<{ name: string; id: string; digest: string | undefined }> {
  const { imageTarget } = await import("../image/sources/target.ts");
  const source = await imageTarget(name);
  if (source === undefined) {
    const found = await findEngine(engine);
    const { id, digest } = await found.inspectImage(name);
    return { name, id, digest };
  }
  const { readImage } = await import("../image/image.ts");
  const [os = "linux", architecture = "amd64"] = (subject.platform ?? "linux/amd64").split("/");
  const { config } = await readImage(source, {
    collectors: [],
    platform: { os, architecture },
    verify: true,
    signal,
  });
  return { name, id: config.id, digest: config.digest };
}
