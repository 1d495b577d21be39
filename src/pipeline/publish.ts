import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Packages } from "../attestation/statements.ts";
import { verifyEvidence } from "../attestation/verification.ts";
import { type ImageReference, parseImageReference } from "../dockerfile/image-reference.ts";
import { findEngine } from "../engine/detect.ts";
import type { Engine, EngineName } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import { withPublication } from "../evidence/publication.ts";
import type { Publication, Report, Verdict, Visibility } from "../evidence/report.ts";
import { pullCommands } from "../handover/pull.ts";
import { readImage } from "../image/image.ts";
import { digestOf } from "../image/manifest.ts";
import { pathSource } from "../image/sources/files.ts";
import { type ImageParts, partsInStorage, withPartsOf } from "../image/sources/parts.ts";
import { StorageProblem } from "../image/sources/tar-split.ts";
import { imagePath, registryName } from "../image/sources/target.ts";
import { findProfile } from "../profiles/find.ts";
import { profileHash } from "../profiles/hash.ts";
import type { Profile } from "../profiles/profile.ts";
import { manifestWith } from "../registry/attached.ts";
import { placeOf } from "../registry/client.ts";
import { RegistryRepository } from "../registry/repository.ts";
import { RegistryProblem } from "../registry/request.ts";
import { hideSecrets } from "../rules/secrets.ts";
import { writeWhole } from "../system/files.ts";
import { packageVersion } from "../system/package.ts";
import { openWorkspace } from "../system/workspace.ts";
import { type Attached, attachmentTo, inRegistry, repositoryOf } from "./attach.ts";
import type { ProgressSink } from "./collector.ts";
import { CRATE, type CrateOptions, crateEvidence } from "./crate.ts";
import { ATTESTATIONS, type EvidenceFolder, readEvidence } from "./evidence-folder.ts";
import { knownLayers, type RelatedImage } from "./known-layers.ts";
import { type Pushed, pushImage } from "./push.ts";
import type { SignOptions } from "./sign.ts";

export interface PublishOptions {
  /** Where the image goes: registry and repository, and a tag where it is not to be made up. */
  readonly target: string;
  /** Folder of the evidence, or its report. */
  readonly evidence: string;
  /** An archive, an OCI layout or a name in the engine; what the evidence names in the engine unless given. */
  readonly image?: string | undefined;
  readonly engine?: EngineName | undefined;
  /** Also moves the tag `latest`. */
  readonly latest: boolean;
  /** What to sign the evidence with on the way. */
  readonly key?: SignOptions["key"] | undefined;
  /** Why the image is published though it is not clear. */
  readonly override?: string | undefined;
  readonly signal: AbortSignal;
  readonly progress: ProgressSink;
  /** Makes the page of a report, as `check` writes it. */
  readonly render: (report: Report) => Promise<{ readonly json: string; readonly page: string }>;
  /** Makes the lists of its packages. */
  readonly packages: (report: Report) => Promise<Packages>;
  /** Describes its files, where they are described already. */
  readonly crate: CrateOptions["render"];
}

export interface Published {
  readonly publication: Publication;
  /** The configuration's digest, which the evidence names, and the manifest there has. */
  readonly imageId: string;
  readonly layers: Pushed["layers"];
  readonly attached: Attached;
  /** Whether the evidence was signed on the way, was before, or is not. */
  readonly signed: "now" | "before" | "no";
  /** Commands that get the image into the place, one for each runtime that the evidence is about. */
  readonly pull: readonly string[];
  /** Sentences that the user should read. */
  readonly notes: readonly string[];
}

/**
 * Puts an image into a registry, with the evidence about it: only the very image of the evidence, and only one that is
 * clear unless a reason is given, which the evidence then holds. The evidence is there before a tag leads to the image.
 * What is there already is not sent again, so a publication that was broken off goes on where it was.
 */
