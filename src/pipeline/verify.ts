import { type Verification, verifyEvidence } from "../attestation/verification.ts";
import { findEngine } from "../engine/detect.ts";
import type { EngineName } from "../engine/engine.ts";
import type { Report } from "../evidence/report.ts";
import { findProfile } from "../profiles/find.ts";
import { publicKey } from "../signing/keys.ts";
import { packageVersion } from "../system/package.ts";
import { readEvidence, readKeyFile } from "./evidence-folder.ts";

export interface VerifyOptions {
  /** Folder of the evidence, or its report. */
  readonly path: string;
  /** Public key of whoever is to have signed. */
  readonly key?: string | undefined;
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
}

/**
 * Looks whether evidence, page, image and signature belong together. Fails where a part cannot be read at all; what can
 * be read and is not to be trusted is a check that failed.
 */
export async function verifyCommand(options: VerifyOptions): Promise<Verification> {
  const key = options.key === undefined ? undefined : publicKey(await readKeyFile(options.key));
  const evidence = await readEvidence(options.path);
  const { report } = evidence;
  const profile = findProfile(options.profile ?? report.profile.id);
  return verifyEvidence({
    ...evidence,
    key,
    image: options.image === undefined ? undefined : await imageAtHand(options.image, report, options),
    profile: { id: profile.id, version: profile.version },
    page: report.tool.version === packageVersion() ? () => options.render(report) : undefined,
    today: new Date().toISOString().slice(0, 10),
    maxAge: options.maxAge,
  });
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
