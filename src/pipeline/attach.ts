import { type Packages, publishedAs, type Descriptor as Subject } from "../attestation/statements.ts";
import { mediaTypeOf } from "../attestation/verification.ts";
import { parseImageReference } from "../dockerfile/image-reference.ts";
import { PratiqueError } from "../errors.ts";
import type { Report } from "../evidence/report.ts";
import {
  type Artifact,
  attach,
  attachedTo,
  attachForCosign,
  bundleAs,
  created,
  createdOf,
  envelopesAs,
  filesOf,
  manifestsOf,
  manifestWith,
  titled,
} from "../registry/attached.ts";
import { storedCredentials } from "../registry/credentials.ts";
import { askHelper } from "../registry/helper.ts";
import { RegistryRepository } from "../registry/repository.ts";
import { RegistryProblem } from "../registry/request.ts";
import { STATEMENT_TYPE } from "../signing/dsse.ts";
import { type EvidenceFolder, evidenceIn, MOST_BYTES, REPORT } from "./evidence-folder.ts";
import type { SignedStatement } from "./sign.ts";

/** The type of the artifact that has the folder of the evidence, file by file. */
const EVIDENCE = "application/vnd.pratique.evidence.v1";

export interface Attached {
  /** The image, by the digest that the registry knows it by. */
  readonly image: string;
  /** Types of what was attached as referrers. */
  readonly artifacts: readonly string[];
  /** The tag that cosign looks under; undefined where nothing is signed, or cosign finds it among the referrers. */
  readonly cosignTag: string | undefined;
}

/** An image in a registry that evidence can be attached to. */
export interface Attachment {
  readonly published: Subject;
  attach(
    files: ReadonlyMap<string, Buffer>,
    statements: readonly SignedStatement[],
    packages: Packages | undefined,
  ): Promise<Attached>;
}

/** `docker://` may stand before a name, as wherever an image is named. */
const nameOf = (text: string): string => text.replace(/^(?:docker:\/\/|registry:)/, "");

export function repositoryOf(
  text: string,
  access: "read" | "write",
  signal: AbortSignal | undefined,
): RegistryRepository {
  return new RegistryRepository(parseImageReference(nameOf(text)), access, {
    credentials: storedCredentials(process.env, undefined, askHelper),
    signal,
  });
}

/** Looks for the image of the evidence in a registry. Fails with `registry.failed` or `image.digest-mismatch`. */
export async function attachmentTo(
  text: string,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<Attachment> {
  const name = nameOf(text);
  return inRegistry(name, "Nothing can be attached to", async () => {
    const registry = repositoryOf(text, "write", signal);
    const { tag, digest } = parseImageReference(name);
    const top = await registry.manifest(digest ?? tag ?? "latest");
    if (top === undefined)
      throw new RegistryProblem(
        `${registry.place.host} has no ${registry.place.repository}:${tag ?? digest ?? "latest"}`,
      );
    const subject = await manifestWith(registry, top, report.subject.imageId ?? "");
    if (subject === undefined)
      throw new PratiqueError(
        "image.digest-mismatch",
        `${name} is another image than the one that this evidence is about (${report.subject.imageId ?? "none"}).`,
        { hint: "Push the image that was checked, or check the one that is there." },
      );
    const image = `${registry.place.host}/${registry.place.repository}@${subject.digest}`;
    return {
      published: publishedAs(image.replace(/@.*/, ""), subject.digest),
      attach: (files, statements, packages) =>
        inRegistry(name, "Nothing more can be attached to", async () => {
          const envelopes = envelopesAs(
            statements
              .filter(({ bundleType }) => bundleType === undefined)
              .map(({ predicateType, line }) => ({ predicateType, bytes: Buffer.from(line, "utf8") })),
          );
          const artifacts = artifactsOf(files, envelopes, statements, packages);
          for (const artifact of artifacts) await attach(registry, subject, artifact);
          const cosignTag =
            envelopes.length === 0 ? undefined : await attachForCosign(registry, subject.digest, envelopes);
          return { image, artifacts: artifacts.map(({ artifactType }) => artifactType), cosignTag };
        }),
    };
  });
}

function artifactsOf(
  files: ReadonlyMap<string, Buffer>,
  envelopes: Artifact["parts"],
  statements: readonly SignedStatement[],
  packages: Packages | undefined,
): readonly Artifact[] {
  // Of now, not of the check: what is attached last counts.
  const now = new Date().toISOString();
  const annotations = created(now);
  const document = (mediaType: string, name: string, value: unknown): Artifact => ({
    artifactType: mediaType,
    annotations,
    parts: [{ mediaType, bytes: Buffer.from(JSON.stringify(value), "utf8"), annotations: titled(name) }],
  });
  return [
    ...(packages === undefined
      ? []
      : [
          document("application/vnd.cyclonedx+json", "packages.cdx.json", packages.cycloneDx),
          document("application/spdx+json", "packages.spdx.json", packages.spdx),
        ]),
    ...(envelopes.length === 0 ? [] : [{ artifactType: STATEMENT_TYPE, annotations, parts: envelopes }]),
    ...statements.flatMap(({ predicateType, line, bundleType }) =>
      bundleType === undefined ? [] : [bundleAs(bundleType, predicateType, line, now)],
    ),
    {
      artifactType: EVIDENCE,
      annotations,
      parts: [...files].map(([name, bytes]) => ({
        mediaType: mediaTypeOf(name),
        bytes,
        annotations: titled(name),
      })),
    },
  ];
}

/** Reads the newest evidence that is attached to an image. Fails with `registry.failed` or `report.not-found`. */
export async function attachedEvidence(text: string, signal: AbortSignal): Promise<EvidenceFolder> {
  const name = nameOf(text);
  const files = await inRegistry(name, "Evidence cannot be read from", async () => {
    const registry = repositoryOf(text, "read", signal);
    const { tag, digest } = parseImageReference(name);
    const top = await registry.manifest(digest ?? tag ?? "latest");
    const found = [];
    for (const manifest of top === undefined ? [] : manifestsOf(top))
      found.push(...(await attachedTo(registry, manifest)));
    const [newest] = found
      .filter(({ artifactType }) => artifactType === EVIDENCE)
      .sort((a, b) => (createdOf(a) < createdOf(b) ? 1 : -1));
    return newest === undefined ? undefined : filesOf(registry, newest, MOST_BYTES);
  });
  if (files === undefined)
    throw new PratiqueError("report.not-found", `No evidence is attached to ${name}.`, {
      hint: "“pratique sign --attach” attaches it. Name the evidence’s folder if you were given one.",
    });
  return evidenceIn(name, REPORT, new Map(files));
}

/** Runs what a registry may refuse; `what` begins the sentence that the name ends. Fails with `registry.failed`. */
export async function inRegistry<T>(
  name: string,
  what: string,
  work: () => Promise<T>,
  hint = "Check the name, and push the image first; log in where that is needed (podman login, docker login).",
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RegistryProblem)) throw error;
    throw new PratiqueError("registry.failed", `${what} ${name}: ${error.message}.`, {
      hint: CERTIFICATE.test(error.message)
        ? "Its certificate is not from an authority that Node knows: name the file of that authority's own certificate, as in NODE_EXTRA_CA_CERTS=ca.pem."
        : hint,
      cause: error,
    });
  }
}

/** Codes of OpenSSL's that Node gives for certificates which nobody it knows vouches for. */
const CERTIFICATE = /SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF)/;