export async function publish(options: PublishOptions): Promise<Published> {
  const name = targetName(options.target);
  const evidence = await readEvidence(options.evidence);
  const { report } = evidence;
  const profile = findProfile(report.profile.id);
  const override = overrideOf(report, options.override);
  const imageId = await checkEvidence(evidence, profile, options);
  const registry = await inRegistry(name.text, "Nothing can be published as", async () =>
    repositoryOf(name.text, "write", options.signal),
  );
  const { host, repository } = registry.place;
  const image = `${host}/${repository}`;
  return inRegistry(
    image,
    "The image cannot be published as",
    async () => {
      const tag = await freeTag(registry, name.tag, report, imageId);
      const pushed = await push(registry, evidence, imageId, options);
      const tags = options.latest ? [tag, LATEST] : [tag];
      const publication: Publication = sameAsBefore(report.publication, {
        image,
        manifest: pushed.manifest.digest,
        tags,
        at: new Date().toISOString(),
        override,
        visibility: await visibilityOf(name.text, pushed.manifest.digest, options.signal),
      });
      const notes = await record(evidence, publication, profile, options);
      const { attached, signed } = await orAsBefore(evidence, async () => {
        const done = await attachEvidence(`${image}@${pushed.manifest.digest}`, options);
        for (const one of tags) await setTag(registry, pushed, one);
        return done;
      });
      return {
        publication,
        imageId,
        layers: pushed.layers,
        attached,
        signed,
        pull: pullCommands(
          profile,
          `${image}:${tag}`,
          report.runtimes.filter(({ decides }) => decides).map(({ id }) => id),
        ),
        notes: [
          ...notes,
          ...(publication.visibility === "public" ? [OPEN_TO_ALL] : []),
          ...notesOn(report, profile, host, signed, options),
        ],
      };
    },
    "Check name and network, and log in with a token that may write there (podman login, docker login). Then run the same command again: what is there already is not sent twice.",
  );
}

const LATEST = "latest";
const OPEN_TO_ALL =
  "Anybody can read it there without a login: the image, and the evidence with the logs of the test.";

/** Sets a tag, and looks that it is there. */
async function setTag(registry: RegistryRepository, { manifest, bytes }: Pushed, tag: string): Promise<void> {
  await registry.putManifest(bytes, manifest.mediaType, tag);
  const there = await registry.manifest(tag);
  if (there?.descriptor.digest === manifest.digest) return;
  const { host, repository } = registry.place;
  throw new RegistryProblem(
    `${host} shows another image as ${repository}:${tag} than the one that was put there`,
  );
}

/** Asks for the image as somebody would who has no login. */
async function visibilityOf(name: string, digest: string, signal: AbortSignal): Promise<Visibility> {
  const stranger = new RegistryRepository(parseImageReference(name), "read", {
    credentials: async () => undefined,
    signal,
  });
  try {
    return (await stranger.manifest(digest)) === undefined ? "not-public" : "public";
  } catch (error) {
    if (!(error instanceof RegistryProblem)) throw error;
    return error.refused ? "not-public" : "not-assessed";
  }
}

/** The evidence says that the tags are there: where they could not be set, it is what it was. */
async function orAsBefore<T>(
  { folder, reportName, files, attestations }: EvidenceFolder,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    for (const name of [reportName, "index.html", CRATE]) {
      const bytes = files.get(name);
      if (bytes !== undefined) await writeWhole(join(folder, name), bytes);
    }
    const signatures = join(folder, ATTESTATIONS);
    if (attestations === undefined) await rm(signatures, { force: true });
    else await writeWhole(signatures, attestations);
    throw error;
  }
}

function targetName(text: string): ImageReference {
  const name = parseImageReference(text.replace(/^docker:\/\//, ""));
  const wrong = (message: string, hint: string): PratiqueError =>
    new PratiqueError("usage.bad-argument", message, { hint });
  if (name.registry === undefined)
    throw wrong(
      `“${text.slice(0, 200)}” does not say which registry.`,
      `Name it in full, as in ghcr.io/<owner>/${name.repository.slice(0, 100) || "heart-risk"}.`,
    );
  if (name.digest !== undefined)
    throw wrong("An image is published under a tag, not under a digest.", "Leave out what follows the @.");
  if (name.tag === LATEST)
    throw wrong(
      "“latest” says nothing of which image it is.",
      "Leave the tag out, and one is made of day and commit; “latest” is moved as well.",
    );
  if (/[A-Z]/.test(name.repository))
    throw wrong("Registries take no capital letters in names.", `Write ${text.toLowerCase().slice(0, 200)}.`);
  return name;
}

const LONGEST_REASON = 500;

/** Fails with `publish.not-clear` where the image is not clear and no reason is given. */
function overrideOf(report: Report, reason: string | undefined): Publication["override"] {
  const { verdict } = report;
  if (isClear(verdict)) return null;
  const words = hideSecrets(reason?.replace(/\s+/g, " ").trim() ?? "").slice(0, LONGEST_REASON);
  if (words !== "") return { reason: words, verdict };
  throw new PratiqueError(
    "publish.not-clear",
    verdict === "incomplete"
      ? "The evidence is incomplete: not everything was shown that this image must show."
      : `The image is not clear: ${report.summary}`,
    {
      hint: "Put it right and check again. To publish it all the same, say why with --override “<reason>”: the reason stands in the evidence for the reviewer.",
    },
  );
}

/** The id of the image that the evidence is about, once all of it was found to hold together. */
async function checkEvidence(
  evidence: EvidenceFolder,
  profile: Profile,
  { render, key }: PublishOptions,
): Promise<string> {
  const { report } = evidence;
  const { imageId } = report.subject;
  if (report.command !== "check" || imageId === null)
    throw new PratiqueError(
      "report.invalid",
      imageId === null
        ? "This evidence is about no image."
        : `This evidence comes from “pratique ${report.command}”, which looks at a part of what has to be shown.`,
      { hint: "Publish what “pratique check” looked at." },
    );
  const ours = report.tool.version === packageVersion();
  const { checks } = await verifyEvidence({
    ...evidence,
    // An older signature is replaced with a key, and is for the reviewer to judge without.
    attestations: undefined,
    signer: undefined,
    image: undefined,
    profile: { id: profile.id, version: profile.version, sha256: profileHash(profile) },
    sameTool: ours,
    page: ours ? async () => (await render(report)).page : undefined,
    packages: undefined,
    today: new Date().toISOString().slice(0, 10),
    maxAge: undefined,
  });
  const failed = checks.filter(({ status }) => status === "failed");
  if (failed.length > 0)
    throw new PratiqueError(
      "report.invalid",
      `The evidence in ${evidence.folder} does not hold together: ${failed.map(({ detail }) => detail).join("; ")}.`,
      { hint: "Run “pratique check” again, and publish what it looked at." },
    );
  if (evidence.attestations !== undefined && key === undefined && !isClear(report.verdict))
    throw new PratiqueError("report.invalid", "The evidence is signed, and a reason cannot be added to it.", {
      hint: "Sign it anew on the way, with --key <file> or --keyless.",
    });
  return imageId;
}

const isClear = (verdict: Verdict): boolean => verdict === "clear" || verdict === "clear-with-advice";

/**
 * A tag that no other image has: the one that was asked for, or one of day and commit. Fails with `publish.tag-taken`.
 */
async function freeTag(
  registry: RegistryRepository,
  wanted: string | undefined,
  report: Report,
  imageId: string,
): Promise<string> {
  for (const tag of wanted === undefined ? tagsFor(report, imageId) : [wanted]) {
    const there = await registry.manifest(tag);
    if (there === undefined || (await manifestWith(registry, there, imageId)) !== undefined) return tag;
  }
  const { host, repository } = registry.place;
  throw new PratiqueError(
    "publish.tag-taken",
    `${host}/${repository}${wanted === undefined ? "" : `:${wanted}`} is another image already.`,
    {
      hint: "A node of the cluster may still have the old one under that name, so a tag is not used twice. Name another, or none.",
    },
  );
}

/**
 * Tags for an image, the shortest first: the day of the check, then the commit, or the image's own id where the files were
 * not those of a commit (IMG-18). The same evidence gives the same tags.
 */
export function tagsFor({ subject: { git }, times }: Report, imageId: string): readonly [string, string] {
  const id = imageId.replace(/^sha256:/, "").slice(0, 12);
  const tag = `${times.startedAt.slice(0, 10)}-${git?.clean === true ? git.commit.slice(0, 7) : id}`;
  return [tag, `${tag}-${id}`];
}

/** The bases of the image that lie in the same registry: it can take their layers from there. */
function basesIn(
  { place }: RegistryRepository,
  { build }: Report,
  signal: AbortSignal,
): readonly RelatedImage[] {
  return (build?.bases ?? []).flatMap(({ reference, digest }) => {
    const name = parseImageReference(reference);
    const there = placeOf(name);
    if (there?.host !== place.host || there.repository === place.repository) return [];
    return [{ registry: repositoryOf(reference, "read", signal), name: digest ?? name.digest ?? there.tag }];
  });
}

async function push(
  registry: RegistryRepository,
  { folder, report }: EvidenceFolder,
  imageId: string,
  options: PublishOptions,
): Promise<Pushed> {
  const { progress, signal } = options;
  const architecture = report.subject.platform?.split("/")[1];
  const known = await knownLayers(folder, registry, basesIn(registry, report, signal), architecture);
  progress.start("publish", `layers to ${registry.place.host}`);
  let bytes = 0;
  const onBytes = (count: number): void => {
    bytes += count;
    progress.detail(`${Math.floor(bytes / 1e6)} MB sent to ${registry.place.host}`);
  };
  return withParts(folder, report, imageId, options, async (parts) => {
    const id = digestOf(parts.config);
    if (id !== imageId)
      throw new PratiqueError(
        "image.digest-mismatch",
        `The evidence is not about this image: it is about ${imageId}, and this is ${id}.`,
        { hint: "Check this image, or name the one that was checked (--image)." },
      );
    return pushImage(registry, parts, { known, onBytes, signal });
  });
}

/** The image's parts, from wherever it is. One that is in a file is read whole before, and its digests compared. */
async function withParts<T>(
  folder: string,
  { subject, engine: checkedOn }: Report,
  imageId: string,
  { image, engine: named, signal }: PublishOptions,
  use: (parts: ImageParts) => Promise<T>,
): Promise<T> {
  const [os = "linux", architecture = "amd64"] = (subject.platform ?? "linux/amd64").split("/");
  const platform = { os, architecture };
  if (image === "-" || (image !== undefined && registryName(image) !== undefined))
    throw new PratiqueError("usage.bad-argument", `${image} cannot be published from there.`, {
      hint: "Name an archive, an OCI layout, or the engine's image. To what is in a registry already, “pratique sign --attach” attaches the evidence.",
    });
  const place = image === undefined ? undefined : await imagePath(image);
  if (place !== undefined) {
    await readImage(pathSource(place.path, place.name), { collectors: [], platform, verify: true, signal });
    return withPartsOf(place, platform, signal, use);
  }
  const engine = await findEngine(named ?? checkedOn?.name);
  const { id } = await inspected(engine, image ?? imageId);
  if (engine.info.storage !== undefined) {
    try {
      return await use(await partsInStorage(engine.info.storage, id));
    } catch (error) {
      // Whatever is wrong there, the engine's own archive decides.
      if (!(error instanceof StorageProblem)) throw error;
    }
  }
  const workspace = await openWorkspace(folder);
  try {
    const file = join(workspace.temporary, "image.tar");
    await engine.saveImage(id, file, signal);
    return await withPartsOf({ path: file, name: undefined }, platform, signal, use);
  } finally {
    await workspace.dispose();
  }
}

async function inspected(engine: Engine, image: string): Promise<{ readonly id: string }> {
  try {
    return await engine.inspectImage(image);
  } catch (error) {
    if (!(error instanceof PratiqueError && error.code === "image.not-found")) throw error;
    throw new PratiqueError(
      "image.not-found",
      `The image of the evidence is not in ${engine.info.name} any more.`,
      { hint: "Name it with --image (an archive, for example), or check the project again.", cause: error },
    );
  }
}

/** A publication that goes on says when it was begun. */
const sameAsBefore = (before: Publication | undefined, now: Publication): Publication =>
  before !== undefined && JSON.stringify({ ...before, at: now.at }) === JSON.stringify(now) ? before : now;

/** Writes into the evidence where the image is. Signed evidence stays as it is unless it is signed anew. */
async function record(
  { folder, reportName, report, files, attestations }: EvidenceFolder,
  publication: Publication,
  profile: Profile,
  { key, render, crate }: PublishOptions,
): Promise<readonly string[]> {
  if (report.publication === publication) return [];
  const left = (why: string): readonly string[] => [
    `Where the image is was not written into the evidence: ${why}.`,
  ];
  if (report.tool.version !== packageVersion()) {
    if (publication.override === null)
      return left(`it is that of pratique ${report.tool.version}, and this is ${packageVersion()}`);
    throw new PratiqueError(
      "report.invalid",
      `The evidence is that of pratique ${report.tool.version}, so the reason cannot be written into it.`,
      { hint: "Run “pratique check” again with this version." },
    );
  }
  if (attestations !== undefined && key === undefined) return left("it is signed (--key signs it anew)");
  const { json, page } = await render(withPublication(report, publication, profile));
  await writeWhole(join(folder, reportName), json);
  if (files.has("index.html")) await writeWhole(join(folder, "index.html"), page);
  // It names the others by their digests.
  if (files.has(CRATE)) await crateEvidence({ path: join(folder, reportName), render: crate });
  return [];
}

async function attachEvidence(
  image: string,
  { evidence, key, packages, signal }: PublishOptions,
): Promise<{ readonly attached: Attached; readonly signed: Published["signed"] }> {
  if (key !== undefined) {
    const { signEvidence } = await import("./sign.ts");
    const { attached } = await signEvidence({ path: evidence, key, packages, attach: image, signal });
    if (attached !== undefined) return { attached, signed: "now" };
  }
  const { report, files, attestations } = await readEvidence(evidence);
  const target = await attachmentTo(image, report, signal);
  const all = new Map(files);
  if (attestations !== undefined) all.set(ATTESTATIONS, Buffer.from(attestations, "utf8"));
  const lists = report.inventory === undefined ? undefined : await packages(report);
  return {
    attached: await target.attach(all, [], lists),
    signed: attestations === undefined ? "no" : "before",
  };
}

function notesOn(
  { subject, verdict }: Report,
  { registries, title }: Profile,
  host: string,
  signed: Published["signed"],
  { override }: PublishOptions,
): readonly string[] {
  return [
    ...(registries.value.includes(host)
      ? []
      : [
          `${title} takes images from ${registries.value.join(", ")} only: from ${host} it cannot be pulled there.`,
        ]),
    ...(subject.git !== null && !subject.git.clean
      ? ["It was built from files that are not committed: nobody can build it again from the repository."]
      : []),
    ...(signed === "no"
      ? ["The evidence is not signed: with --key <file> a reviewer can tell whose it is."]
      : signed === "before"
        ? [
            "The evidence was signed before it was published: cosign finds no statement about the image there.",
          ]
        : []),
    ...(override === undefined || !isClear(verdict)
      ? []
      : ["It is clear, so the reason for an exception was not needed, and is not kept."]),
  ];
}
